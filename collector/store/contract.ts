// The contract of every store engine, as tests. Promise: an engine that passes keeps what it acknowledged, once, and answers
// the same as a plain list of samples would. Each case opens its own folder.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { systemClock, type Clock } from '../../shared/clock.ts';
import { isNamedError } from '../../shared/errors.ts';
import type { Bucket, Entry, Point, Store } from './store.ts';

export interface Engine {
  name: string;
  /** Opens the store in the folder; called again on the same folder after `close`. */
  open(folder: string, clock: Clock): Promise<Store>;
  /** How long raw samples, 5 min rollups and 1 h rollups are kept. */
  keepMs: { raw: number; fiveMinutes: number; hours: number };
}

export const T0 = Date.UTC(2026, 10, 1);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
export const STREAM = 'a'.repeat(32);

type Row = Extract<Entry, { kind: 'row' }>;

export function row(seq: number, values: readonly number[], more: Partial<Row> = {}): Row {
  const at = more.at ?? T0 + seq * 15_000;
  return {
    kind: 'row',
    host: 'h1',
    stream: STREAM,
    seq,
    at,
    arrivedAt: at + 50,
    series: 's2',
    values,
    ...more,
  };
}

/** Wall time that only moves when told to, timers that run by themselves. */
export function testClock(at: number): Clock & { set(at: number): void } {
  let now = at;
  return {
    ...systemClock(),
    now: () => now,
    set: (value) => {
      now = value;
    },
  };
}

export async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'niswatch-store-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function storeContract(engine: Engine): void {
  const withStore = (
    work: (store: Store, again: () => Promise<Store>, clock: ReturnType<typeof testClock>) => Promise<void>,
    at = T0 + DAY,
  ): Promise<void> =>
    inFolder(async (folder) => {
      const clock = testClock(at);
      let store = await engine.open(folder, clock);
      declareAll(store);
      const again = async (): Promise<Store> => {
        await store.close();
        return (store = await engine.open(folder, clock));
      };
      try {
        await work(store, again, clock);
      } finally {
        await store.close();
      }
    });

  describe(`store contract: ${engine.name}`, () => {
    acceptance(withStore);
    durability(withStore);
    reading(withStore);
    models(withStore);
    retention(withStore, engine);
  });
}

type WithStore = (
  work: (store: Store, again: () => Promise<Store>, clock: ReturnType<typeof testClock>) => Promise<void>,
  at?: number,
) => Promise<void>;

/** s2: two columns; s1: one of them alone; other: a third. */
function declareAll(store: Store): void {
  for (const host of ['h1', 'h2']) {
    store.declare(host, 's2', ['cpu_usage_active', 'disk_used_percent{path="/"}']);
    store.declare(host, 's1', ['cpu_usage_active']);
    store.declare(host, 'other', ['mem_used']);
  }
}

const CPU = 'cpu_usage_active';
const DISK = 'disk_used_percent{path="/"}';

async function refused(
  code: 'SEQUENCE_JUMP' | 'SERIES_UNKNOWN' | 'SERIES_CHANGED',
  work: Promise<void>,
): Promise<void> {
  await assert.rejects(work, (error) => isNamedError(error, code));
}

