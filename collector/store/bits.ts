// Bytes and bits for the codecs: one growing output, one reader. Whole numbers up to 2^53 pass through both. Promise of the
// reader: past the end there are zeros, never more than what was asked for; `within` tells whether it came to that.

import { NamedError } from '../../shared/errors.ts';

/** Content that makes no sense behind a right checksum: a mistake of the writer, or of memory. Reading goes on without it. */
export function malformed(what: string): never {
  throw new NamedError('STORE_CORRUPT', `${what} is malformed behind a right checksum`);
}

export const zigzag = (d: number): number => (d >= 0 ? 2 * d : -2 * d - 1);

export function unzigzag(z: number): number {
  // Whole-number arithmetic where it reaches: remainders of doubles are slow.
  if (z < 0x80000000) return (z >>> 1) ^ -(z & 1);
  const half = Math.floor(z / 2);
  return half * 2 === z ? half : -half - 1;
}

const float = new Float64Array(1);
const floatBytes = new Uint8Array(float.buffer);
const single = new Float32Array(1);
const singleBytes = new Uint8Array(single.buffer);

/** Number of bits of a whole number up to 2^53: 0 → 0, 1 → 1, 255 → 8. */
export function bitLength(v: number): number {
  if (v < 0x80000000) return 32 - Math.clz32(v);
  const high = Math.floor(v / 0x100000000);
  return high === 0 ? 32 : 64 - Math.clz32(high);
}

export class Writer {
  bytes = new Uint8Array(64 * 1024);
  length = 0;
  private acc = 0;
  private held = 0;

  reset(): void {
    this.length = 0;
    this.acc = 0;
    this.held = 0;
  }

  /** Room for `n` more bytes; the put functions do not check. */
  reserve(n: number): void {
    if (this.length + n <= this.bytes.length) return;
    const next = new Uint8Array(Math.max(this.length + n, this.bytes.length * 2));
    next.set(this.bytes.subarray(0, this.length));
    this.bytes = next;
  }

  byte(v: number): void {
    this.bytes[this.length++] = v;
  }

  varint(value: number): void {
    let v = value;
    while (v >= 0x80000000) {
      const next = Math.floor(v / 128);
      this.bytes[this.length++] = (v - next * 128) | 128;
      v = next;
    }
    let i = v | 0;
    while (i >= 128) {
      this.bytes[this.length++] = (i & 127) | 128;
      i >>>= 7;
    }
    this.bytes[this.length++] = i;
  }

  signed(value: number): void {
    this.varint(zigzag(value));
  }

  double(v: number): void {
    float[0] = v;
    this.bytes.set(floatBytes, this.length);
    this.length += 8;
  }

  float(v: number): void {
    single[0] = v;
    this.bytes.set(singleBytes, this.length);
    this.length += 4;
  }

  raw(data: Uint8Array): void {
    this.reserve(data.length);
    this.bytes.set(data, this.length);
    this.length += data.length;
  }

  /** The low `n` ≤ 53 bits of `v`. `flushBits` must follow the last one. */
  bits(v: number, n: number): void {
    if (n > 24) {
      const high = Math.floor(v / 0x1000000);
      this.fewBits(v - high * 0x1000000, 24);
      this.bits(high, n - 24);
    } else this.fewBits(v, n);
  }

  private fewBits(v: number, n: number): void {
    // held ≤ 7, n ≤ 24: never more than 31 bits.
    this.acc |= v << this.held;
    this.held += n;
    while (this.held >= 8) {
      this.bytes[this.length++] = this.acc & 255;
      this.acc >>>= 8;
      this.held -= 8;
    }
  }

  flushBits(): void {
    if (this.held > 0) this.bytes[this.length++] = this.acc & 255;
    this.acc = 0;
    this.held = 0;
  }
}

/** Eight bytes of seven bits hold every whole number that a double does. */
const MAX_FACTOR = 128 ** 7;

export class ByteReader {
  private readonly bytes: Uint8Array;
  offset: number;
  private acc = 0;
  private held = 0;

  constructor(bytes: Uint8Array, offset = 0) {
    this.bytes = bytes;
    this.offset = offset;
  }

  byte(): number {
    return this.bytes[this.offset++] ?? 0;
  }

  varint(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const b = this.bytes[this.offset++] ?? 0;
      value += (b & 127) * factor;
      if (b < 128) return value;
      factor *= 128;
      if (factor > MAX_FACTOR) malformed('a number');
    }
  }

  signed(): number {
    return unzigzag(this.varint());
  }

  /** A count of things that take memory or time. */
  count(most: number): number {
    const n = this.varint();
    return n > most ? malformed('a count') : n;
  }

  /** Whether so many bits are left: what is coded in bits takes at least that much of the input. */
  hasBits(n: number): boolean {
    return n <= (this.bytes.length - this.offset) * 8 + this.held;
  }

  /** Throws when it was read past the end. */
  within(what: string): void {
    if (this.offset > this.bytes.length) malformed(what);
  }

  double(): number {
    for (let i = 0; i < 8; i++) floatBytes[i] = this.bytes[this.offset + i] ?? 0;
    this.offset += 8;
    return float[0] as number;
  }

  float(): number {
    for (let i = 0; i < 4; i++) singleBytes[i] = this.bytes[this.offset + i] ?? 0;
    this.offset += 4;
    return single[0] as number;
  }

  raw(n: number): Uint8Array {
    const out = this.bytes.subarray(this.offset, this.offset + n);
    this.offset += n;
    if (out.length < n) malformed('a part');
    return out;
  }

  bits(n: number): number {
    if (n > 24) {
      const low = this.fewBits(24);
      return low + this.bits(n - 24) * 0x1000000;
    }
    return this.fewBits(n);
  }

  private fewBits(n: number): number {
    while (this.held < n) {
      this.acc |= (this.bytes[this.offset++] ?? 0) << this.held;
      this.held += 8;
    }
    const v = this.acc & ((1 << n) - 1);
    this.acc >>>= n;
    this.held -= n;
    return v;
  }

  /** Drops the rest of the byte begun. */
  alignBits(): void {
    this.acc = 0;
    this.held = 0;
  }
}
