// The codecs give back every number bit for bit, whatever the numbers; damage is found before it is decoded.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ByteReader, Writer } from './bits.ts';
import { encodeChunk, openChunk } from './chunk.ts';
import { toDecimals } from './decimals.ts';
import { decodeInts, encodeInts } from './ints.ts';
import { decodeLast, encodeLast } from './last.ts';
import { encodeRollup, openRollup } from './rollup-codec.ts';
import { cutRows, foldColumn, join, TIERS, type Rollup } from './rollup.ts';
import { Tail } from './tail.ts';

const STEP_MS = TIERS[0]?.stepMs ?? 0;

const number = fc.oneof(
  fc.double({ noDefaultInfinity: true }),
  fc.integer({ min: -2000, max: 2000 }).map((i) => i / 100),
  fc.integer({ min: 0, max: 2 ** 49 }),
  fc.constantFrom(
    0,
    -0,
    1,
    Number.NaN,
    Number.MAX_VALUE,
    Number.MIN_VALUE,
    2 ** 53,
    -(2 ** 50),
    1e15 + 0.5,
    0.1 + 0.2,
  ),
);
/** Columns as they occur: constant, walking, counting, mostly missing, two sorts mixed, anything. */
const column = (n: number): fc.Arbitrary<number[]> =>
  fc.oneof(
    number.map((v) => Array.from({ length: n }, () => v)),
    fc.array(number, { minLength: n, maxLength: n }),
    fc
      .tuple(fc.integer(), fc.array(fc.integer({ min: 0, max: 5_000_000 }), { minLength: n, maxLength: n }))
      .map(walk),
    fc
      .tuple(fc.integer(), fc.array(fc.integer({ min: -30, max: 30 }), { minLength: n, maxLength: n }))
      .map(walk),
    fc.array(fc.oneof({ weight: 9, arbitrary: fc.constant(7) }, { weight: 1, arbitrary: number }), {
      minLength: n,
      maxLength: n,
    }),
  );

function walk([start, steps]: [number, number[]]): number[] {
  let v = start;
  return steps.map((d) => (v += d) / 10);
}

interface Table {
  at: number[];
  columns: number[][];
}

const table = fc.tuple(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 9 })).chain(([n, width]) =>
  fc.record({
    at: fc
      .array(fc.oneof(fc.constant(15_000), fc.integer({ min: 1, max: 900_000 })), {
        minLength: n,
        maxLength: n,
      })
      .map((steps) => {
        let at = Date.UTC(2026, 0, 1);
        return steps.map((s) => (at += s));
      }),
    columns: fc.array(column(n), { minLength: width, maxLength: width }).map(withMirror),
  }),
);

/** The last columns are what the first one leaves of a whole, and what goes along with it: roughly a share of it, in pieces of 4096. */
function withMirror(columns: number[][]): number[][] {
  const first = columns[0] as number[];
  const along = first.map((v, i) => Math.round(v * 37.3 + ((i * i) % 5)));
  return [...columns, first.map((v) => 500_107_862_016 - v), along, along.map((v) => v * 4096)];
}

function same(got: ArrayLike<number>, want: ArrayLike<number>): void {
  assert.deepEqual(Array.from(got), Array.from(want));
}

const decimals = (x: Float64Array) => toDecimals(x, x.length, new Float64Array(x.length));

function fold(t: Table): Rollup {
  const at = Float64Array.from(t.at);
  const cuts = cutRows(at, at.length, STEP_MS);
  const columns = t.columns.map((c) => Float64Array.from(c)).map((x) => foldColumn(cuts, at, x, decimals(x)));
  return { at: cuts.at, columns };
}

