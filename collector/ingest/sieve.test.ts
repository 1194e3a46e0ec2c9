// The bytes of a WebSocket, cut anywhere: what is taken, what is passed on, and that nothing is changed or lost between.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Sieve } from './sieve.ts';

const LONGEST = 70_000;
const TEXT = 0x81;

interface Frame {
  first: number;
  payload: Buffer;
  key: Buffer;
}

/** A frame as a client writes it. */
function encode({ first, payload, key }: Frame): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = first;
  head[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, key, payload.map((byte, i) => byte ^ (key[i & 3] as number))]);
}

/** Sends the bytes in pieces of the given sizes (in turn); text frames that end in `!` are taken. */
function sift(bytes: Buffer, sizes: readonly number[]): { taken: string[]; passed: Buffer[] } {
  const taken: string[] = [];
  const passed: Buffer[] = [];
  const sieve = new Sieve({
    longest: LONGEST,
    take(chunk, from, to) {
      if (chunk[to - 1] !== 33) return false;
      taken.push(chunk.toString('latin1', from, to));
      return true;
    },
    drops: () => false,
    pass: (chunk) => passed.push(Buffer.from(chunk)),
  });
  for (let at = 0, k = 0; at < bytes.length; k++) {
    const size = sizes[k % sizes.length] ?? bytes.length;
    sieve.push(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
  return { taken, passed };
}

const keys = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((key) => Buffer.from(key));
const payloads = fc.oneof(
  fc.string({ maxLength: 140 }).map((text) => `{"t":"report"${text}!`),
  fc.string({ maxLength: 140 }).map((text) => `{"t":"report"${text}`),
  fc.string({ maxLength: 10 }),
  fc.constantFrom(`{"t":"r${'x'.repeat(66_000)}!`, `{"t":"b${'x'.repeat(300)}!`),
);
const frames = fc.record({
  first: fc.constantFrom(TEXT, TEXT, TEXT, 0x82, 0x89, 0x8a),
  payload: payloads.map((text) => Buffer.from(text)),
  key: keys,
});
const cuts = fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 5_000 })), {
  minLength: 1,
});

const isReport = ({ first, payload }: Frame): boolean =>
  first === TEXT && payload[6] === 114 && payload.at(-1) === 33;

test('reports are taken in order, and all other frames are passed on whole and unchanged, however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(frames, { maxLength: 12 }), cuts, (list, sizes) => {
      const { taken, passed } = sift(Buffer.concat(list.map(encode)), sizes);
      assert.deepEqual(
        taken,
        list.filter(isReport).map(({ payload }) => payload.toString('latin1')),
      );
      assert.deepEqual(passed, list.filter((frame) => !isReport(frame)).map(encode));
    }),
    { numRuns: 300 },
  );
});

test('from the first frame that is not whole, masked and within the limit, everything is passed on', () => {
  const key = Buffer.from([1, 2, 3, 4]);
  const report = encode({ first: TEXT, payload: Buffer.from('{"t":"report"!'), key });
  const odd: Buffer[] = [
    encode({ first: 0x01, payload: Buffer.from('{"t":"report"'), key }),
    encode({ first: 0x80, payload: Buffer.from('!'), key }),
    encode({ first: 0xc1, payload: Buffer.from('{"t":"report"!'), key }),
    Buffer.from([TEXT, 2, 104, 105]),
    encode({ first: TEXT, payload: Buffer.alloc(LONGEST + 1, 33), key }),
    Buffer.concat([Buffer.from([TEXT, 0xff]), Buffer.alloc(12, 0xff)]),
  ];
  for (const frame of odd) {
    for (const sizes of [[1], [7], [1_000_000]]) {
      const { taken, passed } = sift(Buffer.concat([report, frame, report]), sizes);
      assert.equal(taken.length, 1);
      assert.deepEqual(Buffer.concat(passed), Buffer.concat([frame, report]));
    }
  }
});
