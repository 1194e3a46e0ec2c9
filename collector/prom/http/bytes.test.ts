import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { showValue } from '../evaluate/show.ts';
import { Bytes } from './bytes.ts';

const shown = (value: number): string => {
  const bytes = new Bytes();
  bytes.quoted(value);
  return bytes.done().toString();
};

test('numbers look as they do elsewhere', () => {
  const special = [
    0,
    -0,
    NaN,
    Infinity,
    -Infinity,
    1e21,
    1e-7,
    5e-324,
    0.1 + 0.2,
    9_999_999.99,
    10_000_000.01,
  ];
  for (const value of special) assert.equal(shown(value), `"${showValue(value)}"`);
  const decimals = fc.tuple(fc.integer(), fc.constantFrom(1, 10, 100, 1000)).map(([n, by]) => n / by);
  fc.assert(
    fc.property(fc.oneof(fc.double(), decimals), (value) => {
      assert.equal(shown(value), `"${showValue(value)}"`);
    }),
    { numRuns: 3000 },
  );
});

test('grows as far as the answer does, with any text', () => {
  const bytes = new Bytes();
  for (let i = 0; i < 20_000; i++) {
    bytes.text('医院');
    bytes.raw(Buffer.from('[1,'));
    bytes.quoted(i / 10);
    bytes.byte(93);
  }
  const want = Array.from({ length: 20_000 }, (_, i) => `医院[1,"${i / 10}"]`).join('');
  assert.equal(bytes.done().toString(), want);
});
