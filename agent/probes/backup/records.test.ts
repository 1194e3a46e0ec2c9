import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeRecord } from '../../../shared/backup/reported-event.ts';
import type {
  BackupFileReport,
  BackupRecord,
  BackupSetReport,
  RungState,
} from '../../../shared/backup/reported.ts';
import type { ProbeEvent } from '../probe.ts';
import type { KnownFile } from './known.ts';
import { fullBudget, type News, NOTHING_TOLD, tell, type Telling } from './records.ts';

const DAY_MS = 86_400_000;
const file = (i: number, more: Partial<KnownFile> = {}): KnownFile => ({
  path: `/b/${i}`,
  bytes: i,
  modifiedAt: i,
  ...more,
});
const report = (more: Partial<BackupSetReport> = {}): BackupSetReport =>
  ({
    of: 'set',
    set: 's',
    folder: '/b',
    pattern: '*',
    rungs: [],
    files: { count: 0, bytes: 0, fingerprint: '' },
    ...more,
  }) as BackupSetReport;
const news = (more: Partial<News> = {}): News => ({
  set: 's',
  files: [],
  gone: [],
  report: undefined,
  others: [],
  render: (path) => path,
  ...more,
});
const decoded = (events: readonly ProbeEvent[]): BackupRecord[] =>
  events.map(({ kind, data }) => decodeRecord(kind, data) as BackupRecord);
const pathsOf = (events: readonly ProbeEvent[]): string[] =>
  decoded(events).flatMap((record) => (record.of === 'file' ? [record.path] : []));

test('ten thousand files leave newest first, fifty at a time, each once, and the set behind them', () => {
  const files = Array.from({ length: 10_000 }, (_, i) => file(10_000 - i));
  let told: Telling = NOTHING_TOLD;
  const seen: string[] = [];
  let sets = 0;
  for (let turn = 0; turn < 202; turn++) {
    const said = tell(
      told,
      news({ files, report: report({ files: { count: 1, bytes: 1, fingerprint: 'f' } }) }),
      1,
      fullBudget(),
    );
    assert.ok(said.events.length <= 50);
    told = said.told;
    seen.push(...pathsOf(said.events));
    sets += decoded(said.events).filter(({ of }) => of === 'set').length;
  }
  assert.deepEqual(
    seen,
    files.map(({ path }) => path),
  );
  assert.equal(sets, 1);
});

test('what changed is told again, and everything once a week', () => {
  const first = tell(NOTHING_TOLD, news({ files: [file(1), file(2)] }), 0, fullBudget());
  const judged = file(2, {
    judgedAt: 5,
    verdict: { format: 'tar', content: 'COMPLETE', reason: 'r', layer: 'L2', facts: {} },
  });
  const second = tell(first.told, news({ files: [file(1), judged] }), 1, fullBudget());
  assert.deepEqual(pathsOf(second.events), ['/b/2']);
  assert.equal(
    tell(second.told, news({ files: [file(1), judged] }), 6 * DAY_MS, fullBudget()).events.length,
    0,
  );
  assert.equal(
    tell(second.told, news({ files: [file(1), judged] }), 8 * DAY_MS, fullBudget()).events.length,
    2,
  );
});

test('a rung that changes is told at once, a changed list of files when they are told, the rest once a day', () => {
  const rung = (state: RungState['state']): RungState[] => [{ rung: 1, state, at: 0, evidence: state }];
  const files = Array.from({ length: 60 }, (_, i) => file(i));
  const setsIn = (events: readonly ProbeEvent[]): number =>
    decoded(events).filter(({ of }) => of === 'set').length;
  const step = (told: Telling, more: Partial<News>, now: number) => tell(told, news(more), now, fullBudget());
  const start = step(NOTHING_TOLD, { report: report({ rungs: rung('yes') }) }, 0);
  assert.equal(setsIn(start.events), 1);
  const listed = report({ rungs: rung('yes'), files: { count: 60, bytes: 1, fingerprint: 'g' } });
  const part = step(start.told, { files, report: listed }, 1);
  assert.equal(setsIn(part.events), 0);
  const whole = step(part.told, { files, report: listed }, 2);
  assert.equal(setsIn(whole.events), 1);
  assert.equal(step(whole.told, { files, report: listed }, 3).events.length, 0);
  const fallen = step(whole.told, { files, report: { ...listed, rungs: rung('no') } }, 4);
  assert.equal(setsIn(fallen.events), 1);
  assert.equal(
    setsIn(step(fallen.told, { files, report: { ...listed, rungs: rung('no') } }, 4 + DAY_MS).events),
    1,
  );
});

