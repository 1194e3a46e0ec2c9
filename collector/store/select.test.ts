import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { blockOf, type Pieces } from './select.ts';
import type { Wanted } from './store.ts';

const NEWEST = 16;

/** Rising instants in some pieces. */
const pieces = fc
  .array(fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 60 }), { maxLength: 4 })
  .map((lists): Pieces => {
    let t = 1000;
    return lists.map((distances) => {
      const at = Float64Array.from(distances, (d) => (t += d));
      return { at, value: at.map((x) => x * 2) };
    });
  });
const wanted = fc.record({
  first: fc.integer({ min: 900, max: 3000 }),
  stepMs: fc.integer({ min: 0, max: 200 }),
  count: fc.integer({ min: 0, max: 60 }),
  rangeMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 300 })),
});

const whole = (parts: Pieces): number[] => parts.flatMap(({ at }) => [...at]);
const answers = (at: readonly number[], { first, stepMs, count, rangeMs }: Wanted): unknown[] =>
  Array.from({ length: count }, (_, s) => {
    const end = first + s * stepMs;
    const before = at.filter((t) => t <= end);
    return rangeMs === 0 ? before.at(-1) : before.filter((t) => t >= end - rangeMs);
  });

test('what is left out changes no answer, and the newest are all there', () => {
  fc.assert(
    fc.property(fc.array(pieces, { minLength: 1, maxLength: 3 }), wanted, (columns, ask) => {
      const block = blockOf(columns, ask);
      let from = 0;
      columns.forEach((parts, c) => {
        const past = from + (block.lengths[c] ?? 0);
        const kept = [...block.at.subarray(from, past)];
        const all = whole(parts);
        assert.deepEqual(answers(kept, ask), answers(all, ask));
        assert.deepEqual(kept.slice(-NEWEST), all.slice(-NEWEST));
        assert.deepEqual(
          [...block.value.subarray(from, past)],
          kept.map((t) => t * 2),
        );
        from = past;
      });
    }),
    { numRuns: 400 },
  );
});

test('a month of samples asked for hour by hour is no more than its hours', () => {
  const at = Float64Array.from({ length: 172_800 }, (_, i) => i * 15_000);
  const ask = { first: 0, stepMs: 3_600_000, count: 720, rangeMs: 0 };
  const [length = 0] = blockOf([[{ at, value: at }]], ask).lengths;
  assert.ok(length >= 720 && length < 760, `${length}`);
  // Windows that overlap need all of them.
  assert.equal(blockOf([[{ at, value: at }]], { ...ask, rangeMs: 7_200_000 }).lengths[0], at.length);
});
