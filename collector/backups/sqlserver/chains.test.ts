import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FileVerdict } from '../../../shared/backup/facts.ts';
import { moments } from '../moments.ts';
import type { BackupSet } from '../set.ts';
import { DAY, dayWithout, lsn, sqlVerdict, type SqlExample } from './example.ts';

function only(verdicts: readonly FileVerdict[]): BackupSet {
  const { sets } = moments(verdicts);
  assert.equal(sets.length, 1);
  return sets[0] as BackupSet;
}

function windowsOf(set: BackupSet): string[] {
  return set.windows.map(([from, to]) => `${from.text.slice(8, 19)} ${to.text.slice(8, 19)}`);
}

const cases: [words: string, verdicts: FileVerdict[], windows: string[], points: string[], gaps: string[]][] =
  [
    ['a whole day is one window', dayWithout(), ['01T01:04:10 02T02:00:00'], [], []],
    [
      'a differential bridges a missing log',
      dayWithout('LOG_10.trn'),
      ['01T01:04:10 01T06:00:00', '01T13:01:10 02T02:00:00'],
      [],
      ['01T06:00:00 01T13:01:10'],
    ],
    [
      'logs alone carry over a missing differential',
      dayWithout('DIFF.bak'),
      ['01T01:04:10 02T02:00:00'],
      [],
      [],
    ],
    [
      'without the first full only the second counts',
      dayWithout('FULL_1.bak'),
      ['02T01:04:20 02T02:00:00'],
      [],
      ['01T02:00:00 02T01:04:20'],
    ],
    [
      'fulls and differentials without logs are single moments',
      dayWithout(...DAY.filter((e) => e.type === 'L').map((e) => e.path)),
      [],
      ['01T01:04:10', '01T13:01:10', '02T01:04:20'],
      [],
    ],
    [
      'a missing last full changes nothing while the logs go on',
      dayWithout('FULL_2.bak'),
      ['01T01:04:10 02T02:00:00'],
      [],
      [],
    ],
    [
      'two missing logs leave two gaps',
      dayWithout('LOG_06.trn', 'LOG_18.trn'),
      ['01T01:04:10 01T02:00:00', '01T13:01:10 01T14:00:00', '02T01:04:20 02T02:00:00'],
      [],
      ['01T02:00:00 01T13:01:10', '01T14:00:00 02T01:04:20'],
    ],
    ['nothing at all gives nothing', [], [], [], []],
  ];
for (const [words, verdicts, windows, points, gaps] of cases) {
  test(words, () => {
    const { sets } = moments(verdicts);
    const set = sets[0];
    assert.deepEqual(set ? windowsOf(set) : [], windows);
    assert.deepEqual(set?.points.map((p) => p.at.text.slice(8, 19)) ?? [], points);
    assert.deepEqual(
      set?.gaps.map((g) => `${g.from.text.slice(8, 19)} ${g.to.text.slice(8, 19)}`) ?? [],
      gaps,
    );
  });
}

test('a gap names the LSNs that are missing', () => {
  const [gap] = only(dayWithout('LOG_10.trn')).gaps;
  assert.equal(gap?.missing[0]?.firstLsn, lsn('41:20:1'));
  assert.equal(gap?.missing[0]?.lastLsn, lsn('41:400:1'));
});

test('a damaged log is named as the cause of its gap and left out with its verdict', () => {
  const verdicts = dayWithout();
  const bad = verdicts.find((v) => v.path === 'LOG_10.trn') as FileVerdict;
  bad.content = 'INCOMPLETE';
  const set = only(verdicts);
  assert.equal(set.gaps[0]?.missing[0]?.file, 'LOG_10.trn');
  assert.deepEqual(
    set.excluded.map((e) => [e.file, e.reason]),
    [['LOG_10.trn', 'INCOMPLETE']],
  );
});

test('a copy under another name is counted once, and the name decides nothing', () => {
  const log18 = DAY.find((e) => e.path === 'LOG_18.trn') as SqlExample;
  const copy = sqlVerdict({ ...log18, path: 'LOG_22.trn' }, { backupSetGuid: 'guid of LOG_18.trn' });
  const set = only([...dayWithout('LOG_22.trn'), copy]);
  assert.deepEqual(windowsOf(set), ['01T01:04:10 01T18:00:00', '02T01:04:20 02T02:00:00']);
  assert.deepEqual(
    set.excluded.map((e) => [e.file, e.reason]),
    [['LOG_22.trn', 'DUPLICATE']],
  );
});

test('of a damaged and a sound copy the sound one is taken', () => {
  const verdicts = dayWithout();
  const bad = structuredClone(verdicts.find((v) => v.path === 'LOG_10.trn')) as FileVerdict;
  Object.assign(bad, { path: 'A_copy.trn', content: 'CORRUPT' });
  assert.deepEqual(windowsOf(only([bad, ...verdicts])), ['01T01:04:10 02T02:00:00']);
});