test('gone files and findings are told, and a finding that ends as well', () => {
  const finding = { of: 'finding', set: 's', kind: 'identical', key: 's', text: 't' } as const;
  const first = tell(NOTHING_TOLD, news({ gone: ['/b/1'], others: [finding] }), 0, fullBudget());
  assert.deepEqual(first.gone, ['/b/1']);
  assert.deepEqual(
    decoded(first.events).map((record) => [record.of, 'gone' in record]),
    [
      ['finding', false],
      ['file', true],
    ],
  );
  assert.equal(tell(first.told, news({ others: [finding] }), 1, fullBudget()).events.length, 0);
  const ended = tell(first.told, news({ others: [{ ...finding, gone: true }] }), 2, fullBudget());
  assert.equal((decoded(ended.events)[0] as { gone?: boolean }).gone, true);
});

test('a record too long to travel loses its lists, never itself', () => {
  const names = Array.from({ length: 5_000 }, (_, i) => `some-long-name-of-a-file-${i}.dat`);
  const verdict = {
    format: 'pg_dump-directory',
    content: 'COMPLETE',
    reason: 'r',
    layer: 'L5',
    facts: { database: 'nis', rows: 5, chain: { of: 'dump', members: names } },
  } as const;
  const long = file(1, { judgedAt: 1, verdict: verdict as unknown as NonNullable<KnownFile['verdict']> });
  const { events } = tell(NOTHING_TOLD, news({ files: [long] }), 0, fullBudget());
  const [record] = decoded(events) as BackupFileReport[];
  assert.deepEqual(
    [record?.content, record?.facts?.database, record?.facts?.chain],
    ['COMPLETE', 'nis', undefined],
  );
});

test('whatever happens to the files, the collector ends with exactly those that are there', () => {
  const step = fc.record({
    path: fc.integer({ min: 0, max: 120 }),
    does: fc.constantFrom('write', 'remove', 'judge'),
  });
  fc.assert(
    fc.property(fc.array(fc.array(step, { maxLength: 80 }), { maxLength: 8 }), (turns) => {
      const files = new Map<string, KnownFile>();
      let gone = new Set<string>();
      const collector = new Map<string, BackupFileReport>();
      let told: Telling = NOTHING_TOLD;
      let [now, version] = [0, 0];
      const turn = (): number => {
        const said = tell(told, news({ files: [...files.values()], gone: [...gone] }), now++, fullBudget());
        told = said.told;
        gone = new Set([...gone].filter((path) => !said.gone.includes(path)));
        for (const record of decoded(said.events) as BackupFileReport[])
          if (record.gone) collector.delete(record.path);
          else collector.set(record.path, record);
        return said.events.length;
      };
      for (const steps of turns) {
        for (const { path, does } of steps) {
          const name = `/b/${path}`;
          const known = files.get(name);
          if (does === 'write') {
            files.set(name, file(path, { modifiedAt: ++version }));
            gone.delete(name);
          } else if (does === 'remove' && files.delete(name)) gone.add(name);
          else if (does === 'judge' && known) files.set(name, { ...known, judgedAt: ++version });
        }
        turn();
      }
      while (turn() > 0);
      assert.deepEqual([...collector.keys()].sort(), [...files.keys()].sort());
      for (const [path, known] of files) {
        assert.equal(collector.get(path)?.modifiedAt, known.modifiedAt);
        assert.equal(collector.get(path)?.judgedAt, known.judgedAt);
      }
    }),
  );
});