function acceptance(withStore: WithStore): void {
  it('starts every stream at 0 and takes exactly the next number', () =>
    withStore(async (store) => {
      assert.equal(store.watermark('h1', STREAM), -1);
      assert.deepEqual(store.watermarks('h1'), []);
      await refused('SEQUENCE_JUMP', store.write([row(1, [1, 2])]));
      await store.write([row(0, [1, 2]), row(1, [3, 4])]);
      await refused('SEQUENCE_JUMP', store.write([row(3, [1, 2])]));
      assert.deepEqual(store.watermarks('h1'), [{ stream: STREAM, seq: 1 }]);
      assert.equal((await store.stats()).rows, 2);
    }));

  it('stores nothing of a call in which one entry jumps', () =>
    withStore(async (store) => {
      await refused('SEQUENCE_JUMP', store.write([row(0, [1, 2]), row(2, [3, 4])]));
      assert.equal(store.watermark('h1', STREAM), -1);
      await store.write([row(0, [5, 6])]);
      const points = await store.points({ host: 'h1', keys: [CPU], from: 0, to: Infinity });
      assert.deepEqual(points.get(CPU), [{ at: T0, value: 5 }]);
    }));

  it('ignores what it has already, in the same call, in flight and after a restart', () =>
    withStore(async (store, again) => {
      await Promise.all([
        store.write([row(0, [1, 2]), row(0, [9, 9]), row(1, [3, 4])]),
        store.write([row(0, [9, 9]), row(1, [9, 9]), row(2, [5, 6])]),
      ]);
      const later = await again();
      await later.write([row(2, [9, 9])]);
      assert.equal((await later.stats()).rows, 3);
      const points = await later.points({ host: 'h1', keys: [CPU], from: 0, to: Infinity });
      assert.deepEqual(
        points.get(CPU)?.map((p) => p.value),
        [1, 3, 5],
      );
    }));
}

function durability(withStore: WithStore): void {
  it('refuses rows of undeclared columns or of another width', () =>
    withStore(async (store) => {
      await refused('SERIES_UNKNOWN', store.write([row(0, [1], { series: 'nothing' })]));
      await refused('SERIES_CHANGED', store.write([row(0, [1, 2, 3])]));
      assert.throws(
        () => store.declare('h1', 's2', ['other']),
        (error) => isNamedError(error, 'SERIES_CHANGED'),
      );
      await store.write([row(0, [1, 2])]);
    }));

  it('moves the watermark over a declared gap and keeps its record', () =>
    withStore(async (store, again) => {
      const gap = {
        kind: 'gap',
        host: 'h1',
        stream: STREAM,
        from: 1,
        to: 4,
        reason: 'thinned',
        arrivedAt: T0,
      } as const;
      await store.write([row(0, [1, 2]), { ...gap, fromAt: T0 - 100, toAt: T0 + 100 }, row(5, [3, 4])]);
      const later = await again();
      assert.equal(later.watermark('h1', STREAM), 5);
      const { kind: _, ...record } = { ...gap, fromAt: T0 - 100, toAt: T0 + 100 };
      assert.deepEqual(await later.gaps('h1', T0, T0 + 1), [record]);
      await later.maintain({ all: true });
      assert.deepEqual(await later.gaps('h1', T0, T0 + 1), [record]);
      assert.deepEqual(await later.gaps('h1', T0 + 200, T0 + 300), []);
      assert.deepEqual(await later.gaps('h2', 0, Infinity), []);
      assert.equal((await later.stats()).gaps, 1);
    }));

  it('keeps watermarks, columns and rows over restarts, packed or not', () =>
    withStore(async (store, again) => {
      await store.write([row(0, [1, 2]), row(0, [7], { host: 'h2', series: 'other' })]);
      await store.maintain({ all: true });
      await store.write([row(1, [3, 4])]);
      for (let i = 0; i < 2; i++) {
        const later = await again();
        assert.equal(later.watermark('h1', STREAM), 1);
        assert.deepEqual(later.columns('h1', 's2'), [CPU, DISK]);
        const { rows, samples } = await later.stats();
        assert.deepEqual({ rows, samples }, { rows: 3, samples: 5 });
        const points = await later.points({ host: 'h1', keys: [CPU, DISK], from: 0, to: Infinity });
        assert.deepEqual(
          points.get(DISK)?.map((p) => p.value),
          [2, 4],
        );
      }
    }));
}

