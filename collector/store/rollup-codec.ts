// Rollups on disk: one window of one series and tier. Each column can be decoded alone; damage is found by checksum first, and
// what makes no sense behind a right checksum is refused as STORE_CORRUPT, within bounds of time and memory.
//
//   window   u32 crc32 of all that follows · version 2 · varint buckets · varint columns · byte length per part · parts:
//            starts ÷ step, then counts, first and last instants (less the start) that most columns share, then the columns
//   column   head byte (kind · scale << 3 · 128 when counts and instants are its own, which then come first)
//   flat     one value in every bucket
//   decimal  four lists of whole numbers, each predicted from what is known before it:
//            min − last of the bucket before · last − min · max − last · sum − ⌊count · (min + max) / 2⌋
//   float    four columns of doubles
//   mirror   varint of the other column · constant: value = constant − other

import { type ByteReader, malformed, Writer } from './bits.ts';
import { decodeColumn, encodeColumn } from './column.ts';
import { toDecimals } from './decimals.ts';
import { decodeInts, encodeInts } from './ints.ts';
import { asDoubles, emptyColumn, type Rollup, type RollupColumn } from './rollup.ts';
import { isSealed, openParts, type Parts, seal } from './sealed.ts';
import { EXACT, POWERS } from './tail.ts';

const VERSION = 2;
/** 1 differs only in having fewer codings of lists (ints.ts). */
const OLDEST = 1;
const FLAT = 0;
const DECIMAL = 1;
const FLOAT = 2;
const MIRROR = 3;
const OWN = 128;

const body = new Writer();
let lists = [0, 1, 2, 3].map(() => new Float64Array(512));

export function encodeRollup(r: Rollup, stepMs: number): Uint8Array {
  const n = r.at.length;
  if ((lists[0] as Float64Array).length < n) lists = lists.map(() => new Float64Array(n));
  body.reset();
  const lengths: number[] = [];
  const shared = r.columns.find((c) => c.count.every((k) => k > 0)) ?? r.columns[0] ?? emptyColumn(n);
  body.reserve(64 + n * 10);
  encodeInts(
    body,
    r.at.map((at) => at / stepMs),
    n,
  );
  putExtent(body, r.at, shared, n);
  lengths.push(body.length);
  const mirrors = new Map<number, number>();
  r.columns.forEach((column, c) => {
    const before = body.length;
    putColumn(r, c, fitting(column), isSameExtent(column, shared), mirrors);
    lengths.push(body.length - before);
  });
  return seal(VERSION, n, r.columns.length, lengths, body);
}

/** The column itself when its numbers fit the integer codec, else as doubles. */
function fitting(c: RollupColumn): RollupColumn {
  if (c.scale < 0) return c;
  for (let b = 0; b < c.count.length; b++)
    if (
      Math.abs(c.min[b] as number) >= EXACT ||
      Math.abs(c.max[b] as number) >= EXACT ||
      Math.abs(middle(c, b)) >= EXACT
    )
      return asDoubles(c);
  return c;
}

const middle = (c: RollupColumn, b: number): number =>
  (c.sum[b] as number) -
  Math.floor(((c.count[b] as number) * ((c.min[b] as number) + (c.max[b] as number))) / 2);

function isSameExtent(a: RollupColumn, b: RollupColumn): boolean {
  if (a === b) return true;
  for (let i = 0; i < a.count.length; i++)
    if (a.count[i] !== b.count[i] || a.firstAt[i] !== b.firstAt[i] || a.lastAt[i] !== b.lastAt[i])
      return false;
  return true;
}

function putExtent(w: Writer, at: Float64Array, c: RollupColumn, n: number): void {
  w.reserve(4 * (64 + n * 10));
  encodeInts(w, c.count, n);
  for (const instants of [c.firstAt, c.lastAt]) {
    const list = instants.map((t, i) => (c.count[i] === 0 ? 0 : t - (at[i] as number)));
    encodeColumn(w, list, n, toDecimals(list, n, new Float64Array(n)));
  }
}

