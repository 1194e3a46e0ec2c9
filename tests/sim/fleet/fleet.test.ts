import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onTurn } from '../jobs.ts';
import { KINDS } from './plans.ts';
import { renderTable } from './table.ts';
import { type FleetOptions, FleetWorld } from './world.ts';

const LONG = Boolean(process.env.NISWATCH_LONG);
const SMALL: FleetOptions = {
  seed: 1,
  agents: LONG ? 5_000 : 500,
  restarts: LONG ? 100 : 5,
  cuts: LONG ? 100 : 5,
  longestCutMs: (LONG ? 30 : 6) * 60_000,
  windows: LONG ? 20 : 1,
};

const runFleet = (options: Partial<FleetOptions>): Promise<FleetWorld> =>
  onTurn(() => {
    const world = new FleetWorld({ ...SMALL, ...options });
    world.run();
    return world;
  });

const failuresOf = ({ truth }: FleetWorld): string[] =>
  truth.violations.map(({ at, what }) => `at ${(at / 1000).toFixed(0)} s: ${what}`);

test('restarts and uplink cuts page nobody falsely; every planted outage gets its word and its page in time', async (t) => {
  const world = await runFleet({});
  assert.deepEqual(failuresOf(world), []);
  assert.equal(world.truth.counts.falsePages, 0);
  const seen = new Set(world.truth.detections.map(({ kind }) => kind));
  for (const { kind } of KINDS) assert.ok(seen.has(kind), kind);
  for (const line of renderTable(world.truth.detections).split('\n')) t.diagnostic(line);
});

test('the same seed gives the same run', async () => {
  const small = { agents: 100, restarts: 2, cuts: 2, windows: 0 };
  const [first, again, other] = [
    await runFleet(small),
    await runFleet(small),
    await runFleet({ ...small, seed: 2 }),
  ];
  const tell = ({ scheduler, truth }: FleetWorld) => [scheduler.happened, truth.counts, truth.detections];
  assert.deepEqual(tell(first), tell(again));
  assert.notDeepEqual(tell(first), tell(other));
});

/** Wrong settings stand for wrong code: the run must not pass with any of them. */
const BLIND: readonly [what: string, wrong: Partial<FleetOptions>, caught: RegExp][] = [
  [
    'it never doubts itself',
    { liveness: { massCount: 1_000_000, massShare: 1 }, cuts: 4, windows: 0, shortestCutMs: 4 * 60_000 },
    /own silence/,
  ],
  [
    'it is silent on a missed timer alone',
    { liveness: { silentAfter: '45s', siteAfter: '45s' } },
    /own silence/,
  ],
  ['it is slow', { liveness: { silentAfter: '5m', siteAfter: '5m' } }, /its word came/],
  ['it does not listen to witnesses', { liveness: { downAfter: '3m' } }, /called silent|its word came/],
];
for (const [what, wrong, caught] of BLIND) {
  test(`the run sees when ${what}`, async () => {
    const failures = failuresOf(await runFleet({ agents: 150, restarts: 1, cuts: 1, ...wrong }));
    assert.ok(
      failures.some((failure) => caught.test(failure)),
      failures.join('\n') || 'nothing was noted',
    );
  });
}