test('another database is a set of its own and joins no chain', () => {
  const other = sqlVerdict({ ...(DAY[3] as SqlExample), path: 'LIS.trn' });
  other.facts.database = 'LIS_DEMO';
  const { sets } = moments([...dayWithout('LOG_10.trn'), other]);
  assert.deepEqual(
    sets.map((s) => [s.database, s.windows.length]),
    [
      ['NIS_DEMO', 2],
      ['LIS_DEMO', 0],
    ],
  );
  assert.deepEqual(
    sets[1]?.excluded.map((e) => e.reason),
    ['NO_CHAIN'],
  );
});

test('an empty log is not applied but proves that nothing was written until it', () => {
  const empty = sqlVerdict({
    path: 'EMPTY.trn',
    type: 'L',
    startedAt: '2025-03-02T06:00:00+08:00',
    finishedAt: '2025-03-02T06:00:01+08:00',
    first: '44:200:1',
    last: '44:200:1',
    checkpoint: '44:16:40',
    base: '44:16:40',
  });
  assert.deepEqual(windowsOf(only([...dayWithout(), empty])), ['01T01:04:10 02T06:00:00']);
});

test('a differential goes on no copy-only full', () => {
  const verdicts = dayWithout('FULL_2.bak', 'LOG_26.trn', 'LOG_02.trn');
  const full = verdicts[0]?.facts.chain;
  if (full?.of === 'sqlserver') full.copyOnly = true;
  const set = only(verdicts);
  assert.deepEqual(set.excluded.find((e) => e.file === 'DIFF.bak')?.reason, 'NO_BASE');
  assert.deepEqual(
    set.points.map((p) => p.files),
    [['FULL_1.bak']],
  );
});

test('all stripes of a backup are needed', () => {
  const full = DAY[0] as SqlExample;
  const stripe = (number: number) =>
    sqlVerdict(
      { ...full, path: `FULL_1_${number}.bak` },
      { backupSetGuid: 'striped', stripe: { number, count: 2, mediaSet: 'm' } },
    );
  const rest = dayWithout('FULL_1.bak');
  const whole = only([...rest, stripe(2), stripe(1)]);
  assert.deepEqual(windowsOf(whole), ['01T01:04:10 02T02:00:00']);
  assert.deepEqual(
    whole.spans.find((x) => x.base[0]?.files.length === 2)?.base[0]?.files.map((f) => f.path),
    ['FULL_1_1.bak', 'FULL_1_2.bak'],
  );
  const half = only([...rest, stripe(2)]);
  assert.deepEqual(windowsOf(half), ['02T01:04:20 02T02:00:00']);
  assert.match(half.excluded.find((e) => e.reason === 'STRIPE_MISSING')?.words.en ?? '', /stripe 1 of 2/);
  assert.equal(half.gaps[0]?.missing[0]?.file, 'FULL_1_2.bak');
});

test('several sets in one file are taken one by one', () => {
  const verdicts = dayWithout();
  const [head] = verdicts;
  const sets = verdicts.map((v, i) => ({
    ...v.facts,
    chain: { ...v.facts.chain, position: i + 1 } as typeof v.facts.chain & object,
  }));
  const one: FileVerdict = { ...(head as FileVerdict), path: 'ALL.bak' };
  one.facts = { ...(sets.at(-1) as FileVerdict['facts']), sets };
  assert.deepEqual(windowsOf(only([one])), ['01T01:04:10 02T02:00:00']);
});

test('logs of another recovery fork continue nothing here; a log that crosses over starts a new window', () => {
  const fork = (
    path: string,
    hour: string,
    lsns: [string, string],
    forks: [string, string],
    point?: string,
  ) =>
    sqlVerdict(
      {
        path,
        type: 'L',
        startedAt: `2025-03-02T${hour}:00:00+08:00`,
        finishedAt: `2025-03-02T${hour}:00:04+08:00`,
        first: lsns[0],
        last: lsns[1],
        checkpoint: lsns[0],
        base: '44:16:40',
      },
      {
        firstForkGuid: forks[0],
        lastForkGuid: forks[1],
        ...(point ? { forkPointLsn: lsn(point) } : {}),
      },
    );
  const crossing = fork('CROSS.trn', '06', ['43:500:1', '44:300:1'], ['fork-a', 'fork-b'], '44:100:1');
  const next = fork('NEXT.trn', '10', ['44:300:1', '45:1:1'], ['fork-b', 'fork-b']);
  const set = only([...dayWithout(), crossing, next]);
  assert.deepEqual(windowsOf(set), ['01T01:04:10 02T02:00:00', '02T06:00:00 02T10:00:00']);
  const alone = only([...dayWithout(), fork('B.trn', '10', ['44:200:1', '45:1:1'], ['fork-b', 'fork-b'])]);
  assert.deepEqual(windowsOf(alone), ['01T01:04:10 02T02:00:00']);
  assert.equal(alone.excluded[0]?.reason, 'OTHER_FORK');
});