function putColumn(
  r: Rollup,
  index: number,
  c: RollupColumn,
  isShared: boolean,
  mirrors: Map<number, number>,
): void {
  const n = r.at.length;
  const own = isShared ? 0 : OWN;
  body.reserve(5 * (64 + n * 10));
  const put = (kind: number): void => {
    body.byte(kind | (Math.max(0, c.scale) << 3) | own);
    if (own) putExtent(body, r.at, c, n);
  };
  if (c.scale < 0) {
    put(FLOAT);
    for (const list of [c.min, c.max, c.last, c.sum])
      encodeColumn(body, list, n, toDecimals(list, n, new Float64Array(n)));
    return;
  }
  if (isFlat(c, n)) {
    put(FLAT);
    body.signed(c.min[firstPresent(c)] ?? 0);
    return;
  }
  const mirror = isShared ? findMirror(r, index, c, mirrors) : undefined;
  if (mirror) {
    put(MIRROR);
    body.varint(mirror.other);
    body.signed(mirror.constant);
    return;
  }
  put(DECIMAL);
  putDecimal(c, n);
}

function firstPresent(c: RollupColumn): number {
  return c.count.findIndex((k) => k > 0);
}

function isFlat(c: RollupColumn, n: number): boolean {
  const first = firstPresent(c);
  if (first < 0) return true;
  const v = c.min[first];
  for (let b = first; b < n; b++) if (c.count[b] !== 0 && (c.min[b] !== v || c.max[b] !== v)) return false;
  return true;
}

function putDecimal(c: RollupColumn, n: number): void {
  const [a, b, d, e] = lists as [Float64Array, Float64Array, Float64Array, Float64Array];
  let before = c.min[firstPresent(c)] as number;
  body.signed(before);
  for (let i = 0; i < n; i++) {
    if (c.count[i] === 0) {
      a[i] = b[i] = d[i] = e[i] = 0;
      continue;
    }
    const min = c.min[i] as number;
    const last = c.last[i] as number;
    a[i] = min - before;
    b[i] = last - min;
    d[i] = (c.max[i] as number) - last;
    e[i] = middle(c, i);
    before = last;
  }
  for (const list of [a, b, d, e]) encodeInts(body, list, n, 'values');
}

/** A column that goes down exactly as an earlier one goes up, such as used and free of one disk. */
function findMirror(
  r: Rollup,
  index: number,
  c: RollupColumn,
  mirrors: Map<number, number>,
): { other: number; constant: number } | undefined {
  const n = r.at.length;
  const key = c.scale * 2 ** 50 + Math.abs((c.last[n - 1] as number) - (c.last[0] as number));
  const other = mirrors.get(key);
  const o = other === undefined ? undefined : r.columns[other];
  if (other === undefined || !o) {
    mirrors.set(key, index);
    return undefined;
  }
  const constant = (c.last[0] as number) + (o.last[0] as number);
  for (let i = 0; i < n; i++) {
    const sum = (c.count[i] as number) * constant - (o.sum[i] as number);
    if (o.scale !== c.scale || c.last[i] !== constant - (o.last[i] as number)) return undefined;
    if (c.min[i] !== constant - (o.max[i] as number) || c.max[i] !== constant - (o.min[i] as number))
      return undefined;
    if (c.sum[i] !== sum || Math.abs(sum) > 2 ** 52) return undefined;
  }
  return { other, constant };
}

/** An opened window; undefined when its checksum does not hold. Throws STORE_CORRUPT, as the window's methods do. */
export function openRollup(bytes: Uint8Array, stepMs: number): StoredRollup | undefined {
  return isSealed(VERSION, bytes, OLDEST) ? new StoredRollup(bytes, stepMs) : undefined;
}

export class StoredRollup {
  readonly at: Float64Array;
  readonly width: number;
  private readonly parts: Parts;
  private readonly shared: RollupColumn;

  constructor(bytes: Uint8Array, stepMs: number) {
    this.parts = openParts(bytes, 1);
    const { n, width } = this.parts;
    this.width = width;
    const r = this.parts.part(0);
    this.at = new Float64Array(n);
    decodeInts(r, this.at, n);
    for (let i = 0; i < n; i++) this.at[i] = (this.at[i] as number) * stepMs;
    checkStarts(this.at);
    this.shared = emptyColumn(n);
    getExtent(r, this.at, this.shared);
  }

  all(): Rollup {
    return { at: this.at, columns: Array.from({ length: this.width }, (_, c) => this.column(c)) };
  }

