// The model that every engine is held against: one value per key and time, in memory.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import type { Bucket, Point, Store } from '../store.ts';
import { CPU, declareAll, DISK, type Engine, HOUR, MINUTE, row, STREAM, T0, type WithStore } from './rows.ts';

interface Act {
  kind: 'row' | 'late' | 'pack' | 'restart';
  step: number;
  series: 's2' | 's1';
  value: number;
}

const anyValue = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -1000, max: 1000 }).map((i) => i / 10) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 2 ** 45 }) },
  { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }) },
  { weight: 1, arbitrary: fc.constant(Number.NaN) },
);
const act: fc.Arbitrary<Act> = fc.record({
  kind: fc.oneof(
    { weight: 20, arbitrary: fc.constant('row' as const) },
    { weight: 5, arbitrary: fc.constant('late' as const) },
    { weight: 1, arbitrary: fc.constant('pack' as const) },
    { weight: 1, arbitrary: fc.constant('restart' as const) },
  ),
  step: fc.integer({ min: 0, max: 40 }).map((n) => n * 15_000),
  series: fc.oneof(
    { weight: 4, arbitrary: fc.constant('s2' as const) },
    { weight: 1, arbitrary: fc.constant('s1' as const) },
  ),
  value: anyValue,
});

export function models(withStore: WithStore, engine: Engine): void {
  it('answers as a plain list of samples would, with late data, two streams, packing and restarts at any time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 120 }), (acts) =>
        withStore((store, again) => runModel(store, again, { acts, engine })),
      ),
      { numRuns: engine.runs ?? 40 },
    );
  });
}

/** Live rows move on, late rows fall anywhere before; the model keeps one value per key and time. */
async function runModel(
  first: Store,
  again: () => Promise<Store>,
  { acts, engine }: { acts: readonly Act[]; engine: Engine },
): Promise<void> {
  let store = first;
  const model = { [CPU]: new Map<number, number>(), [DISK]: new Map<number, number>() };
  const seqs = { row: 0, late: 0 };
  let [at, arrivedAt, rows] = [T0, T0, 0];
  for (const a of acts) {
    if (a.kind === 'pack') await store.maintain({ all: true });
    else if (a.kind === 'restart') declareAll((store = await again()));
    else {
      if (a.kind === 'row') at += a.step;
      let time = a.kind === 'row' ? at : Math.max(T0, at - a.step * 20);
      while (engine.sameInstant === 'either' && model[CPU].has(time)) time++;
      const values = a.series === 's1' ? [a.value] : [a.value, Math.round(a.value)];
      const stream = a.kind === 'row' ? STREAM : 'b'.repeat(32);
      arrivedAt += 10;
      rows++;
      await store.write([row(seqs[a.kind]++, values, { at: time, arrivedAt, series: a.series, stream })]);
      if (!Number.isNaN(a.value)) model[CPU].set(time, a.value);
      if (a.series === 's2' && !Number.isNaN(a.value)) model[DISK].set(time, Math.round(a.value));
    }
  }
  assert.equal((await store.stats()).rows, rows);
  const { tolerance = () => 0 } = engine;
  await compare(store, model, [T0, at + 1], tolerance);
  await compare(store, model, [T0 + 20 * MINUTE, at - 20 * MINUTE], tolerance);
}

async function compare(
  store: Store,
  model: Record<string, Map<number, number>>,
  [from, to]: [number, number],
  tolerance: NonNullable<Engine['tolerance']>,
): Promise<void> {
  if (to <= from) return;
  const keys = Object.keys(model);
  const points = await store.points({ host: 'h1', keys, from, to });
  const largest = Math.max(0, ...keys.flatMap((k) => [...(model[k]?.values() ?? [])]).map(Math.abs));
  const allowed: Allowed = (value) => tolerance(value, largest);
  for (const key of keys) samePoints(points.get(key) ?? [], pointsOf(model[key], from, to), { key, allowed });
  for (const stepMs of [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR]) {
    const start = Math.floor(from / stepMs) * stepMs;
    const all = await store.buckets({ host: 'h1', keys, from, to, stepMs });
    for (const key of keys) {
      const want = bucketsOf(pointsOf(model[key], start, Math.ceil(to / stepMs) * stepMs), stepMs);
      sameBuckets(all.get(key) ?? [], want, { what: `${key} by ${stepMs}`, allowed });
    }
  }
}

function pointsOf(samples: Map<number, number> | undefined, from: number, to: number): Point[] {
  return [...(samples ?? [])]
    .filter(([at]) => at >= from && at < to)
    .map(([at, value]) => ({ at, value }))
    .sort((a, b) => a.at - b.at);
}

function bucketsOf(points: readonly Point[], stepMs: number): Bucket[] {
  const groups = Map.groupBy(points, (p) => Math.floor(p.at / stepMs) * stepMs);
  return [...groups].map(([at, list]) => {
    const values = list.map((p) => p.value);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const last = values.at(-1) as number;
    return { at, min: Math.min(...values), max: Math.max(...values), mean, last, count: values.length };
  });
}

/** How far a value may lie from this one. */
type Allowed = (value: number) => number;

function samePoints(
  got: readonly Point[],
  want: readonly Point[],
  { key, allowed }: { key: string; allowed: Allowed },
): void {
  const isNear = got.every(({ value }, i) => {
    const wanted = want[i]?.value ?? Number.NaN;
    return Object.is(value, wanted) || Math.abs(value - wanted) <= allowed(wanted);
  });
  const times = got.map((p) => p.at);
  assert.deepEqual(
    times,
    want.map((p) => p.at),
    key,
  );
  if (!isNear) assert.deepEqual(got, want, key);
}

/** Exactly the same, but for the rounding of a sum of doubles and what the engine is allowed. */
function sameBuckets(
  got: readonly Bucket[],
  want: readonly Bucket[],
  { what, allowed }: { what: string; allowed: Allowed },
): void {
  const plain = ({ at, count }: Bucket): object => ({ at, count });
  assert.deepEqual(got.map(plain), want.map(plain), what);
  got.forEach((b, i) => {
    const wanted = want[i] as Bucket;
    for (const field of ['min', 'max', 'last'] as const)
      assert.ok(
        Math.abs(b[field] - wanted[field]) <= allowed(wanted[field]),
        `${what}: ${field} ${b[field]}, wanted ${wanted[field]}`,
      );
    const near = Math.abs(b.mean - wanted.mean);
    const size = Math.max(Math.abs(b.min), Math.abs(b.max), 1e-300);
    assert.ok(near <= size * 1e-12 + allowed(wanted.mean), `${what}: mean ${b.mean}, wanted ${wanted.mean}`);
  });
}
