// Reading one host: raw samples and buckets from chunks, rollups and unpacked rows together. Promise: an answer is complete
// at any time and the same as if it had been computed from all raw samples; where parts overlap in time (late data, one key
// in two column lists) the buckets concerned are folded anew from the samples. Damaged blocks are left out and reported.

import { type Archive, type ChunkSpan, windowOf } from './archive.ts';
import { isNamedError } from '../../shared/errors.ts';
import { openChunk, type Chunk } from './chunk.ts';
import { toDecimals } from './decimals.ts';
import { DecodedColumns } from './decoded.ts';
import type { HostState, SeriesState } from './hosts.ts';
import { foldLast, noLast, type LastValues } from './last.ts';
import { openRollup, type StoredRollup } from './rollup-codec.ts';
import { cutRows, foldColumn, join, replaceBuckets, sliceRollup, TIERS, type Rollup } from './rollup.ts';
import type { Pieces } from './select.ts';
import { POWERS, type Rows } from './tail.ts';

export interface ColumnQuery {
  host: number;
  keys: readonly string[];
  from: number;
  to: number;
}

export interface PointColumns {
  at: Float64Array;
  value: Float64Array;
}

export interface BucketColumns {
  at: Float64Array;
  min: Float64Array;
  max: Float64Array;
  mean: Float64Array;
  last: Float64Array;
  count: Float64Array;
}

/** Samples of one column, sorted by time; later parts arrived later. */
interface Part {
  at: Float64Array;
  value: Float64Array;
  arrivals: () => Float64Array;
}

const NONE = new Float64Array(0);

export class Reader {
  private readonly archive: Archive;
  private readonly onDamage: (place: string) => void;
  private readonly rawFrom: () => number;
  /** What one question has opened, for its other keys. */
  private opened = new Map<number, Chunk | undefined>();
  private readonly decoded = new DecodedColumns();
  private unpacked = new Map<SeriesState, Rows>();

  /** `rawFrom`: raw samples from then on are kept; `onDamage` hears of every damaged block, each time it is met. */
  constructor(archive: Archive, options: { rawFrom: () => number; onDamage: (place: string) => void }) {
    this.archive = archive;
    this.onDamage = options.onDamage;
    this.rawFrom = options.rawFrom;
  }

  points(host: HostState | undefined, query: ColumnQuery): Map<string, PointColumns> {
    return host ? this.asOne(() => this.pointsByKey(host, query)) : new Map();
  }

  /** Each key's samples in pieces that follow each other: parts of what is decoded, not to be changed or given away. */
  pieces(host: HostState | undefined, { keys, from, to }: ColumnQuery): Pieces[] {
    return this.asOne(() => keys.map((key) => (host ? inOrder(this.partsOf(host, key, from, to)) : [])));
  }

  /** Buckets on the grid of whole steps since 1970; the first one holds `from`, each is whole. */
  buckets(host: HostState | undefined, query: ColumnQuery & { stepMs: number }): Map<string, BucketColumns> {
    return host ? this.asOne(() => this.bucketsByKey(host, query)) : new Map();
  }

  private asOne<T>(work: () => T): T {
    try {
      return work();
    } finally {
      this.opened = new Map();
      this.unpacked = new Map();
    }
  }

  private pointsByKey(host: HostState, query: ColumnQuery): Map<string, PointColumns> {
    const out = new Map<string, PointColumns>();
    for (const key of query.keys) {
      const points = mergeParts(this.partsOf(host, key, query.from, query.to));
      if (points.at.length > 0) out.set(key, points);
    }
    return out;
  }

  private partsOf(host: HostState, key: string, from: number, to: number): Part[] {
    return host.series.flatMap((s) => {
      const column = s.columns.indexOf(key);
      return column < 0 ? [] : this.parts(s, column, from, to);
    });
  }

