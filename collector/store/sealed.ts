// The frame that chunks and rollup windows share: a checksum, then version, sizes and the length of each part, then the parts.
// Promise: what `isSealed` accepts is, byte for byte, what `seal` gave; `openParts` gives readers that end where their part ends,
// and asks for no more memory than the limits below, whatever the sizes say.

import { crc32 } from 'node:zlib';
import { ByteReader, malformed, Writer } from './bits.ts';

export const MAX_COLUMNS = 4096;
/** Rows or buckets of one block, and those times columns. Packing keeps within them. */
export const MAX_ROWS = 1 << 16;
export const MAX_CELLS = 1 << 22;
const HEAD_BYTES = 5;

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
  return withChecksum(out);
}

/** A copy of what was written behind four bytes left free for the checksum. */
export function withChecksum(written: Writer): Uint8Array {
  const bytes = written.bytes.slice(0, written.length);
  new DataView(bytes.buffer).setUint32(0, crc32(bytes.subarray(4)), true);
  return bytes;
}

/** `oldest`: earlier versions that are read as well. */
export function isSealed(version: number, bytes: Uint8Array, oldest = version): boolean {
  if (bytes.length < HEAD_BYTES + 1) return false;
  const written: unknown = bytes[4];
  // A damaged row of SQLite may hold text in its place.
  if (typeof written !== 'number' || written > version || written < oldest) return false;
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) === crc32(bytes.subarray(4));
}

export interface Parts {
  n: number;
  width: number;
  /** A reader of one part. */
  part(index: number): ByteReader;
}

/** `beside`: parts that are no columns. Throws STORE_CORRUPT where a right checksum covers sizes that make no sense. */
export function openParts(bytes: Uint8Array, beside: number): Parts {
  const r = new ByteReader(bytes, HEAD_BYTES);
  const n = r.count(MAX_ROWS);
  const width = r.count(MAX_COLUMNS);
  if (n * width > MAX_CELLS) malformed('a block');
  const ends: number[] = [];
  let end = 0;
  for (let i = 0; i < width + beside; i++) ends.push((end += r.varint()));
  const start = r.offset;
  if (start + end !== bytes.length) malformed('a block');
  const part = (index: number): ByteReader =>
    new ByteReader(bytes.subarray(start + (ends[index - 1] ?? 0), start + (ends[index] ?? end)));
  return { n, width, part };
}
