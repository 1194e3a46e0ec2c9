// Rollups: per bucket and column count, first and last instant, min, max, last and sum. Promise: folding rows into buckets
// and joining buckets gives the same numbers as folding all rows at once, as long as the joined parts do not overlap in
// time; `join` says where they do, so that the caller folds those anew from the rows.
//
// Decimal columns are held as whole numbers of 10^-scale, so that sums are exact whatever the order; scale -1 holds doubles.

import { EXACT, POWERS } from './tail.ts';
import type { Decimals } from './decimals.ts';

export interface Tier {
  stepMs: number;
  /** Buckets of one such span of time are stored together. */
  windowMs: number;
}

export const TIERS: readonly Tier[] = [
  { stepMs: 300_000, windowMs: 8 * 3_600_000 },
  { stepMs: 3_600_000, windowMs: 96 * 3_600_000 },
];

export interface RollupColumn {
  scale: number;
  /** 0: the bucket has no sample of this column; its other numbers mean nothing. */
  count: Float64Array;
  firstAt: Float64Array;
  lastAt: Float64Array;
  min: Float64Array;
  max: Float64Array;
  last: Float64Array;
  sum: Float64Array;
}

export interface Rollup {
  /** Starts of the buckets, ascending. */
  at: Float64Array;
  columns: RollupColumn[];
}

/** Sums of whole numbers below this are exact. */
const EXACT_SUM = 2 ** 52;

/** Rows (sorted by time) by bucket: `ends[b]` is the row after the bucket's last. */
export interface Cuts {
  at: Float64Array;
  ends: number[];
  /** For columns without missing values. */
  count: Float64Array;
  firstAt: Float64Array;
  lastAt: Float64Array;
}

export function cutRows(times: Float64Array, n: number, stepMs: number): Cuts {
  const starts: number[] = [];
  const ends: number[] = [];
  for (let i = 0; i < n; i++) {
    const start = Math.floor((times[i] as number) / stepMs) * stepMs;
    if (starts.at(-1) !== start) {
      if (i > 0) ends.push(i);
      starts.push(start);
    }
  }
  if (n > 0) ends.push(n);
  const first = (b: number): number => (b === 0 ? 0 : (ends[b - 1] as number));
  return {
    at: Float64Array.from(starts),
    ends,
    count: Float64Array.from(ends, (end, b) => end - first(b)),
    firstAt: Float64Array.from(ends, (_, b) => times[first(b)] as number),
    lastAt: Float64Array.from(ends, (end) => times[end - 1] as number),
  };
}

export function foldColumn(
  cuts: Cuts,
  times: Float64Array,
  values: Float64Array,
  decimals: Decimals,
): RollupColumn {
  const x = decimals.scale >= 0 ? decimals.ints : values;
  const column = decimals.missing === 0 ? foldFull(cuts, x) : foldSparse(cuts, times, x);
  column.scale = decimals.scale;
  return isExactSum(column) ? column : asDoubles(column);
}

function foldFull(cuts: Cuts, x: Float64Array): RollupColumn {
  const n = cuts.ends.length;
  const { count, firstAt, lastAt } = cuts;
  const out = emptyColumn(n, 0, { count, firstAt, lastAt });
  let i = 0;
  for (let b = 0; b < n; b++) {
    const end = cuts.ends[b] as number;
    let v = x[i] as number;
    // One by one here and below: a list taken apart for every bucket costs more than the bucket.
    let min = v;
    let max = v;
    let sum = v;
    for (i++; i < end; i++) {
      v = x[i] as number;
      sum += v;
      if (v < min) min = v;
      else if (v > max) max = v;
    }
    out.min[b] = min;
    out.max[b] = max;
    out.last[b] = v;
    out.sum[b] = sum;
  }
  return out;
}

function foldSparse(cuts: Cuts, times: Float64Array, x: Float64Array): RollupColumn {
  const out = emptyColumn(cuts.ends.length);
  let i = 0;
  cuts.ends.forEach((end, b) => {
    for (; i < end; i++) {
      const v = x[i] as number;
      if (!Number.isNaN(v)) addSample(out, b, times[i] as number, v);
    }
  });
  return out;
}

/** Takes one more sample, later than all before, into bucket `b`. */
function addSample(out: RollupColumn, b: number, at: number, v: number): void {
  const count = out.count[b] as number;
  if (count === 0) out.firstAt[b] = at;
  out.min[b] = count === 0 ? v : Math.min(out.min[b] as number, v);
  out.max[b] = count === 0 ? v : Math.max(out.max[b] as number, v);
  out.count[b] = count + 1;
  out.lastAt[b] = at;
  out.last[b] = v;
  out.sum[b] = (out.sum[b] as number) + v;
}