  private bucketsByKey(host: HostState, query: ColumnQuery & { stepMs: number }): Map<string, BucketColumns> {
    const { stepMs } = query;
    const from = Math.floor(query.from / stepMs) * stepMs;
    const to = Math.ceil(query.to / stepMs) * stepMs;
    const out = new Map<string, BucketColumns>();
    for (const key of query.keys) {
      const rollup = this.rollup(host, key, { from, to, stepMs });
      const columns = rollup && presentBuckets(rollup);
      if (columns && columns.at.length > 0) out.set(key, columns);
    }
    return out;
  }

  private rollup(
    host: HostState,
    key: string,
    range: { from: number; to: number; stepMs: number },
  ): Rollup | undefined {
    const tier = TIERS.findLastIndex((t) => range.stepMs % t.stepMs === 0);
    if (tier < 0) return foldPoints(this.pointsOf(host, key, range.from, range.to), range.stepMs);
    const parts: Rollup[] = [];
    for (const s of host.series) {
      const column = s.columns.indexOf(key);
      if (column < 0) continue;
      parts.push(...this.storedParts(s, column, tier, range.from, range.to));
      const fresh = mergeParts(this.tailParts(s, column, range.from, range.to));
      if (fresh.at.length > 0) parts.push(foldPoints(fresh, (TIERS[tier] as { stepMs: number }).stepMs));
    }
    const joined = join(parts, range.stepMs);
    let { rollup } = joined;
    for (const start of joined.overlaps) {
      if (start < this.rawFrom()) continue;
      const points = this.pointsOf(host, key, start, start + range.stepMs);
      rollup = replaceBuckets(rollup, parts, foldPoints(points, range.stepMs), range.stepMs);
    }
    return rollup;
  }

  private pointsOf(host: HostState, key: string, from: number, to: number): PointColumns {
    return (
      this.pointsByKey(host, { host: host.id, keys: [key], from, to }).get(key) ?? { at: NONE, value: NONE }
    );
  }

  private storedParts(s: SeriesState, column: number, tier: number, from: number, to: number): Rollup[] {
    const { stepMs, windowMs } = TIERS[tier] as { stepMs: number; windowMs: number };
    const windows = this.archive.rollups(
      s.id,
      tier,
      Math.floor(from / windowMs),
      Math.floor((to - 1) / windowMs),
    );
    return windows.map(({ id, data }) => {
      const stored = this.intact(`rollup ${id}`, () => columnOf(openRollup(data, stepMs), column));
      if (stored) return sliceRollup(stored, from, to);
      const start = windowOf(id) * windowMs;
      const points = this.packedPointsNow(s, column, Math.max(from, start), Math.min(to, start + windowMs));
      return foldPoints(points, stepMs);
    });
  }

  /** undefined when the window is damaged, which is counted. */
  readRollup(id: number, data: Uint8Array, stepMs: number): Rollup | undefined {
    return this.intact(`rollup ${id}`, () => openRollup(data, stepMs)?.all());
  }

  /** undefined, and counted, when a block's checksum does not hold, or what it covers makes no sense. */
  private intact<T>(place: string, read: () => T | undefined): T | undefined {
    let found: T | undefined;
    try {
      found = read();
    } catch (error) {
      if (!isNamedError(error, 'STORE_CORRUPT')) throw error;
    }
    if (found === undefined) this.onDamage(place);
    return found;
  }

  /** What the archive holds of one column of one series, without the unpacked rows. */
  packedPoints(s: SeriesState, column: number, from: number, to: number): PointColumns {
    return this.asOne(() => this.packedPointsNow(s, column, from, to));
  }

  private packedPointsNow(s: SeriesState, column: number, from: number, to: number): PointColumns {
    return mergeParts(this.chunkParts(s, column, from, to));
  }

  private parts(s: SeriesState, column: number, from: number, to: number): Part[] {
    return [...this.chunkParts(s, column, from, to), ...this.tailParts(s, column, from, to)];
  }

