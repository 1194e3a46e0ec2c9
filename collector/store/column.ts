// Lossless coding of one column of doubles. Decimal numbers (whole after a power of ten up to 10^6) become whole numbers;
// others are kept as bytes: each xor the one before, byte planes together, zstd. NaN means missing and comes back as NaN.
//
//   column   head byte (kind · scale << 3 · 128 when some are missing) · [presence bits] · content of the present values
//   decimal  ints.ts         same   one double for all         float   varint length · bytes
//   mirror   varint of the other column · sign byte · constant: value = constant ± other (both in the same decimals)
//   follower varint of the leader · its scale · shift · f32 slope · first value · ints.ts of the distances (all in whole numbers):
//            value = first value + 2^shift · (distance + round(slope · (leader − its first value)))
//
// Followers came with version 2 of chunks.

import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { type ByteReader, malformed, type Writer } from './bits.ts';
import { type Decimals } from './decimals.ts';
import { decodeInts, encodeInts } from './ints.ts';
import { type Leader, slopeOf } from './leaders.ts';
import { EXACT, POWERS } from './tail.ts';

const DECIMAL = 0;
const SAME = 1;
const FLOAT = 2;
const MIRROR = 3;
const FOLLOWER = 4;
const MISSING = 128;
const MAX_SHIFT = 31;

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

let distances = new Float64Array(4096);

/** False, with nothing written, when the distances do not fit: then it is a column like any other. */
export function encodeFollower(w: Writer, { scale, ints: y }: Decimals, leader: Leader, n: number): boolean {
  if (distances.length < n) distances = new Float64Array(n * 2);
  const x = leader.decimals.ints;
  const x0 = x[0] as number;
  const y0 = y[0] as number;
  const shift = sharedShift(y, n);
  const unit = 2 ** shift;
  const slope = slopeOf(y, x, n, shift);
  for (let i = 0; i < n; i++) {
    const distance = ((y[i] as number) - y0) / unit - Math.round(slope * ((x[i] as number) - x0));
    if (!(Math.abs(distance) < EXACT)) return false;
    distances[i] = distance;
  }
  w.reserve(64 + n * 10);
  w.byte(FOLLOWER | (scale << 3));
  w.varint(leader.column);
  w.byte(leader.decimals.scale);
  w.byte(shift);
  w.float(slope);
  w.signed(y0);
  encodeInts(w, distances, n);
  return true;
}

/** Power of two that all differences are multiples of. */
function sharedShift(x: Float64Array, n: number): number {
  const first = x[0] as number;
  let low = 0;
  for (let i = 1; i < n; i++) low |= (x[i] as number) - first;
  return low === 0 ? 0 : 31 - Math.clz32(low & -low);
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
  if (kind === FOLLOWER) return other ? getFollower(r, out, f, other) : malformed('a follower');
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

function getFollower(
  r: ByteReader,
  out: Float64Array,
  f: number,
  other: (column: number) => Float64Array,
): Float64Array {
  const leader = other(r.varint());
  const scale = POWERS[r.byte()] ?? malformed('a scale');
  const shift = r.byte();
  const slope = r.float();
  const first = r.signed();
  if (shift > MAX_SHIFT || !Number.isFinite(slope)) malformed('a follower');
  const unit = 2 ** shift;
  decodeInts(r, out, out.length);
  const x0 = Math.round((leader[0] as number) * scale);
  for (let i = 0; i < out.length; i++) {
    const x = Math.round((leader[i] as number) * scale) - x0;
    const y = first + unit * ((out[i] as number) + Math.round(slope * x));
    if (!(Math.abs(y) < EXACT)) malformed('a follower');
    out[i] = y / f;
  }
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