const ARENA_BYTES = 256 * 1024;
let arena = new ArrayBuffer(ARENA_BYTES);
let carved = 0;

/** A zeroed list out of a common block, each part of which is used once: there are many short lists, and buffers are dear to make. */
function carve(n: number): Float64Array {
  if (carved + n * 8 > arena.byteLength) {
    arena = new ArrayBuffer(Math.max(ARENA_BYTES, n * 8));
    carved = 0;
  }
  const list = new Float64Array(arena, carved, n);
  carved += n * 8;
  return list;
}

type Extent = Pick<RollupColumn, 'count' | 'firstAt' | 'lastAt'>;

/** `extent`: lists that the column shares with others. */
export function emptyColumn(n: number, scale = 0, extent?: Extent): RollupColumn {
  const list = (): Float64Array => carve(n);
  return {
    scale,
    count: extent?.count ?? list(),
    firstAt: extent?.firstAt ?? list(),
    lastAt: extent?.lastAt ?? list(),
    min: list(),
    max: list(),
    last: list(),
    sum: list(),
  };
}

function isExactSum(c: RollupColumn): boolean {
  if (c.scale < 0) return true;
  for (let b = 0; b < c.count.length; b++)
    if (
      Math.max(Math.abs(c.min[b] as number), Math.abs(c.max[b] as number)) * (c.count[b] as number) >
      EXACT_SUM
    )
      return false;
  return true;
}

export function asDoubles(c: RollupColumn): RollupColumn {
  if (c.scale <= 0) return { ...c, scale: -1 };
  const f = POWERS[c.scale] as number;
  const scaled = (x: Float64Array): Float64Array => x.map((v) => v / f);
  return {
    ...c,
    scale: -1,
    min: scaled(c.min),
    max: scaled(c.max),
    last: scaled(c.last),
    sum: scaled(c.sum),
  };
}

function atScale(c: RollupColumn, scale: number): RollupColumn {
  if (c.scale === scale) return c;
  if (scale < 0) return asDoubles(c);
  const f = (POWERS[scale] as number) / (POWERS[c.scale] as number);
  const scaled = (x: Float64Array): Float64Array => x.map((v) => v * f);
  return { ...c, scale, min: scaled(c.min), max: scaled(c.max), last: scaled(c.last), sum: scaled(c.sum) };
}

/** Both columns in the same decimals, or both as doubles where those would grow too large. */
export function sameScale(a: RollupColumn, b: RollupColumn): [RollupColumn, RollupColumn] {
  if (a.scale === b.scale) return [a, b];
  if (a.scale < 0 || b.scale < 0) return [asDoubles(a), asDoubles(b)];
  const scale = Math.max(a.scale, b.scale);
  const [x, y] = [atScale(a, scale), atScale(b, scale)];
  const fits = (c: RollupColumn): boolean =>
    c.sum.every((v) => Math.abs(v) < EXACT_SUM) &&
    c.min.every((v) => Math.abs(v) < EXACT) &&
    c.max.every((v) => Math.abs(v) < EXACT);
  return fits(x) && fits(y) ? [x, y] : [asDoubles(a), asDoubles(b)];
}

/** Copies bucket `i` of `from` to bucket `o` of `out`. */
function copyBucket(out: RollupColumn, o: number, from: RollupColumn, i: number): void {
  out.count[o] = from.count[i] as number;
  out.firstAt[o] = from.firstAt[i] as number;
  out.lastAt[o] = from.lastAt[i] as number;
  out.min[o] = from.min[i] as number;
  out.max[o] = from.max[i] as number;
  out.last[o] = from.last[i] as number;
  out.sum[o] = from.sum[i] as number;
}

