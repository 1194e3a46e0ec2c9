import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ManualClock, manualClock } from '../../shared/clock.ts';
import { readConfig } from '../../shared/config/schema.ts';
import type { Hello } from '../../shared/frame.ts';
import { openState, type State } from '../state/state.ts';
import { livenessConfig } from './config.ts';
import { openWatch, type Watch } from './watch.ts';

const quiet = { info: () => {}, warn: () => {}, error: () => {} };

async function addHosts(state: State, ...ids: string[]): Promise<void> {
  await state
    .insertInto('hospitals')
    .values({ id: 'h1', name: '第一医院', timeZone: 'Asia/Shanghai', createdAt: 0 })
    .onConflict((c) => c.doNothing())
    .execute();
  const machine = { hostname: 'x', os: 'linux', arch: 'x64', agentVersion: '0.1.0', fingerprint: 'f' };
  const rest = { publicKey: 'k', enrolledAt: 5, revokedAt: null, boot: null, bootAt: null, offsetMs: null };
  await state
    .insertInto('hosts')
    .values(ids.map((id) => ({ id, hospitalId: 'h1', name: id, ...machine, ...rest })))
    .execute();
}

async function world(...ids: string[]) {
  const state = await openState(':memory:');
  await addHosts(state, ...ids);
  const clock = manualClock();
  const open = (): Promise<Watch> =>
    openWatch({ state, clock, config: readConfig(livenessConfig, {}), log: quiet });
  return { state, clock, open };
}

function hello(startedAt = 1): Hello {
  const journal = { startedAt };
  const machine = { version: '0.1.0', boot: 'b1', at: 0, bootAt: 0, fingerprint: 'f', streams: [] };
  return { t: 'hello', protocol: 1, agent: 'a', sig: '', journal, ...machine };
}

/** Time goes on by the second; what is written settles in between. */
async function pass(clock: ManualClock, seconds: number, watch?: Watch, ...beating: string[]): Promise<void> {
  for (let i = 0; i < seconds; i++) {
    if (i % 10 === 0) for (const host of beating) watch?.heard(host, clock.now());
    clock.advance(1000);
    await rest();
  }
}
async function rest(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
}

const trailOf = async (state: State, host: string) =>
  (await state.selectFrom('verdicts').selectAll().where('hostId', '=', host).orderBy('id').execute()).map(
    (row) => [row.word, row.until === null ? 'open' : 'closed', row.revises],
  );

test('verdicts are told to listeners and kept in the trail, one row open at a time, corrections marked', async () => {
  const { state, clock, open } = await world('a');
  const watch = await open();
  const told: string[] = [];
  const end = watch.onVerdict((host, verdict, before) => told.push(`${host} ${before} ${verdict.word}`));
  assert.deepEqual(watch.verdict('a'), { word: 'never-seen', since: 5, evidence: [] });
  watch.hello('a', hello(), clock.now());
  assert.equal(watch.connected(), 1);
  await pass(clock, 125);
  watch.hello('a', hello(), clock.now());
  await pass(clock, 2);
  end();
  await watch.stop();
  assert.deepEqual(told, ['a never-seen up', 'a up suspect', 'a suspect silent', 'a silent up']);
  assert.deepEqual(await trailOf(state, 'a'), [
    ['up', 'closed', null],
    ['suspect', 'closed', null],
    ['silent', 'closed', null],
    ['up', 'closed', 3],
    ['up', 'open', null],
  ]);
});

test('a restart goes on with what stood: up is away until heard, silent stays silent, the run is on record', async () => {
  const { state, clock, open } = await world('a', 'b', 'c');
  const first = await open();
  for (const host of ['a', 'b']) first.hello(host, hello(), clock.now());
  await pass(clock, 130, first, 'a');
  assert.deepEqual([first.verdict('a').word, first.verdict('b').word], ['up', 'silent']);
  const upSince = first.verdict('a').since;
  await first.stop();
  const stoppedAt = clock.now();
  clock.advance(3_600_000);
  const second = await open();
  assert.deepEqual(
    ['a', 'b', 'c'].map((host) => second.verdict(host).word),
    ['collector-away', 'silent', 'never-seen'],
  );
  assert.equal(second.verdict('a').since, stoppedAt);
  second.hello('a', hello(), clock.now());
  assert.deepEqual([second.verdict('a').word, second.verdict('a').since], ['up', upSince]);
  await pass(clock, 2);
  const runs = await state.selectFrom('runs').selectAll().orderBy('id').execute();
  assert.deepEqual([runs.length, runs[0]?.endedAt, runs[1]?.endedAt], [2, stoppedAt, null]);
  await second.stop();
});

test('a process that was suspended blames nobody', async () => {
  const { state, clock, open } = await world('a');
  const watch = await open();
  watch.hello('a', hello(), clock.now());
  await pass(clock, 5, watch, 'a');
  // The wall clock runs on while no timer of ours does.
  clock.step(900_000);
  await pass(clock, 60, watch, 'a');
  assert.equal(watch.verdict('a').word, 'up');
  assert.deepEqual(
    (await trailOf(state, 'a')).map(([word]) => word),
    ['up', 'collector-away'],
  );
  await watch.stop();
});

test('a host that was enrolled a moment ago is known at its first hello; a revoked one is watched no more', async () => {
  const { state, clock, open } = await world('a');
  const watch = await open();
  await addHosts(state, 'new');
  watch.hello('new', hello(), clock.now());
  await rest();
  assert.equal(watch.verdict('new').word, 'up');
  await state.updateTable('hosts').set({ revokedAt: 1 }).where('id', '=', 'new').execute();
  await watch.refresh();
  assert.equal(watch.verdict('new').word, 'never-seen');
  await watch.stop();
});

test('what could not be written is written later, in order', async () => {
  const { state, clock, open } = await world('a');
  const watch = await open();
  await state.schema.alterTable('verdicts').renameTo('gone').execute();
  watch.hello('a', hello(), clock.now());
  await pass(clock, 40);
  await state.schema.alterTable('gone').renameTo('verdicts').execute();
  await pass(clock, 2);
  assert.deepEqual(await trailOf(state, 'a'), [
    ['up', 'closed', null],
    ['suspect', 'open', null],
  ]);
  await watch.stop();
});

test('a host that is up is saved once in so many rounds, however small the fleet', async () => {
  const { state, clock, open } = await world('a', 'b');
  const watch = await open();
  for (const host of ['a', 'b']) watch.hello(host, hello(), clock.now());
  const saved = new Set<string>();
  let saves = 0;
  for (let i = 0; i < 600; i++) {
    await pass(clock, 1, watch, 'a', 'b');
    const rows = await state.selectFrom('liveness').select(['hostId', 'updatedAt']).execute();
    for (const { hostId, updatedAt } of rows) {
      if (updatedAt < clock.now()) continue;
      saved.add(hostId);
      saves++;
    }
  }
  await watch.stop();
  assert.deepEqual([...saved].toSorted(), ['a', 'b']);
  // Once for their first word, once for their turn.
  assert.equal(saves, 4);
});