function reading(withStore: WithStore): void {
  it('answers nothing for hosts, keys and times it has nothing of', () =>
    withStore(async (store) => {
      await store.write([row(0, [1, Number.NaN])]);
      assert.equal(await store.latest('h2'), undefined);
      const none = await store.points({ host: 'h1', keys: ['nothing', DISK], from: 0, to: Infinity });
      assert.equal(none.size, 0);
      assert.equal((await store.points({ host: 'h1', keys: [CPU], from: T0 + 1, to: Infinity })).size, 0);
      assert.equal((await store.points({ host: 'h1', keys: [CPU], from: 0, to: T0 })).size, 0);
      assert.equal((await store.points({ host: 'nobody', keys: [CPU], from: 0, to: Infinity })).size, 0);
    }));

  it('tells the newest value of each key by corrected time, also after a restart', () =>
    withStore(async (store, again) => {
      await store.write([
        row(0, [1, 10]),
        row(1, [2, Number.NaN], { at: T0 + HOUR }),
        row(2, [3, 30], { at: T0 + MINUTE }),
        row(3, [4], { series: 's1', at: T0 + 2 * HOUR }),
      ]);
      const want = new Map([
        [CPU, { at: T0 + 2 * HOUR, value: 4 }],
        [DISK, { at: T0 + MINUTE, value: 30 }],
      ]);
      assert.deepEqual(await store.latest('h1'), { values: want, at: T0 + 2 * HOUR });
      await store.maintain({ all: true });
      await store.write([row(4, [5, 50], { at: T0 + 2 * MINUTE })]);
      want.set(DISK, { at: T0 + 2 * MINUTE, value: 50 });
      const later = await again();
      assert.deepEqual((await later.latest('h1'))?.values, want);
      assert.deepEqual(await later.keys('h1'), [CPU, DISK]);
    }));

  it('keeps the later arrival of two samples with one time, and counts it once', () =>
    withStore(async (store) => {
      await store.write([row(0, [1, 10], { at: T0 })]);
      await store.maintain({ all: true });
      await store.write([row(1, [2, Number.NaN], { at: T0, arrivedAt: T0 + 5000 })]);
      for (let i = 0; i < 2; i++) {
        const points = await store.points({ host: 'h1', keys: [CPU, DISK], from: 0, to: Infinity });
        assert.deepEqual(points.get(CPU), [{ at: T0, value: 2 }]);
        assert.deepEqual(points.get(DISK), [{ at: T0, value: 10 }]);
        const buckets = await store.buckets({ host: 'h1', keys: [CPU], from: T0, to: T0 + 1, stepMs: HOUR });
        assert.deepEqual(buckets.get(CPU), [{ at: T0, min: 2, max: 2, mean: 2, last: 2, count: 1 }]);
        await store.maintain({ all: true });
      }
    }));

  it('leaves buckets without samples out', () =>
    withStore(async (store) => {
      await store.write([row(0, [1, 1]), row(1, [3, 1], { at: T0 + 2 * HOUR })]);
      const buckets = await store.buckets({
        host: 'h1',
        keys: [CPU],
        from: T0,
        to: T0 + 3 * HOUR,
        stepMs: HOUR,
      });
      assert.deepEqual(
        buckets.get(CPU)?.map((b) => b.at),
        [T0, T0 + 2 * HOUR],
      );
    }));
}

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

function models(withStore: WithStore): void {
  it('answers as a plain list of samples would, with late data, two streams, packing and restarts at any time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 120 }), (acts) =>
        withStore((store, again) => runModel(store, again, acts)),
      ),
      { numRuns: 40 },
    );
  });
}