/** Joins bucket `i` of `from` into bucket `o`; false when the two overlap in time (joined all the same). */
export function joinBucket(out: RollupColumn, o: number, from: RollupColumn, i: number): boolean {
  if (from.count[i] === 0) return true;
  if (out.count[o] === 0) {
    copyBucket(out, o, from, i);
    return true;
  }
  const firstAt = from.firstAt[i] as number;
  const lastAt = from.lastAt[i] as number;
  const isApart = firstAt > (out.lastAt[o] as number) || lastAt < (out.firstAt[o] as number);
  if (lastAt >= (out.lastAt[o] as number)) {
    out.last[o] = from.last[i] as number;
    out.lastAt[o] = lastAt;
  }
  out.firstAt[o] = Math.min(out.firstAt[o] as number, firstAt);
  out.min[o] = Math.min(out.min[o] as number, from.min[i] as number);
  out.max[o] = Math.max(out.max[o] as number, from.max[i] as number);
  out.sum[o] = (out.sum[o] as number) + (from.sum[i] as number);
  out.count[o] = (out.count[o] as number) + (from.count[i] as number);
  return isApart;
}

export interface Joined {
  rollup: Rollup;
  /** Buckets whose parts overlap in time: fold them anew from rows where those are still kept. */
  overlaps: number[];
}

/** Joins parts column by column into buckets of `stepMs` (a multiple of the parts' own step). */
export function join(parts: readonly Rollup[], stepMs: number): Joined {
  const starts = new Set<number>();
  for (const p of parts) for (const at of p.at) starts.add(Math.floor(at / stepMs) * stepMs);
  const at = Float64Array.from(starts).sort();
  const place = new Map(Array.from(at, (start, i) => [start, i]));
  const overlaps = new Set<number>();
  const columns = (parts[0]?.columns ?? []).map((_, c) => {
    let out = emptyColumn(at.length, parts[0]?.columns[c]?.scale ?? 0);
    for (const p of parts) {
      const [a, b] = sameScale(out, p.columns[c] as RollupColumn);
      out = a;
      for (let i = 0; i < p.at.length; i++) {
        const start = Math.floor((p.at[i] as number) / stepMs) * stepMs;
        if (!joinBucket(out, place.get(start) as number, b, i)) overlaps.add(start);
      }
    }
    return isExactSum(out) ? out : asDoubles(out);
  });
  return { rollup: { at, columns }, overlaps: [...overlaps].sort((a, b) => a - b) };
}

/** The buckets from the first at or after `from` up to, not including, `to`. */
export function sliceRollup(r: Rollup, from: number, to: number): Rollup {
  let start = 0;
  while (start < r.at.length && (r.at[start] as number) < from) start++;
  let end = start;
  while (end < r.at.length && (r.at[end] as number) < to) end++;
  if (start === 0 && end === r.at.length) return r;
  const cut = (x: Float64Array): Float64Array => x.slice(start, end);
  const columns = r.columns.map((c) => ({
    scale: c.scale,
    count: cut(c.count),
    firstAt: cut(c.firstAt),
    lastAt: cut(c.lastAt),
    min: cut(c.min),
    max: cut(c.max),
    last: cut(c.last),
    sum: cut(c.sum),
  }));
  return { at: cut(r.at), columns };
}

/**
 * Replaces joined buckets by what was folded anew from rows. Rows may have been lost to damage since: a bucket that now
 * holds fewer samples than one of the parts stays as it was joined.
 */
export function replaceBuckets(
  joined: Rollup,
  parts: readonly Rollup[],
  fresh: Rollup,
  stepMs: number,
): Rollup {
  const place = new Map(Array.from(joined.at, (start, i) => [start, i]));
  const columns = joined.columns.map((old, c) => {
    const [a, b] = sameScale(old, fresh.columns[c] as RollupColumn);
    fresh.at.forEach((start, i) => {
      const o = place.get(start);
      if (o !== undefined && (b.count[i] as number) >= largestPart(parts, c, start, stepMs))
        copyBucket(a, o, b, i);
    });
    return a;
  });
  return { at: joined.at, columns };
}

function largestPart(parts: readonly Rollup[], c: number, start: number, stepMs: number): number {
  let most = 0;
  for (const p of parts)
    p.at.forEach((at, i) => {
      if (at >= start && at < start + stepMs) most = Math.max(most, p.columns[c]?.count[i] ?? 0);
    });
  return most;
}

/** Columns that were folded one by one, each with the buckets it has, as one rollup. */
export function alignColumns(parts: readonly Rollup[]): Rollup {
  const at = Float64Array.from(new Set(parts.flatMap((p) => Array.from(p.at)))).sort();
  const place = new Map(Array.from(at, (start, i) => [start, i]));
  const columns = parts.map((p) => {
    const from = p.columns[0] ?? emptyColumn(0);
    const out = emptyColumn(at.length, from.scale);
    p.at.forEach((start, i) => copyBucket(out, place.get(start) as number, from, i));
    return out;
  });
  return { at, columns };
}
