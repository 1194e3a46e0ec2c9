import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Newest } from './newest.ts';

/** One by one, without any shortcut. */
class Plain {
  readonly places: { value: number; at: number; interval: number }[];
  constructor(size: number) {
    this.places = Array.from({ length: size }, () => ({ value: Number.NaN, at: -Infinity, interval: 0 }));
  }
  put(i: number, value: number, at: number): void {
    const place = this.places[i];
    if (!place || Number.isNaN(value) || at < place.at) return;
    if (place.at !== -Infinity && at > place.at) place.interval = at - place.at;
    place.value = value;
    place.at = at;
  }
}

const SIZE = 5;
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ at: fc.nat(20), row: fc.array(fc.nat(9), { minLength: 1, maxLength: SIZE }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      at: fc.nat(20),
      row: fc.array(fc.constantFrom(1, 2, Number.NaN), { minLength: 1, maxLength: SIZE }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ at: fc.nat(20), place: fc.nat(SIZE - 1), value: fc.nat(9) }) },
);

test('rows and single values leave what taking each value by itself would', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const newest = new Newest(2);
      const plain = new Plain(SIZE);
      newest.grow(SIZE);
      for (const s of steps) {
        if ('row' in s) {
          newest.putRow(s.row, s.at, !s.row.some(Number.isNaN));
          s.row.forEach((value, i) => plain.put(i, value, s.at));
        } else {
          newest.put(s.place, s.value, s.at);
          plain.put(s.place, s.value, s.at);
        }
        const got = plain.places.map((_, i) => ({
          value: newest.value(i),
          at: newest.at(i),
          interval: newest.interval(i),
        }));
        assert.deepEqual(got, plain.places);
        assert.equal(newest.known, plain.places.filter((p) => p.at !== -Infinity).length);
      }
    }),
    { numRuns: 1_000 },
  );
});

test('what lies beyond its places is not taken', () => {
  const newest = new Newest(1);
  newest.put(1, 7, 1);
  assert.deepEqual([newest.known, newest.at(1), newest.value(1)], [0, -Infinity, Number.NaN]);
});
