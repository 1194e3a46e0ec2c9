// The contract of every store engine, as tests. Promise: an engine that passes keeps what it acknowledged, once, and answers
// the same as a plain list of samples would. Each case opens its own folder.
//
// What an engine may answer differently, and says so in `Engine`: how long it keeps what (an engine outside has an operator of its
// own), which of two values of one instant stays (once it has both on its disk it cannot tell which came later), and how many
// digits it keeps (VictoriaMetrics holds decimals, the small ones of a block at the precision of its largest).

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isNamedError } from '../../../shared/errors.ts';
import type { Store } from '../store.ts';
import { models } from './model.ts';
import {
  CPU,
  DAY,
  declareAll,
  DISK,
  type Engine,
  HOUR,
  inFolder,
  MINUTE,
  row,
  STREAM,
  T0,
  testClock,
  type WithStore,
} from './rows.ts';

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
    reading(withStore, engine);
    models(withStore, engine);
    if (engine.keepMs) retention(withStore, engine.keepMs);
  });
}

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

function reading(withStore: WithStore, engine: Engine): void {
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
        const kept = points.get(CPU)?.[0]?.value ?? Number.NaN;
        assert.ok(kept === 2 || (kept === 1 && i > 0 && engine.sameInstant === 'either'), `kept ${kept}`);
        assert.deepEqual(points.get(CPU), [{ at: T0, value: kept }]);
        assert.deepEqual(points.get(DISK), [{ at: T0, value: 10 }]);
        const buckets = await store.buckets({ host: 'h1', keys: [CPU], from: T0, to: T0 + 1, stepMs: HOUR });
        assert.deepEqual(buckets.get(CPU), [
          { at: T0, min: kept, max: kept, mean: kept, last: kept, count: 1 },
        ]);
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

function retention(withStore: WithStore, { raw, fiveMinutes, hours }: NonNullable<Engine['keepMs']>): void {
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