  private chunkParts(s: SeriesState, column: number, from: number, to: number): Part[] {
    return this.archive.chunks(s.id, from, to).flatMap((span) => {
      const place = `chunk ${span.id}`;
      const part = this.intact(place, () => this.chunkPart(s, span, column, from, to));
      if (!part) return [];
      // Arrivals only decide between two samples of one time.
      const arrivals = (): Float64Array => this.intact(place, part.arrivals) ?? part.at;
      return [{ at: part.at, value: part.value, arrivals }];
    });
  }

  private chunkPart(
    s: SeriesState,
    span: ChunkSpan,
    column: number,
    from: number,
    to: number,
  ): { at: Float64Array; value: Float64Array; arrivals: () => Float64Array | undefined } | undefined {
    // Ids come again when the newest chunk was removed: the times tell them apart.
    const name = `${span.id} ${s.id} ${span.minAt} ${span.maxAt}`;
    const at = this.decoded.get(`${name} t`, () => this.open(span.id)?.times())?.values;
    const found = at && this.decoded.get(`${name} ${column}`, () => this.open(span.id)?.column(column));
    if (!found) return undefined;
    const arrivals = (): Float64Array | undefined => this.open(span.id)?.arrivals();
    if (found.isWhole) {
      const [first, past] = [lowerBound(at, from), lowerBound(at, to)];
      const cut = (x: Float64Array): Float64Array => x.subarray(first, past);
      return { at: cut(at), value: cut(found.values), arrivals: () => mapIf(arrivals(), cut) };
    }
    const keep = rowsBetween(at, from, to, found.values);
    const choose = (x: Float64Array): Float64Array => pick(x, keep);
    return { at: choose(at), value: choose(found.values), arrivals: () => mapIf(arrivals(), choose) };
  }

  /** Once per question, however many columns are asked for. */
  private open(id: number): Chunk | undefined {
    if (!this.opened.has(id)) this.opened.set(id, openChunk(this.archive.chunk(id)));
    return this.opened.get(id);
  }

  /**
   * The newest values as the chunks have them, for when those kept beside them are damaged. Chunks are taken in the order in
   * which they were packed, back to where every column has its newest.
   */
  newest(s: SeriesState): LastValues {
    const found: { id: number; rows: Rows }[] = [];
    const seen = noLast(s.columns.length);
    for (const { id, maxAt } of this.archive.chunksOf(s.id)) {
      if (seen.ats.every((at) => at > maxAt)) break;
      const rows = this.intact(`chunk ${id}`, () =>
        rowsOf(openChunk(this.archive.chunk(id)), s.columns.length),
      );
      if (!rows) continue;
      foldLast(seen, rows);
      found.push({ id, rows });
    }
    const last = noLast(s.columns.length);
    for (const { rows } of found.sort((a, b) => a.id - b.id)) foldLast(last, rows);
    return last;
  }

  /** The unpacked rows, sorted by time. */
  private tailParts(s: SeriesState, column: number, from: number, to: number): Part[] {
    if (s.tail.rows === 0 || s.tail.maxAt < from || s.tail.minAt >= to) return [];
    let rows = this.unpacked.get(s);
    if (!rows) this.unpacked.set(s, (rows = s.tail.read()));
    return [rowsPart(rows, column, from, to)];
  }
}

function columnOf(stored: StoredRollup | undefined, column: number): Rollup | undefined {
  return stored && { at: stored.at, columns: [stored.column(column)] };
}

function rowsOf(chunk: Chunk | undefined, width: number): Rows | undefined {
  if (chunk?.width !== width) return undefined;
  const at = chunk.times();
  const columns = Array.from({ length: width }, (_, c) => chunk.column(c));
  return { count: at.length, at, arrivedAt: at, columns };
}

const mapIf = (
  x: Float64Array | undefined,
  map: (x: Float64Array) => Float64Array,
): Float64Array | undefined => x && map(x);

/** The first row at or after `t`. */
export function lowerBound(at: Float64Array, t: number): number {
  let [low, high] = [0, at.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((at[middle] as number) < t) low = middle + 1;
    else high = middle;
  }
  return low;
}

