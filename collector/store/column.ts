// Lossless coding of one column of doubles. Decimal numbers (whole after a power of ten up to 10^6) become whole numbers;
// others are kept as bytes: each xor the one before, byte planes together, zstd. NaN means missing and comes back as NaN.
//
//   column   head byte (kind · scale << 3 · 128 when some are missing) · [presence bits] · content of the present values
//   decimal  ints.ts         same   one double for all         float   varint length · bytes
//   mirror   varint of the other column · sign byte · constant: value = constant ± other (both in the same decimals)

import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { type ByteReader, malformed, type Writer } from './bits.ts';
import { decodeInts, encodeInts } from './ints.ts';
import { decimalScale, EXACT, POWERS } from './tail.ts';

const DECIMAL = 0;
const SAME = 1;
const FLOAT = 2;
const MIRROR = 3;
const MISSING = 128;

/** A column as whole numbers of 10^-scale, NaN where missing; scale -1: not all are decimals, `ints` means nothing. */
export interface Decimals {
  scale: number;
  missing: number;
  ints: Float64Array;
}

/** Converts values[0..n) into `ints`. */
export function toDecimals(values: Float64Array, n: number, ints: Float64Array): Decimals {
  let scale = 0;
  for (;;) {
    const stop = tryScale(values, n, ints, scale);
    if (stop < 0) break;
    scale = decimalScale(values[stop] as number, scale + 1);
    if (scale < 0) return { scale, missing: countMissing(values, n), ints };
  }
  return { scale, missing: countMissing(ints, n), ints };
}

/** Index of the first value that does not fit the scale, or -1. */
function tryScale(values: Float64Array, n: number, ints: Float64Array, scale: number): number {
  const f = POWERS[scale] as number;
  for (let i = 0; i < n; i++) {
    const v = values[i] as number;
    const r = Math.round(v * f);
    const fits = r / f === v && r < EXACT && r > -EXACT && (v !== 0 || 1 / v > 0);
    if (!fits && !Number.isNaN(v)) return i;
    ints[i] = r;
  }
  return -1;
}

function countMissing(values: Float64Array, n: number): number {
  let missing = 0;
  for (let i = 0; i < n; i++) if (Number.isNaN(values[i])) missing++;
  return missing;
}

let dense = new Float64Array(4096);

export function encodeColumn(w: Writer, values: Float64Array, n: number, decimals: Decimals): void {
  const { scale, missing, ints } = decimals;
  w.reserve(64 + n * 10);
  const source = scale >= 0 ? ints : values;
  if (missing === n || (scale < 0 && missing === 0 && isSame(values, n))) {
    w.byte(SAME);
    w.double(values[0] as number);
    return;
  }
  const kind = scale >= 0 ? DECIMAL | (scale << 3) : FLOAT;
  w.byte(kind | (missing > 0 ? MISSING : 0));
  const present = missing > 0 ? putPresence(w, source, n) : source;
  if (scale >= 0) encodeInts(w, present, n - missing);
  else putFloats(w, present.subarray(0, n - missing));
}

/** The other column is at `other` in the chunk and in the same decimals. */
export function encodeMirror(w: Writer, other: number, sign: 1 | -1, constant: number, scale: number): void {
  w.reserve(32);
  w.byte(MIRROR | (scale << 3));
  w.varint(other);
  w.byte(sign === 1 ? 1 : 0);
  w.signed(constant);
}

function isSame(values: Float64Array, n: number): boolean {
  const first = values[0] as number;
  for (let i = 1; i < n; i++) if (!Object.is(values[i], first)) return false;
  return true;
}

/** Bits of what is there; returns the present values packed together. */
function putPresence(w: Writer, source: Float64Array, n: number): Float64Array {
  if (dense.length < n) dense = new Float64Array(n * 2);
  let k = 0;
  for (let i = 0; i < n; i++) {
    const v = source[i] as number;
    const there = !Number.isNaN(v);
    w.bits(there ? 1 : 0, 1);
    if (there) dense[k++] = v;
  }
  w.flushBits();
  return dense;
}

function putFloats(w: Writer, values: Float64Array): void {
  const bytes = new Uint8Array(Float64Array.from(values).buffer);
  const n = values.length;
  const planes = new Uint8Array(n * 8);
  for (let i = 0; i < n; i++)
    for (let b = 0; b < 8; b++) {
      const before = i === 0 ? 0 : (bytes[(i - 1) * 8 + b] as number);
      planes[b * n + i] = (bytes[i * 8 + b] as number) ^ before;
    }
  const packed = zstdCompressSync(planes);
  w.varint(packed.length);
  w.raw(packed);
}

function getFloats(r: ByteReader, out: Float64Array, n: number): void {
  const planes = unpacked(r.raw(r.varint()), n * 8);
  const bytes = new Uint8Array(out.buffer, out.byteOffset, n * 8);
  for (let i = 0; i < n; i++)
    for (let b = 0; b < 8; b++) {
      const before = i === 0 ? 0 : (bytes[(i - 1) * 8 + b] as number);
      bytes[i * 8 + b] = (planes[b * n + i] as number) ^ before;
    }
}

function unpacked(packed: Uint8Array, size: number): Uint8Array {
  let plain: Uint8Array | undefined;
  try {
    plain = zstdDecompressSync(packed, { maxOutputLength: Math.max(1, size) });
  } catch {
    // Not zstd, cut short, or larger than its column.
  }
  return plain?.length === size ? plain : malformed('a column of doubles');
}

/** `other` gives another column of the same chunk, for mirrors. Throws STORE_CORRUPT where the input is none of `encodeColumn`. */
export function decodeColumn(
  r: ByteReader,
  n: number,
  other?: (column: number) => Float64Array,
): Float64Array {
  const out = new Float64Array(n);
  const head = r.byte();
  const kind = head & 7;
  const f = POWERS[(head >> 3) & 7] ?? malformed('a scale');
  if (kind === SAME) {
    out.fill(r.double());
    r.within('a column');
    return out;
  }
  if (kind === MIRROR) return other ? getMirror(r, out, f, other) : malformed('a mirror');
  if (kind !== DECIMAL && kind !== FLOAT) malformed('a column');
  const presence = (head & MISSING) === 0 ? undefined : r.raw((n + 7) >> 3);
  const count = presence ? countBits(presence) : n;
  if (count > n) malformed('a bitmap');
  if (kind === FLOAT) getFloats(r, out, count);
  else {
    decodeInts(r, out, count);
    if (f !== 1) for (let i = 0; i < count; i++) out[i] = (out[i] as number) / f;
  }
  if (presence) spreadOut(out, n, count, presence);
  return out;
}

function getMirror(
  r: ByteReader,
  out: Float64Array,
  f: number,
  other: (column: number) => Float64Array,
): Float64Array {
  const values = other(r.varint());
  const sign = r.byte() === 1 ? 1 : -1;
  const constant = r.signed();
  r.within('a mirror');
  for (let i = 0; i < out.length; i++) out[i] = (constant + sign * Math.round((values[i] as number) * f)) / f;
  return out;
}

function countBits(bits: Uint8Array): number {
  let count = 0;
  for (const byte of bits) for (let b = byte; b > 0; b &= b - 1) count++;
  return count;
}

function spreadOut(out: Float64Array, n: number, count: number, presence: Uint8Array): void {
  let k = count;
  for (let i = n - 1; i >= 0; i--)
    out[i] = ((presence[i >> 3] as number) >> (i & 7)) & 1 ? (out[--k] as number) : Number.NaN;
}
