// The rows of one host and column list that are not packed yet, in memory: each row as the difference to the one before,
// about one byte per value. Promise: every double comes back bit for bit (NaN as the one NaN).
//
//   row      zigzag(at − previous at) · zigzag(arrivedAt − at) · bitmap of changed columns · a value per changed column
//   value    zigzag varint of the difference in units of 10^-scale; 0 is the escape: 0 · scale · zigzag varint of the
//            absolute number, or 0 · 255 · 8 bytes
//
// Rows never straddle blocks; each block knows how many it holds.

import { unzigzag, zigzag } from './bits.ts';

const BLOCK_BYTES = 4096;
const MAX_SCALE = 6;
const RAW = 255;
export const POWERS: readonly number[] = [1, 10, 100, 1e3, 1e4, 1e5, 1e6];
/** Differences of differences of such numbers are still exact, zigzag included. */
export const EXACT = 2 ** 50;

const float = new Float64Array(1);
const floatBytes = new Uint8Array(float.buffer);
let spare: Uint8Array = new Uint8Array(64 * 1024);
let scratch: Uint8Array = spare;
let cursor = 0;

function putVarint(value: number): void {
  let v = value;
  while (v >= 0x80000000) {
    const next = Math.floor(v / 128);
    scratch[cursor++] = (v - next * 128) | 128;
    v = next;
  }
  let i = v | 0;
  while (i >= 128) {
    scratch[cursor++] = (i & 127) | 128;
    i >>>= 7;
  }
  scratch[cursor++] = i;
}

/** The smallest power of ten (index) that makes the value a whole number, or -1. */
export function decimalScale(value: number, from: number): number {
  if (value === 0) return 1 / value < 0 ? -1 : from;
  for (let k = from; k <= MAX_SCALE; k++) {
    const f = POWERS[k] as number;
    const r = Math.round(value * f);
    if (!(r < EXACT && r > -EXACT)) return -1;
    if (r / f === value) return k;
  }
  return -1;
}

/** Rows as columns: `columns[c][r]`; the lists may be longer than `count`. */
export interface Rows {
  count: number;
  at: Float64Array;
  arrivedAt: Float64Array;
  columns: Float64Array[];
}

interface Block {
  bytes: Uint8Array;
  rows: number;
}

export class Tail {
  readonly width: number;
  rows = 0;
  samples = 0;
  bytes = 0;
  minAt = Infinity;
  maxAt = -Infinity;
  /** Group of the oldest row and its arrival. */
  firstGroup = 0;
  firstArrivedAt = 0;
  private readonly previous: Float64Array;
  private readonly scales: Uint8Array;
  private previousAt = 0;
  private blocks: Block[] = [];
  private used = 0;

  constructor(width: number) {
    this.width = width;
    this.previous = new Float64Array(width);
    this.scales = new Uint8Array(width);
  }

  append(group: number, at: number, arrivedAt: number, values: Float64Array): void {
    if (this.rows === 0) {
      this.firstGroup = group;
      this.firstArrivedAt = arrivedAt;
    }
    const block = this.begin();
    putInstant(at, this.previousAt);
    putInstant(arrivedAt, at);
    this.previousAt = at;
    this.putValues(values);
    this.finish(block);
    this.rows++;
    if (at < this.minAt) this.minAt = at;
    if (at > this.maxAt) this.maxAt = at;
  }

  private putValues(values: Float64Array): void {
    const { previous, scales, width } = this;
    const map = cursor;
    cursor += (width + 7) >> 3;
    scratch.fill(0, map, cursor);
    let missing = 0;
    for (let c = 0; c < width; c++) {
      const v = values[c] as number;
      const p = previous[c] as number;
      if (v === p && (v !== 0 || 1 / v === 1 / p)) continue;
      if (Number.isNaN(v)) {
        missing++;
        if (Number.isNaN(p)) continue;
      }
      const cell = map + (c >> 3);
      scratch[cell] = (scratch[cell] as number) | (1 << (c & 7));
      const scale = scales[c] as number;
      const f = POWERS[scale] as number;
      const r = Math.round(v * f);
      const d = r - Math.round(p * f);
      // The reader computes the same from the previous value, wherever that lies; both must only be small enough to be exact.
      if (r / f === v && d !== 0 && r < EXACT && r > -EXACT && p < EXACT / f && p > -EXACT / f && v !== 0)
        putVarint(zigzag(d));
      else this.putEscape(c, v);
      previous[c] = v;
    }
    this.samples += width - missing;
  }

  private putEscape(c: number, v: number): void {
    scratch[cursor++] = 0;
    const k = decimalScale(v, 0);
    if (k < 0) {
      scratch[cursor++] = RAW;
      float[0] = v;
      for (let i = 0; i < 8; i++) scratch[cursor++] = floatBytes[i] as number;
      return;
    }
    const scale = Math.max(k, this.scales[c] as number);
    const usable = Math.abs(v) * (POWERS[scale] as number) < EXACT ? scale : k;
    this.scales[c] = usable;
    scratch[cursor++] = usable;
    putVarint(zigzag(Math.round(v * (POWERS[usable] as number))));
  }

