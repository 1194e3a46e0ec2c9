import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { headReader } from './report-head.ts';

const STREAM = '0123456789abcdef0123456789abcdef';

function read(json: string): ReturnType<ReturnType<typeof headReader>> {
  const text = Buffer.from(`xx${json}yy`);
  return headReader(STREAM)(text, 2, text.length - 2);
}

const jsonOf = (seq: number, series: string, at: number, more: object): string =>
  JSON.stringify({ t: 'report', stream: STREAM, seq, series, at, off: null, ...more });

test('says of any report what JSON says', () => {
  fc.assert(
    fc.property(
      fc.nat(Number.MAX_SAFE_INTEGER),
      fc.stringMatching(/^[0-9a-f]{1,16}$/),
      fc.oneof(fc.maxSafeInteger(), fc.double({ noNaN: true, noDefaultInfinity: true })),
      // Keys as reports have them: what looks like a number would come first in any object.
      fc.dictionary(fc.constantFrom('boot', 'v', 'checks', 'events'), fc.string()),
      (seq, series, at, more) => {
        const json = jsonOf(seq, series, at, more);
        const {
          seq: s,
          series: id,
          at: instant,
        } = JSON.parse(json) as { seq: number; series: string; at: number };
        assert.deepEqual(read(json), { seq: s, series: id, at: instant });
      },
    ),
  );
});

for (const [what, json] of [
  ['of another stream', jsonOf(1, 'ab', 2, {}).replace(STREAM, STREAM.replace('0', 'f'))],
  ['that is a gap', JSON.stringify({ t: 'gap', stream: STREAM, from: 1, to: 2, reason: 'dropped' })],
  ['without a number', jsonOf(1, 'ab', 2, {}).replace('"seq":1', '"seq":null')],
  ['whose series holds an escape', jsonOf(1, 'a\\b', 2, {})],
  ['whose time is none', jsonOf(1, 'ab', 2, {}).replace('"at":2', '"at":"x"')],
  ['cut short', jsonOf(1, 'ab', 2, {}).slice(0, 70)],
] as const) {
  test(`says nothing of a record ${what}`, () => assert.equal(read(json), undefined));
}

test('reads a time of more digits than a number holds as JSON does', () => {
  assert.equal(read(jsonOf(0, 'a', 28_059_516_276_191_436, {}))?.at, 28_059_516_276_191_436);
});