function rowsPart(rows: Rows, column: number, from: number, to: number): Part {
  const values = rows.columns[column] as Float64Array;
  const keep = rowsBetween(rows.at, from, to, values);
  // Sorting is stable: of rows with one time the last is the one that arrived last.
  keep.sort((a, b) => (rows.at[a] as number) - (rows.at[b] as number));
  const last = keep.filter(
    (row, i) => i + 1 === keep.length || rows.at[row] !== rows.at[keep[i + 1] as number],
  );
  return { at: pick(rows.at, last), value: pick(values, last), arrivals: () => pick(rows.arrivedAt, last) };
}

function rowsBetween(at: Float64Array, from: number, to: number, value: Float64Array): number[] {
  const keep: number[] = [];
  for (let i = 0; i < at.length; i++) {
    const t = at[i] as number;
    if (t >= from && t < to && !Number.isNaN(value[i])) keep.push(i);
  }
  return keep;
}

const pick = (x: Float64Array, rows: readonly number[]): Float64Array =>
  Float64Array.from(rows, (i) => x[i] as number);

/** One list in time order; of two samples with one time the later arrival stays. */
function mergeParts(all: readonly Part[]): PointColumns {
  const parts = all.filter((p) => p.at.length > 0);
  const [only] = parts;
  if (!only) return { at: NONE, value: NONE };
  // A copy: what is given away may be moved to another thread, and decoded columns stay here.
  if (parts.length === 1) return { at: only.at.slice(), value: only.value.slice() };
  const ordered = apart(parts);
  if (ordered) return { at: concat(ordered.map((p) => p.at)), value: concat(ordered.map((p) => p.value)) };
  const at = concat(parts.map((p) => p.at));
  const value = concat(parts.map((p) => p.value));
  const arrivals = concat(parts.map((p) => p.arrivals()));
  const order = Array.from(at.keys()).sort(
    (a, b) =>
      (at[a] as number) - (at[b] as number) || (arrivals[a] as number) - (arrivals[b] as number) || a - b,
  );
  const last = order.filter((row, i) => i + 1 === order.length || at[row] !== at[order[i + 1] as number]);
  return { at: pick(at, last), value: pick(value, last) };
}

/** In time order, when each ends before the next begins. */
function apart(parts: readonly Part[]): Part[] | undefined {
  const ordered = parts.toSorted((a, b) => (a.at[0] as number) - (b.at[0] as number));
  const isApart = ordered.every(
    (p, i) => i === 0 || (p.at[0] as number) > (ordered[i - 1]?.at.at(-1) as number),
  );
  return isApart ? ordered : undefined;
}

function inOrder(all: readonly Part[]): Pieces {
  const parts = all.filter((p) => p.at.length > 0);
  return apart(parts) ?? [mergeParts(parts)];
}

function concat(lists: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(lists.reduce((n, l) => n + l.length, 0));
  let i = 0;
  for (const list of lists) {
    out.set(list, i);
    i += list.length;
  }
  return out;
}

/** Buckets of one column. */
export function foldPoints(points: PointColumns, stepMs: number): Rollup {
  const n = points.at.length;
  const cuts = cutRows(points.at, n, stepMs);
  const decimals = toDecimals(points.value, n, new Float64Array(n));
  return { at: cuts.at, columns: [foldColumn(cuts, points.at, points.value, decimals)] };
}

function presentBuckets(rollup: Rollup): BucketColumns | undefined {
  const c = rollup.columns[0];
  if (!c) return undefined;
  const rows = Array.from(rollup.at.keys()).filter((b) => c.count[b] !== 0);
  const f = c.scale > 0 ? (POWERS[c.scale] as number) : 1;
  const value = (x: Float64Array): Float64Array => Float64Array.from(rows, (b) => (x[b] as number) / f);
  const mean = Float64Array.from(rows, (b) => (c.sum[b] as number) / f / (c.count[b] as number));
  return {
    at: pick(rollup.at, rows),
    min: value(c.min),
    max: value(c.max),
    last: value(c.last),
    mean,
    count: pick(c.count, rows),
  };
}
