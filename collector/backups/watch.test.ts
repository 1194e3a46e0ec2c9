import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { manualClock } from '../../shared/clock.ts';
import { openState, type State } from '../state/state.ts';
import { fileReports, keepAll, setReport } from './state/testing.ts';
import { dayWithout } from './sqlserver/example.ts';
import { openBackupWatch } from './watch.ts';

const DAY_MS = 86_400_000;
const quiet = { info() {}, warn() {}, error: (fields: object) => assert.fail(JSON.stringify(fields)) };

async function opened(t: TestContext, state: State) {
  const clock = manualClock();
  const watch = await openBackupWatch({
    state,
    clock,
    retention: { goneMs: 2 * DAY_MS, pastMs: 2 * DAY_MS },
    log: quiet,
  });
  t.after(() => watch.close());
  return { clock, watch };
}

async function told(state: State, at: number) {
  const files = fileReports('nis', dayWithout(), at);
  await keepAll(state, 'a', at, [...files, setReport('nis', files, { at, stands: 4 })]);
}

test('a report that tells of backups is followed by a fresh digest, any other report costs nothing', async (t) => {
  const state = await openState(':memory:');
  t.after(() => state.destroy());
  const { clock, watch } = await opened(t, state);
  const changed: string[] = [];
  watch.onChange((host) => changed.push(host));
  await told(state, clock.now());
  watch.stored({ host: 'a', events: [{ at: 0, kind: 'service.restart' as never }] });
  watch.stored({ host: 'a' });
  clock.advance(1_000);
  await watch.settled();
  assert.equal(watch.digest('a'), undefined);
  for (let i = 0; i < 3; i++) watch.stored({ host: 'a', events: [{ at: 0, kind: 'backup.set' }] });
  clock.advance(1_000);
  await watch.settled();
  const digest = watch.digest('a');
  assert.ok(digest && digest !== 'unread');
  assert.deepEqual([digest.sets[0]?.rung, digest.sets[0]?.databases, changed], [4, ['NIS_DEMO'], ['a']]);
});

test('after a start what was told before is unread, then known', async (t) => {
  const state = await openState(':memory:');
  t.after(() => state.destroy());
  await told(state, 0);
  const { watch } = await opened(t, state);
  assert.equal(watch.digest('a'), 'unread');
  await watch.settled();
  const digest = watch.digest('a');
  assert.ok(digest && digest !== 'unread');
  assert.equal(digest.sets[0]?.told, 'old');
});

test('once an hour what retention no longer keeps is forgotten', async (t) => {
  const state = await openState(':memory:');
  t.after(() => state.destroy());
  const { clock, watch } = await opened(t, state);
  await told(state, clock.now());
  await keepAll(state, 'a', clock.now(), [
    { of: 'file', set: 'nis', path: 'DIFF.bak', gone: true, bytes: 0, modifiedAt: 0 },
  ]);
  const count = async () => (await state.selectFrom('backupFiles').select('path').execute()).length;
  clock.advance(3_600_000);
  await watch.settled();
  assert.equal(await count(), 10);
  clock.advance(3 * DAY_MS);
  await watch.settled();
  clock.advance(3_600_000);
  await watch.settled();
  assert.equal(await count(), 9);
});
