// Random lives of a spool against a memory of what was collected.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SpoolLimits } from './config.ts';
import { limitsOf, SpoolWorld } from './spool-world.ts';

type Action = (world: SpoolWorld) => void;

const named = (name: string, run: Action): Action => Object.assign(run, { [fc.toStringMethod]: () => name });
const streamOf = (world: SpoolWorld, pick: number): string => {
  const streams = world.spool.streams();
  return streams[pick % streams.length] ?? world.spool.liveStream;
};

const pick = fc.nat(7);
const append = fc
  .record({
    count: fc.integer({ min: 1, max: 30 }),
    series: fc.nat(1),
    stepMs: fc.constantFrom(1, 5_000, 200_000),
  })
  .map(({ count, series, stepMs }) =>
    named(`append ${count}×${series} every ${stepMs}`, (world) => {
      for (let i = 0; i < count; i++) {
        world.append({
          series,
          stepMs,
          ...(i === 7 && { events: [{ at: 1, kind: 'service.down' as const }] }),
        });
      }
    }),
  );
const healthy = [
  append,
  append,
  fc.constant(named('sync', (world) => world.sync())),
  fc.tuple(pick, fc.constantFrom(1, 500, 5_000)).map(([p, max]) =>
    named(`drain ${p} ${max}`, (world) => {
      world.drain(streamOf(world, p), max);
    }),
  ),
  pick.map((p) => named(`acknowledge ${p}`, (world) => world.acknowledge(streamOf(world, p)))),
  pick.map((p) => named(`reject ${p}`, (world) => world.reject(streamOf(world, p)))),
  fc.constant(named('rotate', (world) => world.rotate())),
  fc.constant(named('reopen', (world) => world.reopen())),
];
const crashes = [
  fc.constant(named('crash', (world) => world.crash())),
  fc.nat(12).map((calls) => named(`crash at call ${calls}`, (world) => world.crashAt(calls))),
];
const faults = [
  fc
    .tuple(
      fc.constantFrom('append', 'sync', 'replace', 'remove', 'truncate', 'any'),
      fc.constantFrom('EIO', 'ENOSPC'),
    )
    .map(([call, code]) =>
      named(`${code} on ${call}`, (world) =>
        world.fail((c) =>
          c === call || (call === 'any' && c !== 'read') ? (code as 'EIO' | 'ENOSPC') : undefined,
        ),
      ),
    ),
  fc.constant(
    named('heal', (world) => {
      world.fail(() => undefined);
      world.clock.advance(60_000);
    }),
  ),
];

const RUNS = process.env.NISWATCH_LONG ? 20_000 : 200;
const SMALL = limitsOf({ segmentBytes: '4KiB', windowBytes: '1KiB' });

function live(actions: Action[], seed: number, limits: SpoolLimits): SpoolWorld {
  const world = new SpoolWorld(limits, seed);
  for (const action of actions) action(world);
  world.drainAll();
  return world;
}

function holds(
  arbitraries: fc.Arbitrary<Action>[],
  limits: SpoolLimits,
  check: (world: SpoolWorld) => void,
): void {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(...arbitraries), { maxLength: 60, size: 'max' }),
      fc.nat(),
      (actions, seed) => check(live(actions, seed, limits)),
    ),
    { numRuns: RUNS, endOnFailure: false },
  );
}

test('nothing is lost or declared lost while the disk works, through crashes at any disk call', () => {
  holds([...healthy, ...crashes], SMALL, (world) => assert.deepEqual(world.missing(), []));
});

test('nothing durable is lost or declared lost when writes and syncs fail and the machine crashes', () => {
  holds([...healthy, ...crashes, ...faults], SMALL, (world) => assert.deepEqual(world.missing(), []));
});

test('past its limits the spool gives up only what it declares', () => {
  const tight = { ...SMALL, maxBytes: 20_000, memoryBytes: 10_000 };
  holds([...healthy, ...crashes, ...faults], tight, (world) => {
    for (const { declared } of world.missing()) assert.notEqual(declared, 'silently');
  });
});
