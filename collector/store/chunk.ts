// A chunk: rows of one host and column list, sorted by time, compressed by column. Each column can be decoded alone.
// Promise: damage is found by checksum before anything is decoded; what makes no sense behind a right checksum is refused as
// STORE_CORRUPT, within bounds of time and memory.
//
//   chunk    u32 crc32 of all that follows · version 2 · varint rows · varint columns · byte length per part (varint each:
//            times, arrivals, columns…) · the parts
//
// Arrivals are kept as their distance to the time. A column that is a constant plus or minus an earlier one (used and
// free of one total) is stored as that; one that follows an earlier one (leaders.ts) as its distance from it. Version 1, without
// followers and with fewer codings of lists, is read as well.

import { malformed, Writer } from './bits.ts';
import { decodeColumn, encodeColumn, encodeFollower, encodeMirror } from './column.ts';
import { type Decimals, toDecimals } from './decimals.ts';
import { Leaders } from './leaders.ts';
import { isSealed, openParts, type Parts, seal } from './sealed.ts';
import type { Rows } from './tail.ts';

const VERSION = 2;
const OLDEST = 1;
const body = new Writer();
let pool: Float64Array[] = [];

/** Memory for one column of whole numbers, reused from chunk to chunk. */
function scratch(index: number, n: number): Float64Array {
  const have = pool[index];
  if (have && have.length >= n) return have;
  return (pool[index] = new Float64Array(n));
}

/** Encodes sorted rows. `each` sees every column as decimals, before the next chunk is encoded, for the rollups. */
export function encodeChunk(rows: Rows, each: (column: number, decimals: Decimals) => void): Uint8Array {
  const n = rows.count;
  const width = rows.columns.length;
  const lengths: number[] = [];
  body.reset();
  const part = (write: () => void): void => {
    const before = body.length;
    write();
    lengths.push(body.length - before);
  };
  const { values: arrivals, isDistance } = distances(rows);
  part(() => encodeColumn(body, rows.at, n, toDecimals(rows.at, n, scratch(0, n))));
  part(() => {
    body.byte(isDistance ? 1 : 0);
    encodeColumn(body, arrivals, n, toDecimals(arrivals, n, scratch(0, n)));
  });
  const mirrors = new Mirrors(n);
  const leaders = new Leaders(n);
  for (let c = 0; c < width; c++) {
    const values = rows.columns[c] as Float64Array;
    const decimals = toDecimals(values, n, scratch(c, n));
    each(c, decimals);
    part(() => {
      const mirror = mirrors.find(c, decimals);
      if (mirror) {
        encodeMirror(body, mirror.other, mirror.sign, mirror.constant, decimals.scale);
        return;
      }
      const leader = leaders.find(c, decimals);
      if (!leader || !encodeFollower(body, decimals, leader, n)) encodeColumn(body, values, n, decimals);
    });
  }
  if (width * n > 1 << 20) pool = [];
  return seal(VERSION, n, width, lengths, body);
}

/** Arrivals less times, unless the arrival could not be given back exactly. */
function distances({ count, at, arrivedAt }: Rows): { values: Float64Array; isDistance: boolean } {
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const t = at[i] as number;
    const arrived = arrivedAt[i] as number;
    values[i] = arrived - t;
    if (t + (arrived - t) !== arrived) return { values: arrivedAt, isDistance: false };
  }
  return { values, isDistance: true };
}

/** Differences looked at before two columns are compared in full. */
const SAMPLES = 16;

/** Finds columns whose differences equal or negate an earlier column's. */
export class Mirrors {
  private readonly n: number;
  private readonly seen = new Map<number, { column: number; decimals: Decimals }>();

  constructor(n: number) {
    this.n = n;
  }

  find(column: number, decimals: Decimals): { other: number; sign: 1 | -1; constant: number } | undefined {
    if (decimals.scale < 0 || decimals.missing > 0) return undefined;
    const hash = this.hash(decimals.ints);
    if (hash === 0) return undefined;
    const key = hash * 8 + decimals.scale;
    const found = this.seen.get(key);
    if (!found) {
      this.seen.set(key, { column, decimals });
      return undefined;
    }
    for (const sign of [-1, 1] as const) {
      const constant = (decimals.ints[0] as number) - sign * (found.decimals.ints[0] as number);
      if (isMirror(decimals.ints, found.decimals.ints, sign, constant, this.n))
        return { other: found.column, sign, constant };
    }
    return undefined;
  }

  /** Equal for a list of differences and its negative; 0 when the samples do not move. */
  private hash(x: Float64Array): number {
    let hash = 0;
    const step = Math.max(1, Math.floor((this.n - 1) / SAMPLES));
    for (let i = step, k = 1; i < this.n; i += step, k++)
      hash += k * Math.abs((x[i] as number) - (x[i - step] as number));
    return hash;
  }
}

function isMirror(a: Float64Array, b: Float64Array, sign: number, constant: number, n: number): boolean {
  for (let i = 0; i < n; i++) if (a[i] !== constant + sign * (b[i] as number)) return false;
  return true;
}

/** An opened chunk; undefined when its checksum does not hold. Throws STORE_CORRUPT, as the chunk's methods do. */
export function openChunk(bytes: Uint8Array): Chunk | undefined {
  return isSealed(VERSION, bytes, OLDEST) ? new Chunk(bytes) : undefined;
}

export class Chunk {
  readonly rows: number;
  readonly width: number;
  private readonly parts: Parts;
  private decodedTimes: Float64Array | undefined;
  private readonly leaders = new Map<number, Float64Array>();

  constructor(bytes: Uint8Array) {
    this.parts = openParts(bytes, 2);
    this.rows = this.parts.n;
    this.width = this.parts.width;
  }

  times(): Float64Array {
    return (this.decodedTimes ??= inOrder(decodeColumn(this.parts.part(0), this.rows)));
  }

  arrivals(): Float64Array {
    const r = this.parts.part(1);
    const isDistance = r.byte() === 1;
    const values = decodeColumn(r, this.rows);
    if (!isDistance) return values;
    const at = this.times();
    return values.map((d, i) => (at[i] as number) + d);
  }

  column(c: number): Float64Array {
    return decodeColumn(this.parts.part(c + 2), this.rows, (o) => this.referred(o, c, 1));
  }

  /** What a column is told by: an earlier one, kept for the next that is. A mirror's may be a follower, whose leader stands alone. */
  private referred(o: number, by: number, more: number): Float64Array {
    if (o >= by) malformed('a reference');
    const known = this.leaders.get(o);
    if (known) return known;
    const other = more > 0 ? (next: number): Float64Array => this.referred(next, o, more - 1) : undefined;
    const values = decodeColumn(this.parts.part(o + 2), this.rows, other);
    this.leaders.set(o, values);
    return values;
  }
}

function inOrder(at: Float64Array): Float64Array {
  for (let i = 0; i < at.length; i++)
    if (!((at[i] as number) >= (at[i - 1] ?? -Infinity))) malformed('a list of times');
  return at;
}
