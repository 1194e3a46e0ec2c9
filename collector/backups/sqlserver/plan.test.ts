import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FileVerdict } from '../../../shared/backup/facts.ts';
import { moments } from '../moments.ts';
import { type Moment, parseMoment } from '../moment.ts';
import { type NoPlan, plan, type RestorePlan } from '../plan.ts';
import type { BackupSet } from '../set.ts';
import { DAY, dayWithout, sqlVerdict, type SqlExample } from './example.ts';

const moment = (text: string) => parseMoment(text) as Moment;

function planFor(verdicts: readonly FileVerdict[], at: string): RestorePlan | NoPlan {
  const set = moments(verdicts).sets[0] as BackupSet;
  return plan({
    set,
    at: moment(at),
    now: moment('2025-03-02T08:00:00+08:00'),
    target: { zone: 'Asia/Shanghai' },
  });
}

function stepsFor(verdicts: readonly FileVerdict[], at: string): string[] {
  const made = planFor(verdicts, at);
  return made.possible ? made.steps.map((s) => s.file) : [made.reason];
}

const cases: [words: string, verdicts: FileVerdict[], at: string, steps: string[]][] = [
  [
    'takes the differential and stops in the log behind the moment',
    dayWithout(),
    '2025-03-01T17:30:00+08:00',
    ['FULL_1.bak', 'DIFF.bak', 'LOG_14.trn', 'LOG_18.trn'],
  ],
  ['goes on from the newest full', dayWithout(), '2025-03-02T01:30:00+08:00', ['FULL_2.bak', 'LOG_26.trn']],
  [
    'replays logs where there is no differential',
    dayWithout('DIFF.bak'),
    '2025-03-01T17:30:00+08:00',
    ['FULL_1.bak', 'LOG_02.trn', 'LOG_06.trn', 'LOG_10.trn', 'LOG_14.trn', 'LOG_18.trn'],
  ],
  ['reads a moment of another zone', dayWithout(), '2025-03-01T17:30:00Z', ['FULL_2.bak', 'LOG_26.trn']],
  ['refuses what lies before the first full', dayWithout(), '2025-03-01T00:30:00+08:00', ['BEFORE_FIRST']],
  ['refuses what lies after the last log', dayWithout(), '2025-03-02T03:00:00+08:00', ['AFTER_LAST']],
  ['refuses a gap', dayWithout('LOG_10.trn'), '2025-03-01T08:00:00+08:00', ['GAP']],
];
for (const [words, verdicts, at, steps] of cases) {
  test(words, () => assert.deepEqual(stepsFor(verdicts, at), steps));
}

test('every RESTORE but the last waits, every log stops at the moment in the server’s own time', () => {
  const made = planFor(dayWithout(), '2025-03-01T09:30:00.25Z') as RestorePlan;
  assert.deepEqual(
    made.steps.map((s) => s.command),
    [
      "RESTORE DATABASE [NIS_DEMO_check] FROM DISK=N'FULL_1.bak' WITH MOVE N'NIS' TO N'D:\\data\\NIS_DEMO_check_NIS.mdf', MOVE N'NIS_log' TO N'F:\\log\\NIS_DEMO_check_NIS_log.ldf', NORECOVERY, CHECKSUM, STATS=5;",
      "RESTORE DATABASE [NIS_DEMO_check] FROM DISK=N'DIFF.bak' WITH NORECOVERY, CHECKSUM, STATS=5;",
      "RESTORE LOG [NIS_DEMO_check] FROM DISK=N'LOG_14.trn' WITH NORECOVERY, CHECKSUM, STOPAT=N'2025-03-01T17:30:00.250';",
      "RESTORE LOG [NIS_DEMO_check] FROM DISK=N'LOG_18.trn' WITH RECOVERY, CHECKSUM, STOPAT=N'2025-03-01T17:30:00.250';",
    ],
  );
  assert.equal(made.spaceBytes, 9_000_000);
  assert.equal(made.readBytes, 400_000);
});

test('a refusal names the nearest moments before and after with the zone of the backups', () => {
  const refused = planFor(dayWithout('LOG_10.trn'), '2025-03-01T00:00:00Z') as NoPlan;
  assert.equal(refused.nearest.before?.text, '2025-03-01T06:00:00+08:00');
  assert.equal(refused.nearest.after?.text, '2025-03-01T13:01:10+08:00');
  assert.match(refused.why.en, /log backup from LSN 41000000002000001 to LSN 41000000040000001/);
});

test('a moment behind the last log asks for the tail of the log', () => {
  const refused = planFor(dayWithout(), '2025-03-02T03:00:00+08:00') as NoPlan;
  assert.equal(refused.nearest.before?.text, '2025-03-02T02:00:00+08:00');
  assert.equal(refused.nearest.after, undefined);
  assert.match(refused.why.en, /tail of the log is needed/);
});

test('a moment that only an empty log proves opens the database by itself', () => {
  const empty: SqlExample = {
    ...(DAY.at(-1) as SqlExample),
    path: 'EMPTY.trn',
    startedAt: '2025-03-02T06:00:00+08:00',
    finishedAt: '2025-03-02T06:00:01+08:00',
    first: '44:200:1',
  };
  const made = planFor([...dayWithout(), sqlVerdict(empty)], '2025-03-02T05:00:00+08:00') as RestorePlan;
  assert.deepEqual(
    made.steps.map((s) => s.file),
    ['FULL_2.bak', 'LOG_26.trn'],
  );
  assert.match(made.steps[1]?.command ?? '', /WITH NORECOVERY/);
  assert.equal(made.after[0]?.command, 'RESTORE DATABASE [NIS_DEMO_check] WITH RECOVERY;');
});

test('stripes stand in one command, appended sets carry their number', () => {
  const stripe = (number: number) =>
    sqlVerdict(
      { ...(DAY[0] as SqlExample), path: `F${number}.bak` },
      { backupSetGuid: 'striped', position: 3, stripe: { number, count: 2, mediaSet: 'm' } },
    );
  const made = planFor(
    [...dayWithout('FULL_1.bak', 'DIFF.bak'), stripe(1), stripe(2)],
    '2025-03-01T02:00:00+08:00',
  );
  const command = made.possible ? made.steps[0]?.command : '';
  assert.match(command ?? '', /FROM DISK=N'F1.bak', DISK=N'F2.bak' WITH FILE=3, MOVE/);
});

test('the time to restore is a range around reading, with its origin', () => {
  const set = moments(dayWithout()).sets[0] as BackupSet;
  const made = plan({
    set,
    at: moment('2025-03-01T17:30:00+08:00'),
    now: moment('2025-03-02T08:00:00+08:00'),
    target: { zone: 'Asia/Shanghai' },
    readRate: { bytesPerSecond: 4000, measured: true },
  }) as RestorePlan;
  assert.deepEqual(made.rto, { fromSeconds: 70, toSeconds: 180, measured: true });
  assert.equal(made.loses.from.text, '2025-03-01T17:30:00+08:00');
  assert.equal(made.loses.latest.text, '2025-03-02T02:00:00+08:00');
});
