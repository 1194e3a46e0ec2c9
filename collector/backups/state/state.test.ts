// What an agent reports of its backups, through the real ingest into the state, and read back.

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { BackupRecord } from '../../../shared/backup/reported.ts';
import { COLUMNS, openWorld, SERIES, streamId } from '../../ingest/testing/world.ts';
import { openState } from '../../state/state.ts';
import { dayWithout } from '../sqlserver/example.ts';
import { forgetOld } from './keep.ts';
import { readBackups } from './read.ts';
import { eventsOf, fileReports, keepAll, setReport } from './testing.ts';

const DAY_MS = 86_400_000;
/** Where a manual clock starts. */
const NOW = Date.UTC(2026, 0, 1);

async function linked(t: TestContext) {
  const world = await openWorld();
  t.after(() => world.state.destroy());
  const key = await world.enrol('a');
  const agent = world.dial('a', key);
  const stream = streamId();
  agent.greet([stream]);
  await world.settle();
  agent.say({ t: 'series', id: SERIES, columns: COLUMNS });
  let seq = 0;
  return {
    ...world,
    async tell(records: readonly BackupRecord[], at = world.clock.now()) {
      agent.report(stream, seq++, { events: eventsOf(records, at) });
      await world.settle();
    },
    read: () => readBackups(world.state, 'a', world.clock.now()),
  };
}

const isLog = (path: string) => path.endsWith('.trn');

function twoSets(at: number, ...without: string[]): BackupRecord[] {
  const day = dayWithout(...without);
  const bak = fileReports(
    'nis-full',
    day.filter((v) => !isLog(v.path)),
    at,
  );
  const trn = fileReports(
    'nis-log',
    day.filter((v) => isLog(v.path)),
    at,
  );
  return [
    ...bak,
    ...trn,
    setReport('nis-full', bak, { at, stands: 4 }),
    setReport('nis-log', trn, { at, stands: 4, pattern: '*.trn' }),
  ];
}

test('what an agent sent over its link is read back as sets with files, rungs and moments', async (t) => {
  const { tell, read, state, clock } = await linked(t);
  await tell(twoSets(NOW));
  const { sets, timeZone } = await read();
  assert.equal(timeZone, 'Asia/Shanghai');
  assert.deepEqual(
    sets.map((s) => [s.name, s.told, s.known, s.rung, s.files.length]),
    [
      ['nis-full', 'fresh', 'all', 4, 3],
      ['nis-log', 'fresh', 'all', 4, 7],
    ],
  );
  // Both answer for the one database that they hold together.
  for (const { recovery } of sets) {
    assert.deepEqual(
      recovery.windows.map((w) => [w.from.text, w.to.text, w.database]),
      [['2025-03-01T01:04:10+08:00', '2025-03-02T02:00:00+08:00', 'NIS_DEMO']],
    );
    assert.equal(recovery.rpoMs, clock.now() - Date.parse('2025-03-02T02:00:00+08:00'));
  }
  assert.deepEqual(await state.selectFrom('events').selectAll().execute(), []);
});

test('a lost log makes a gap that names it, in the set of the logs and in that of the fulls', async (t) => {
  const { tell, read } = await linked(t);
  await tell(twoSets(NOW, 'LOG_10.trn'));
  for (const { recovery } of (await read()).sets) {
    assert.equal(recovery.gaps.length, 1);
    assert.match(recovery.gaps[0]?.missing[0]?.words.en ?? '', /41000000002000001/);
  }
});

test('a repeated record changes nothing and a late one never replaces a newer one', async (t) => {
  const state = await openState(':memory:');
  t.after(() => state.destroy());
  const [older, newer] = [twoSets(NOW - DAY_MS, 'LOG_26.trn'), twoSets(NOW)];
  await keepAll(state, 'a', NOW, newer);
  const first = await readBackups(state, 'a', NOW);
  await keepAll(state, 'a', NOW, newer);
  assert.deepEqual(await readBackups(state, 'a', NOW), first);
  await keepAll(state, 'a', NOW - DAY_MS, older);
  const after = await readBackups(state, 'a', NOW);
  const untrailed = ({ sets }: typeof first) => sets.map((s) => ({ ...s, trail: [] }));
  assert.deepEqual(untrailed(after), untrailed(first));
});

test('what was told before our own clock was set back gives way to what is told now', async (t) => {
  const state = await openState(':memory:');
  t.after(() => state.destroy());
  const file = fileReports('s', dayWithout().slice(0, 1), NOW)[0];
  assert.ok(file);
  await keepAll(state, 'a', NOW + DAY_MS, [file], NOW + DAY_MS);
  await keepAll(state, 'a', NOW - 60_000, [{ ...file, reason: 'of a queue' }], NOW + DAY_MS);
  await keepAll(state, 'a', NOW, [{ ...file, reason: 'judged now' }], NOW);
  const rows = await state.selectFrom('backupFiles').select(['at', 'record']).execute();
  assert.deepEqual(
    rows.map(({ at, record }) => [at, (JSON.parse(record) as { reason: string }).reason]),
    [[NOW, 'judged now']],
  );
});

