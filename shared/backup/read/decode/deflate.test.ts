import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { memorySource } from '../../source.ts';
import { Cursor, sourceStream } from '../cursor.ts';
import { openDeflate, type PassedBorder } from './deflate.ts';
import { findBorder, LOOK_BEHIND } from './deflate-border.ts';

/** Rows of numbers: many blocks, each with codes of its own. */
function rows(bytes: number): Buffer {
  let state = 3;
  const next = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0);
  const line = (): string => `(${next() % 1e6},'ward ${next() % 40}',${next() % 4e4}),\n`;
  return Buffer.from(Array.from({ length: bytes / 20 }, line).join('')).subarray(0, bytes);
}

async function bordersOf(packed: Buffer): Promise<{ content: Buffer; borders: PassedBorder[] }> {
  const input = new Cursor(sourceStream(memorySource(packed)));
  const data = openDeflate(input, { every: 1000, snapshot: () => undefined });
  const borders: PassedBorder[] = [];
  const parts: Buffer[] = [];
  for (let bytes = await data.next(); bytes; bytes = await data.next()) {
    parts.push(bytes);
    const border = data.border();
    if (border) borders.push(border);
  }
  return { content: Buffer.concat(parts), borders };
}

async function from(packed: Buffer, { bit, stored, offset, window }: PassedBorder): Promise<Buffer> {
  const input = new Cursor(sourceStream(memorySource(packed), 'skip', offset), offset);
  const place = { bit, stored, window: window.toString('base64') };
  const data = openDeflate(input, { from: place, snapshot: () => undefined });
  const parts: Buffer[] = [];
  for (let bytes = await data.next(); bytes; bytes = await data.next()) parts.push(bytes);
  // What lies behind the stream is left to whoever reads on.
  assert.equal(input.position, packed.length - 5);
  return Buffer.concat(parts);
}

test('decoding begins at every border, in whichever bit of a byte it lies, with what follows unread', async () => {
  const bits = new Set<number>();
  for (const level of [1, 6, 9]) {
    const text = rows(3_000_000);
    const packed = Buffer.concat([deflateRawSync(text, { level }), Buffer.from('after')]);
    const { content, borders } = await bordersOf(packed);
    assert.ok(content.equals(text));
    assert.ok(borders.length > 4, `${borders.length} borders`);
    for (const border of borders) {
      bits.add(border.bit);
      assert.ok((await from(packed, border)).equals(text.subarray(border.given)));
    }
  }
  assert.ok(bits.size >= 6, [...bits].join());
});

test('stored blocks have borders too', async () => {
  const noise = gzipSync(rows(3_000_000)).subarray(10, -8);
  const packed = Buffer.concat([deflateRawSync(noise, { level: 6 }), Buffer.from('after')]);
  const { borders } = await bordersOf(packed);
  assert.ok(borders.some(({ stored }) => stored));
  for (const border of borders) assert.ok((await from(packed, border)).equals(noise.subarray(border.given)));
});

test('in bytes that are no deflate stream hardly anything looks like a border', () => {
  const noise = gzipSync(rows(1_000_000)).subarray(200, 60_200);
  // Turned round, so that no block begins in it.
  const bytes = Buffer.from(noise).reverse();
  let found = 0;
  for (let at = 0; at + LOOK_BEHIND < bytes.length;) {
    const border = findBorder(bytes, at);
    if (!border) break;
    found++;
    at = border.byte + 1;
  }
  assert.ok(found <= 3, `${found}`);
});