describe('store codecs', () => {
  it('codes whole numbers of every shape', () => {
    const list = fc.oneof(
      fc.array(fc.integer({ min: -(2 ** 50) + 1, max: 2 ** 50 - 1 }), { minLength: 1, maxLength: 200 }),
      fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 200 }),
      fc.array(fc.constantFrom(0, 4096, 2 ** 33, 2 ** 49), { minLength: 1, maxLength: 200 }),
      fc.array(fc.oneof({ weight: 30, arbitrary: fc.constant(15) }, { weight: 1, arbitrary: fc.integer() }), {
        minLength: 1,
        maxLength: 400,
      }),
    );
    fc.assert(
      fc.property(list, (x) => {
        const w = new Writer();
        encodeInts(w, Float64Array.from(x), x.length);
        const out = new Float64Array(x.length);
        const r = new ByteReader(w.bytes.slice(0, w.length));
        decodeInts(r, out, x.length);
        same(out, x);
        assert.equal(r.offset, w.length);
      }),
      { numRuns: 500 },
    );
  });

  it('gives unpacked rows back bit for bit', () => {
    fc.assert(
      fc.property(table, (t) => {
        const tail = new Tail(t.columns.length);
        t.at.forEach((at, i) =>
          tail.append(
            1,
            at,
            at + i,
            Float64Array.from(t.columns, (c) => c[i] as number),
          ),
        );
        const rows = tail.read();
        same(rows.at, t.at);
        same(
          rows.arrivedAt,
          t.at.map((at, i) => at + i),
        );
        t.columns.forEach((c, i) => same(rows.columns[i] as Float64Array, c));
        assert.equal(tail.samples, t.columns.flat().filter((v) => !Number.isNaN(v)).length);
      }),
    );
  });

  it('gives chunks back bit for bit, each column alone', () => {
    fc.assert(
      fc.property(table, fc.boolean(), (t, isOdd) => {
        const at = Float64Array.from(t.at);
        const arrivedAt = at.map((v, i) => (isOdd ? i / 3 : v + i));
        const columns = t.columns.map((c) => Float64Array.from(c));
        const chunk = openChunk(encodeChunk({ count: at.length, at, arrivedAt, columns }, () => undefined));
        assert.ok(chunk);
        same(chunk.times(), t.at);
        same(chunk.arrivals(), arrivedAt);
        t.columns.forEach((c, i) => same(chunk.column(i), c));
      }),
    );
  });

  it('gives rollups back bit for bit', () => {
    fc.assert(
      fc.property(table, (t) => {
        const rollup = fold(t);
        const stored = openRollup(encodeRollup(rollup, STEP_MS), STEP_MS)?.all();
        assert.ok(stored);
        same(stored.at, rollup.at);
        stored.columns.forEach((c, i) => sameBuckets(c, rollup.columns[i] as Rollup['columns'][number]));
      }),
    );
  });

  it('joins rollups of parts to the rollup of the whole', () => {
    fc.assert(
      fc.property(table, fc.nat(300), (t, cut) => {
        const whole = fold(t);
        const part = (from: number, to: number): Rollup =>
          fold({ at: t.at.slice(from, to), columns: t.columns.map((c) => c.slice(from, to)) });
        const { rollup, overlaps } = join([part(0, cut), part(cut, t.at.length)], STEP_MS);
        assert.deepEqual(overlaps, []);
        same(rollup.at, whole.at);
        rollup.columns.forEach((c, i) => {
          const want = whole.columns[i] as Rollup['columns'][number];
          same(c.count, want.count);
          if (c.scale === want.scale && c.scale >= 0) sameBuckets(c, want);
        });
      }),
    );
  });

  it('gives newest values back bit for bit', () => {
    fc.assert(
      fc.property(fc.array(number, { maxLength: 50 }), (x) => {
        const values = Float64Array.from(x);
        const ats = values.map((v, i) => (Number.isNaN(v) ? v : 1e12 + i));
        const back = decodeLast(encodeLast({ ats, values }));
        assert.ok(back);
        same(back.values, values);
        same(back.ats, ats);
      }),
    );
  });

  it('stores what goes along with another column in fewer bytes', () => {
    const at = Float64Array.from({ length: 480 }, (_, i) => i * 15_000);
    const whole = at.map((_, i) => Math.round(1e6 + 30_000 * Math.sin(i / 5) + ((i * 7_919) % 997)));
    const share = whole.map((v, i) => Math.round(v / 13) + (i % 3));
    const size = (...columns: Float64Array[]): number =>
      encodeChunk({ count: at.length, at, arrivedAt: at, columns }, () => undefined).length;
    assert.ok(size(whole, share) - size(whole) < (size(share) - size()) / 3);
  });

  it('reads chunks and rollups of the first version', () => {
    const chunk = openChunk(
      Buffer.from(
        'h0+t9AE8BAsELwQF/QIAGAOAoNXt7mamHQEAACgAAdAPACUgkATzz7ajlVfX8Pl95/2xqqf02difYSIBBJJg/tl2tPLqGj6/' +
          '77w/AAgIAgYDAACQToL3+/1+v9/vB/ICKLUv/WCYAEULALQVAADNzaiGxCfNNJ5ZupPa2SBRLSKxFvZ2ahl8Qj1Sjy05s9lT' +
          'ZARUF8VMqsAOJy8ekRUsAAA7O/TV2cM7byMVZnFObCG56khSBC8WwSF8nutzYcLcD4ik7bPOv0PfTApJuEpQ3vALAAB/f5ee' +
          '261//aU5CSdP37vzgkEjdxJQkHqeSR3RIJNjOYBFuTvgjUVtWB8yW3unwj7LAABmZpuPvc9mk3usVaCxzPivIuAsdV9xhw12' +
          'tMes3NGzcvuj02C5j6RQ6ACdvT7x/t31AACennf58eGecghRwTTedvX0+XIS7mW5oxfFM/CL9RC/X7iUi5ajaStKesYUBwD6' +
          'xe2KAACgoON7soqgiD5uNhX7+JeMt5bsLmWt4qBiSFqo+KpUrrbQcNayqU3atkjYjnrORN1FAPAG9gECBgMOAgEHAQMeAAEA' +
          'AwABBwAAAQAAAwABAA8AAAMAAD8AfwADAOMM48SsVIsyBQ==',
        'base64',
      ),
    );
    const rollup = openRollup(
      Buffer.from(
        'k8BawAEDBBAdDQSeAQiAi88FAgAoAAAAAACQ5SIB0A8BNwAdHx4RAgAACA8AARAAGvA+AWMAVG/gDwkCAQAABDwAcgAAAAAD' +
          'AJBOggAiAAAAABMD4Pogph0BAqUdAiEotS/9IBjBAAAAqPsA9K8Al00Am6EAdy8A468AEQgAQAACISi1L/0gGMEAAPlz+k2e' +
          'F2Q+xzT1+INjbW+VjBEJBkAAAAIhKLUv/SAYwQAA+XP6TZ4XZD7HNPX4g2Ntb5WMEQkGQAAAAiEotS/9IBjBAAAgA9eQ51qS' +
          'RB+HRUWUQhAWy2pIHgtAAAA=',
        'base64',
      ),
      STEP_MS,
    )?.all();
    const at = Array.from({ length: 60 }, (_, i) => 1_767_225_600_000 + i * 15_000);
    const square = at.map((_, i) => 1000 + ((i * i) % 37));
    const columns = [
      square,
      at.map((_, i) => (1 + i * 3) / 10),
      square.map((v) => 5000 - v),
      at.map((_, i) => (i % 7 === 3 ? Number.NaN : Math.sqrt(i))),
    ];
    assert.ok(chunk && rollup);
    same(chunk.times(), at);
    columns.forEach((c, i) => same(chunk.column(i), c));
    const want = fold({ at, columns });
    same(rollup.at, want.at);
    rollup.columns.forEach((c, i) => sameBuckets(c, want.columns[i] as Rollup['columns'][number]));
  });

  it('finds every changed byte of a chunk and of a rollup', () => {
    const t = { at: [0, 1, 2].map((i) => i * 15_000), columns: [[1, 2, 3]] };
    const at = Float64Array.from(t.at);
    const chunk = encodeChunk(
      { count: 3, at, arrivedAt: at, columns: [Float64Array.of(1, 2, 3)] },
      () => undefined,
    );
    const rollup = encodeRollup(fold(t), STEP_MS);
    for (const [bytes, open] of [
      [chunk, openChunk],
      [rollup, (b: Uint8Array) => openRollup(b, STEP_MS)],
    ] as const)
      for (let i = 0; i < bytes.length; i++) {
        const damaged = Uint8Array.from(bytes);
        damaged[i] = (damaged[i] as number) ^ 0x10;
        assert.equal(open(damaged), undefined, `byte ${i}`);
        assert.equal(open(bytes.subarray(0, i)), undefined, `cut at ${i}`);
      }
  });
});

type Column = Rollup['columns'][number];

/** Buckets without samples have no other numbers; a list of doubles may be held as decimals and the other way round. */
function sameBuckets(got: Column, want: Column): void {
  same(got.count, want.count);
  const plain = (c: Column): number[][] => {
    const f = c.scale > 0 ? 10 ** c.scale : 1;
    return Array.from(c.count, (k, i) =>
      k === 0
        ? []
        : [c.firstAt, c.lastAt]
            .map((x) => x[i] as number)
            .concat([c.min, c.max, c.last, c.sum].map((x) => (x[i] as number) / f)),
    );
  };
  assert.deepEqual(plain(got), plain(want));
}