test('the order in which records arrive does not matter', async (t) => {
  const file = fileReports('s', dayWithout().slice(0, 1), NOW)[0];
  assert.ok(file);
  const told: [number, BackupRecord][] = [
    [NOW - 5000, file],
    [NOW - 4000, { ...file, reason: 'judged again' }],
    [NOW - 3000, { of: 'file', set: 's', path: file.path, gone: true, bytes: 0, modifiedAt: 0 }],
    [NOW - 2000, setReport('s', [], { at: NOW, stands: 0 })],
    [NOW - 1000, { of: 'finding', set: 's', kind: 'shrinking', key: 'x', text: 'half of yesterday' }],
    [NOW, { of: 'finding', set: 's', kind: 'shrinking', key: 'x', text: '', gone: true }],
  ];
  const read = async (order: readonly number[]) => {
    const state = await openState(':memory:');
    t.after(() => state.destroy());
    for (const i of order) {
      const [at, record] = told[i] ?? assert.fail();
      await keepAll(state, 'a', at, [record]);
    }
    const { sets } = await readBackups(state, 'a', NOW);
    return sets.map((s) => [
      s.rung,
      s.known,
      s.files.map((f) => [f.at, f.goneAt]),
      s.findings.map((f) => f.goneAt),
    ]);
  };
  const want = await read([0, 1, 2, 3, 4, 5]);
  assert.deepEqual(want, [[0, 'all', [[NOW - 3000, NOW - 3000]], [NOW]]]);
  for (const order of [
    [5, 4, 3, 2, 1, 0],
    [2, 0, 1, 5, 3, 4],
    [1, 2, 0, 4, 5, 3],
  ]) {
    assert.deepEqual(await read(order), want);
  }
});

test('a file that is gone keeps its facts and the time it went, until retention ends', async (t) => {
  const { tell, read, state, clock } = await linked(t);
  await tell(twoSets(NOW));
  const gone: BackupRecord = {
    of: 'file',
    set: 'nis-log',
    path: 'LOG_10.trn',
    gone: true,
    bytes: 0,
    modifiedAt: 0,
  };
  clock.advance(5_000);
  await tell([gone]);
  const wentAt = clock.now();
  clock.advance(5_000);
  await tell([gone]);
  const log = async () => (await read()).sets[1]?.files.find((f) => f.path === 'LOG_10.trn');
  assert.ok(Math.abs(((await log())?.goneAt ?? 0) - wentAt) < 1000, 'when it was told first');
  assert.equal((await log())?.bytes, 100_000);
  assert.equal((await read()).sets[1]?.recovery.gaps.length, 1);
  assert.equal((await read()).sets[1]?.known, 'some');
  await forgetOld(state, clock.now() + DAY_MS, { goneMs: 2 * DAY_MS, pastMs: DAY_MS });
  assert.ok(await log());
  await forgetOld(state, clock.now() + 3 * DAY_MS, { goneMs: 2 * DAY_MS, pastMs: DAY_MS });
  assert.equal(await log(), undefined);
});

test('each change of the rung is remembered, a record that only repeats it is not one', async (t) => {
  const state = await openState(':memory:');
  t.after(() => state.destroy());
  for (const [day, stands] of [
    [1, 2],
    [2, 4],
    [3, 4],
    [4, 1],
  ] as const) {
    await keepAll(state, 'a', day * DAY_MS, [setReport('s', [], { at: day, stands })]);
  }
  const [set] = (await readBackups(state, 'a', 5 * DAY_MS)).sets;
  assert.deepEqual(set?.trail, [
    { at: DAY_MS, rung: 2 },
    { at: 2 * DAY_MS, rung: 4 },
    { at: 4 * DAY_MS, rung: 1 },
  ]);
});

test('a record that is no record is kept as the event that it is', async (t) => {
  const { tell, state, read } = await linked(t);
  const [file] = fileReports('s', dayWithout().slice(0, 1), NOW);
  assert.ok(file);
  await tell([
    { ...file, bytes: 'many' as never },
    { ...file, content: 'FINE' as never },
  ]);
  assert.deepEqual((await read()).sets, []);
  assert.equal((await state.selectFrom('events').selectAll().execute()).length, 2);
});

test('facts that contradict their type spoil no other host and are said', async (t) => {
  const { tell, read } = await linked(t);
  const [file] = fileReports('s', dayWithout().slice(0, 1), NOW);
  assert.ok(file);
  await tell([{ ...file, facts: { ...file.facts, chain: { of: 'sqlserver', type: 'D' } as never } }]);
  const [set] = (await read()).sets;
  assert.equal(set?.files.length, 1);
  assert.deepEqual(set?.recovery.windows, []);
});