/** Live rows move on, late rows fall anywhere before; the model keeps one value per key and time. */
async function runModel(first: Store, again: () => Promise<Store>, acts: readonly Act[]): Promise<void> {
  let store = first;
  const model = { [CPU]: new Map<number, number>(), [DISK]: new Map<number, number>() };
  const seqs = { row: 0, late: 0 };
  let [at, arrivedAt, rows] = [T0, T0, 0];
  for (const a of acts) {
    if (a.kind === 'pack') await store.maintain({ all: true });
    else if (a.kind === 'restart') declareAll((store = await again()));
    else {
      if (a.kind === 'row') at += a.step;
      const time = a.kind === 'row' ? at : Math.max(T0, at - a.step * 20);
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
  await compare(store, model, [T0, at + 1]);
  await compare(store, model, [T0 + 20 * MINUTE, at - 20 * MINUTE]);
}

async function compare(
  store: Store,
  model: Record<string, Map<number, number>>,
  [from, to]: [number, number],
): Promise<void> {
  if (to <= from) return;
  const keys = Object.keys(model);
  const points = await store.points({ host: 'h1', keys, from, to });
  for (const key of keys) assert.deepEqual(points.get(key) ?? [], pointsOf(model[key], from, to), key);
  for (const stepMs of [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR]) {
    const start = Math.floor(from / stepMs) * stepMs;
    const all = await store.buckets({ host: 'h1', keys, from, to, stepMs });
    for (const key of keys) {
      const want = bucketsOf(pointsOf(model[key], start, Math.ceil(to / stepMs) * stepMs), stepMs);
      sameBuckets(all.get(key) ?? [], want, `${key} by ${stepMs}`);
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

/** Exactly the same, but for the rounding of a sum of doubles. */
function sameBuckets(got: readonly Bucket[], want: readonly Bucket[], what: string): void {
  const plain = (b: Bucket): object => ({ ...b, mean: 0, min: b.min + 0, max: b.max + 0, last: b.last + 0 });
  assert.deepEqual(got.map(plain), want.map(plain), what);
  got.forEach((b, i) => {
    const near = Math.abs(b.mean - (want[i]?.mean ?? Number.NaN));
    const size = Math.max(Math.abs(b.min), Math.abs(b.max), 1e-300);
    assert.ok(near <= size * 1e-12, `${what}: mean ${b.mean}, wanted ${want[i]?.mean}`);
  });
}

function retention(withStore: WithStore, engine: Engine): void {
  const { raw, fiveMinutes, hours } = engine.keepMs;
  const counts = async (store: Store): Promise<number[]> => {
    const range = { host: 'h1', keys: [CPU], from: T0, to: T0 + DAY };
    const points = (await store.points(range)).get(CPU) ?? [];
    const five = (await store.buckets({ ...range, stepMs: 5 * MINUTE })).get(CPU) ?? [];
    const hourly = (await store.buckets({ ...range, stepMs: HOUR })).get(CPU) ?? [];
    return [points.length, five.length, hourly.length];
  };

  it('forgets column lists of which nothing is kept, at a restart', () =>
    withStore(async (store, again, clock) => {
      await store.write([row(0, [1, 2]), row(1, [3], { series: 'other', at: T0 + hours })]);
      await store.maintain({ all: true });
      clock.set(T0 + hours + DAY);
      await store.maintain();
      const later = await again();
      assert.deepEqual(await later.keys('h1'), ['mem_used']);
      assert.equal(later.columns('h1', 's2'), undefined);
      declareAll(later);
      await later.write([row(2, [5, 6], { at: T0 + hours + DAY })]);
      const points = await later.points({ host: 'h1', keys: [CPU], from: 0, to: Infinity });
      assert.deepEqual(
        points.get(CPU)?.map((p) => p.value),
        [5],
      );
    }, T0));

  it('drops raw samples, then 5 min, then 1 h rollups, each at its own age', () =>
    withStore(async (store, _again, clock) => {
      await store.write(Array.from({ length: 480 }, (_, i) => row(i, [i, 1])));
      await store.maintain({ all: true });
      const steps: [number, number[]][] = [
        [T0 + DAY, [480, 24, 2]],
        [T0 + raw + DAY, [0, 24, 2]],
        [T0 + fiveMinutes + 5 * DAY, [0, 0, 2]],
        [T0 + hours + 10 * DAY, [0, 0, 0]],
      ];
      for (const [at, want] of steps) {
        clock.set(at);
        await store.maintain();
        assert.deepEqual(await counts(store), want, `${(at - T0) / DAY} days later`);
      }
      assert.equal(store.watermark('h1', STREAM), 479);
    }, T0));
}
