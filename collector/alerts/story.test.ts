// Random lives of alerts: services that die and come back, channels that break, restarts, people who take alerts over.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { REASONS } from './grouping.ts';
import { fromOutboxRow } from './messages.ts';
import { fakeChannel, MINUTE, SECOND, startWorld, type World } from './testing.ts';

type Step =
  | { what: 'services'; up: readonly number[]; seconds: number }
  | { what: 'channel'; channel: 'a' | 'b'; broken: boolean; seconds: number }
  | { what: 'verdict'; word: 'up' | 'suspect' | 'silent'; seconds: number }
  | { what: 'restart'; seconds: number }
  | { what: 'acknowledge'; seconds: number };

/** The long form is for the nightly run. */
const RUNS = process.env.NISWATCH_LONG ? 500 : 20;

const seconds = fc.integer({ min: 1, max: 50 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        what: fc.constant('services' as const),
        up: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 3, maxLength: 3 }),
        seconds,
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        what: fc.constant('channel' as const),
        channel: fc.constantFrom('a' as const, 'b' as const),
        broken: fc.boolean(),
        seconds,
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        what: fc.constant('verdict' as const),
        word: fc.constantFrom('up' as const, 'suspect' as const, 'silent' as const),
        seconds,
      }),
    },
    { weight: 1, arbitrary: fc.record({ what: fc.constant('restart' as const), seconds }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant('acknowledge' as const), seconds }) },
  ),
  { minLength: 3, maxLength: 15 },
);

async function play(t: { after(run: () => unknown): void }, story: readonly Step[]): Promise<World> {
  const sent: World['sent'] = [];
  const broken: World['broken'] = new Map();
  const channels = ['a', 'b'].map((id) => fakeChannel({ sent, broken }, id));
  const world = await startWorld(t, { channels, sent, broken });
  let up: readonly number[] = [1, 1, 1];
  const pass = (ms: number): Promise<void> =>
    world.pass(ms, { h1: Object.fromEntries(up.map((value, i) => [`service_up{name="s${i}"}`, value])) });
  for (const step of story) {
    if (step.what === 'services') up = step.up;
    if (step.what === 'channel' && step.broken) broken.set(step.channel, 'CHANNEL_UNREACHABLE');
    if (step.what === 'channel' && !step.broken) broken.delete(step.channel);
    if (step.what === 'verdict') world.say('h1', step.word);
    if (step.what === 'restart') await world.restart();
    if (step.what === 'acknowledge') await acknowledgeOne(world);
    await pass(step.seconds * SECOND);
  }
  // Everything heals; the longest wait of the outbox is 5 min.
  broken.clear();
  world.say('h1', 'up');
  await pass(6 * MINUTE);
  await checkOpenAreTold(world);
  up = [1, 1, 1];
  await pass(8 * MINUTE);
  return world;
}

async function acknowledgeOne(world: World): Promise<void> {
  const row = await world.state
    .selectFrom('alerts')
    .where('state', '=', 'firing')
    .select('id')
    .executeTakeFirst();
  if (row) await world.alerts.acknowledge(row.id, '王工', '');
}

async function checkOpenAreTold(world: World): Promise<void> {
  const firing = await world.state.selectFrom('alerts').where('state', '=', 'firing').selectAll().execute();
  for (const alert of firing) {
    for (const channel of ['a', 'b']) {
      const last = world.sent.findLast(
        (n) => n.channel === channel && n.alerts.some((a) => a.id === alert.id),
      );
      assert.equal(
        last?.kind,
        'firing',
        `${alert.subject} is firing and ${channel} last heard ${last?.kind}`,
      );
    }
  }
}

/** Per alert and channel: firing comes first, recoveries only after it, never two of them in a row. */
async function checkOrder(world: World): Promise<void> {
  const rows = await world.state.selectFrom('outbox').orderBy('id').selectAll().execute();
  const messages = rows.map(fromOutboxRow);
  const alerts = await world.state.selectFrom('alerts').selectAll().execute();
  for (const channel of ['a', 'b']) {
    for (const { id, subject } of alerts) {
      let said: 'nothing' | 'firing' | 'resolved' = 'nothing';
      for (const message of messages) {
        if (message.channel !== channel || !message.alertIds.includes(id)) continue;
        // A page that the recovery tells as well counts as told.
        const counts = message.state === 'delivered' || message.dropReason === REASONS.resolved;
        if (!counts || message.kind === 'canary') continue;
        if (message.kind === 'resolved')
          assert.equal(said, 'firing', `${channel}: ${subject} recovered without a page`);
        said = message.kind;
      }
      assert.notEqual(said, 'firing', `${channel}: ${subject} is over and nobody was told`);
    }
  }
}

/** Plays one story and checks what must hold of it. */
async function judge(story: readonly Step[]): Promise<void> {
  const ends: (() => unknown)[] = [];
  try {
    const world = await play({ after: (run) => ends.push(run) }, story);
    await checkOrder(world);
    const open = await world.state.selectFrom('alerts').where('open', '=', 1).selectAll().execute();
    assert.deepEqual(
      open.map((alert) => alert.subject),
      [],
    );
    const waiting = await world.state
      .selectFrom('outbox')
      .where('state', '=', 'waiting')
      .select('id')
      .execute();
    assert.equal(waiting.length, 0);
    const keys = world.sent.map((n) => `${n.channel} ${n.key}`);
    assert.equal(new Set(keys).size, keys.length, 'no message is sent twice');
  } finally {
    for (const end of ends) await end();
  }
}

test('in every story each page is followed by its recovery, and nobody hears a recovery without a page', async () => {
  await fc.assert(fc.asyncProperty(steps, judge), { numRuns: RUNS });
});