  /** Points the output at the last block when any row would fit there, else at memory of its own. */
  private begin(): Block | undefined {
    const most = 32 + (this.width >> 3) + this.width * 11;
    const block = this.blocks.at(-1);
    if (block && block.bytes.length - this.used >= most) {
      scratch = block.bytes;
      cursor = this.used;
      return block;
    }
    if (spare.length < most) spare = new Uint8Array(most * 2);
    scratch = spare;
    cursor = 0;
    return undefined;
  }

  private finish(direct: Block | undefined): void {
    if (direct) {
      this.used = cursor;
      direct.rows++;
      return;
    }
    let block = this.blocks.at(-1);
    if (!block || this.used + cursor > block.bytes.length) {
      block = { bytes: new Uint8Array(Math.max(BLOCK_BYTES, cursor)), rows: 0 };
      this.blocks.push(block);
      this.bytes += block.bytes.length;
      this.used = 0;
    }
    block.bytes.set(scratch.subarray(0, cursor), this.used);
    this.used += cursor;
    block.rows++;
  }

  /** Forgets the rows; the next row is coded against the last one all the same. */
  clear(): void {
    this.rows = 0;
    this.samples = 0;
    this.bytes = 0;
    this.blocks = [];
    this.used = 0;
    this.minAt = Infinity;
    this.maxAt = -Infinity;
    this.previousAt = 0;
    this.previous.fill(0);
    this.scales.fill(0);
  }

  /** All rows in order of arrival; only the named columns are filled when `wanted` is given. */
  read(wanted?: readonly number[]): Rows {
    const columns = Array.from({ length: this.width }, () => NOTHING);
    for (const c of wanted ?? columns.keys()) columns[c] = new Float64Array(this.rows);
    const out = {
      count: this.rows,
      at: new Float64Array(this.rows),
      arrivedAt: new Float64Array(this.rows),
      columns,
    };
    readRows(this.blocks, this.width, out);
    return out;
  }

  /** As `read`, into memory that the next call overwrites; its lists are longer than `count`. */
  readShared(): Rows {
    const n = this.rows;
    if (shared.at.length < n)
      Object.assign(shared, { at: new Float64Array(n), arrivedAt: new Float64Array(n) });
    const columns = Array.from({ length: this.width }, (_, c) => {
      const have = shared.columns[c];
      return have && have.length >= n ? have : (shared.columns[c] = new Float64Array(n));
    });
    const out = { count: n, at: shared.at, arrivedAt: shared.arrivedAt, columns };
    readRows(this.blocks, this.width, out);
    // A host with very many columns does not keep its memory for the others.
    if (n * this.width > SHARED_VALUES) shared.columns = [];
    return out;
  }
}

const NOTHING = new Float64Array(0);
const SHARED_VALUES = 1 << 20;
const shared: Rows = { count: 0, at: NOTHING, arrivedAt: NOTHING, columns: [] };

function putInstant(value: number, base: number): void {
  const d = value - base;
  // Instants are whole milliseconds as a rule; any other double is kept as it is.
  if (Number.isInteger(d) && Math.abs(d) < EXACT && base + d === value) putVarint(zigzag(d) + 1);
  else {
    scratch[cursor++] = 0;
    float[0] = value;
    for (let i = 0; i < 8; i++) scratch[cursor++] = floatBytes[i] as number;
  }
}

let source: Uint8Array = new Uint8Array(0);
let place = 0;

function getVarint(): number {
  let value = 0;
  // Four bytes fit whole-number arithmetic; more are rare.
  for (let shift = 0; shift < 28; shift += 7) {
    const b = source[place++] as number;
    value |= (b & 127) << shift;
    if (b < 128) return value;
  }
  let factor = 2 ** 28;
  for (;;) {
    const b = source[place++] as number;
    value += (b & 127) * factor;
    if (b < 128) return value;
    factor *= 128;
  }
}

function getRaw(): number {
  for (let i = 0; i < 8; i++) floatBytes[i] = source[place++] as number;
  return float[0] as number;
}

function getInstant(base: number): number {
  const z = getVarint();
  return z === 0 ? getRaw() : base + unzigzag(z - 1);
}

function readRows(blocks: readonly Block[], width: number, out: Rows): void {
  const previous = new Float64Array(width);
  const scales = new Uint8Array(width);
  const mapBytes = (width + 7) >> 3;
  let previousAt = 0;
  let row = 0;
  for (const block of blocks) {
    source = block.bytes;
    place = 0;
    for (const end = row + block.rows; row < end; row++) {
      const at = getInstant(previousAt);
      out.at[row] = at;
      out.arrivedAt[row] = getInstant(at);
      previousAt = at;
      const map = place;
      place += mapBytes;
      for (let c = 0; c < width; c++) {
        if (((source[map + (c >> 3)] as number) & (1 << (c & 7))) !== 0) getValue(previous, scales, c);
        const column = out.columns[c] as Float64Array;
        if (column.length > 0) column[row] = previous[c] as number;
      }
    }
  }
}

function getValue(previous: Float64Array, scales: Uint8Array, c: number): void {
  const z = getVarint();
  if (z !== 0) {
    const f = POWERS[scales[c] as number] as number;
    previous[c] = (Math.round((previous[c] as number) * f) + unzigzag(z)) / f;
    return;
  }
  const scale = source[place++] as number;
  if (scale === RAW) previous[c] = getRaw();
  else {
    scales[c] = scale;
    previous[c] = unzigzag(getVarint()) / (POWERS[scale] as number);
  }
}
