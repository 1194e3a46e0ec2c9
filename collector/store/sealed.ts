// The frame that chunks and rollup windows share: a checksum, then version, sizes and the length of each part, then the parts.
// Promise: what `isSealed` accepts is, byte for byte, what `seal` gave.

import { crc32 } from 'node:zlib';
import { Writer } from './bits.ts';

const out = new Writer();

/** `n` rows or buckets of `width` columns; `parts` holds the parts one behind the other, `lengths` how long each is. */
export function seal(
  version: number,
  n: number,
  width: number,
  lengths: readonly number[],
  parts: Writer,
): Uint8Array {
  out.reset();
  out.reserve(32 + lengths.length * 5 + parts.length);
  out.length = 4;
  out.byte(version);
  out.varint(n);
  out.varint(width);
  for (const length of lengths) out.varint(length);
  out.raw(parts.bytes.subarray(0, parts.length));
  const bytes = out.bytes.slice(0, out.length);
  new DataView(bytes.buffer).setUint32(0, crc32(bytes.subarray(4)), true);
  return bytes;
}

export function isSealed(version: number, bytes: Uint8Array): boolean {
  if (bytes.length < 8 || bytes[4] !== version) return false;
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) === crc32(bytes.subarray(4));
}