  /** `mirrors`: whether it may be one; a mirror's other column may not. */
  column(c: number, mirrors: 'allowed' | 'none' = 'allowed'): RollupColumn {
    const r = this.parts.part(c + 1);
    const n = this.at.length;
    const head = r.byte();
    const kind = head & 7;
    const isOwn = (head & OWN) !== 0;
    const scale = kind === FLOAT ? -1 : (head >> 3) & 7;
    if (scale >= POWERS.length) malformed('a scale');
    const column = emptyColumn(n, scale, isOwn ? undefined : this.shared);
    if (isOwn) getExtent(r, this.at, column);
    if (kind === FLAT) getFlat(column, r.signed());
    else if (kind === FLOAT) getFloat(r, column, n);
    else if (kind === DECIMAL) getDecimal(r, column, n);
    else if (kind !== MIRROR || mirrors === 'none') malformed('a rollup column');
    else this.mirror(r, column, c);
    r.within('a rollup column');
    return column;
  }

  private mirror(r: ByteReader, column: RollupColumn, c: number): void {
    const other = r.varint();
    if (other >= c) malformed('a mirror');
    const from = this.column(other, 'none');
    if (from.scale !== column.scale) malformed('a mirror');
    getMirror(column, from, r.signed());
  }
}

/** The last instant of the calendar. */
const MAX_AT = 8.64e15;
const MAX_COUNT = 2 ** 32;

function checkStarts(at: Float64Array): void {
  for (let i = 0; i < at.length; i++) {
    const start = at[i] as number;
    if (!(start > (at[i - 1] ?? -Infinity)) || Math.abs(start) > MAX_AT) malformed('a list of buckets');
  }
}

function getExtent(r: ByteReader, at: Float64Array, column: RollupColumn): void {
  const n = at.length;
  decodeInts(r, column.count, n);
  for (const instants of [column.firstAt, column.lastAt]) {
    const list = decodeColumn(r, n);
    for (let i = 0; i < n; i++) instants[i] = (at[i] as number) + (list[i] as number);
  }
  const { count, firstAt, lastAt } = column;
  for (let i = 0; i < n; i++) {
    if (!((count[i] as number) >= 0 && (count[i] as number) <= MAX_COUNT)) malformed('a count');
    if (!((lastAt[i] as number) >= (firstAt[i] as number))) malformed('a bucket');
  }
}

function getFlat(column: RollupColumn, v: number): void {
  column.min.fill(v);
  column.max.fill(v);
  column.last.fill(v);
  for (let i = 0; i < column.count.length; i++) column.sum[i] = (column.count[i] as number) * v;
}

function getFloat(r: ByteReader, column: RollupColumn, n: number): void {
  column.min = decodeColumn(r, n);
  column.max = decodeColumn(r, n);
  column.last = decodeColumn(r, n);
  column.sum = decodeColumn(r, n);
}

function getMirror(column: RollupColumn, other: RollupColumn, constant: number): void {
  for (let i = 0; i < column.count.length; i++) {
    column.min[i] = constant - (other.max[i] as number);
    column.max[i] = constant - (other.min[i] as number);
    column.last[i] = constant - (other.last[i] as number);
    column.sum[i] = (column.count[i] as number) * constant - (other.sum[i] as number);
  }
}

function getDecimal(r: ByteReader, column: RollupColumn, n: number): void {
  let before = r.signed();
  const { min, max, last, sum, count } = column;
  for (const list of [min, last, max, sum]) decodeInts(r, list, n);
  for (let i = 0; i < n; i++) {
    if (count[i] === 0) continue;
    min[i] = (min[i] as number) + before;
    last[i] = (last[i] as number) + (min[i] as number);
    max[i] = (max[i] as number) + (last[i] as number);
    sum[i] =
      (sum[i] as number) + Math.floor(((count[i] as number) * ((min[i] as number) + (max[i] as number))) / 2);
    before = last[i] as number;
    const isRight = (min[i] as number) <= before && before <= (max[i] as number);
    const k = count[i] as number;
    if (!((sum[i] as number) >= k * (min[i] as number) && (sum[i] as number) <= k * (max[i] as number)))
      malformed('a sum');
    if (!isRight || (min[i] as number) <= -EXACT || (max[i] as number) >= EXACT) malformed('a bucket');
  }
}
