// Packing: the unpacked rows of one host become chunks and rollups. Called inside a transaction; changes nothing in memory,
// so that a failed transaction leaves the host as it was.

import type { Archive } from './archive.ts';
import { encodeChunk } from './chunk.ts';
import type { StoreConfig } from './config.ts';
import type { HostState, SeriesState } from './hosts.ts';
import { foldLast, type LastValues, noLast } from './last.ts';
import { foldPoints, type Reader } from './reader.ts';
import { MAX_CELLS, MAX_ROWS } from './sealed.ts';
import { encodeRollup } from './rollup-codec.ts';
import {
  alignColumns,
  cutRows,
  foldColumn,
  join,
  replaceBuckets,
  sliceRollup,
  TIERS,
  type Rollup,
  type RollupColumn,
  type Tier,
} from './rollup.ts';
import type { Rows } from './tail.ts';

export interface PackContext {
  archive: Archive;
  reader: Reader;
  lastGroup: number;
  /** Older raw samples are past retention: their rollups can only be added to. */
  rawFrom: number;
  /** Hears of every damaged block, each time it is met. */
  onDamage: (place: string) => void;
}

/** Spreads hosts over [0, 1), so that they are not all packed at once. */
const spread = (id: number): number => (id * 0.618_033_988_749_895) % 1;

const FEWEST_ROWS = 16;

/** Rows after which a series is packed; the first time between half and all, by host. */
export function rowLimit(host: number, packedOnce: boolean, packRows: number): number {
  return Math.max(FEWEST_ROWS, packedOnce ? packRows : packRows * (0.5 + spread(host) / 2));
}

/** Whether the oldest unpacked row has waited long enough. */
export function isDue(s: SeriesState, now: number, config: StoreConfig): boolean {
  return s.tail.rows > 0 && now - s.tail.firstArrivedAt >= config.packAfter * (1 + spread(s.host.id) / 4);
}

export function packHost(host: HostState, context: PackContext): void {
  for (const s of host.series) if (s.tail.rows > 0) packSeries(s, context);
  context.archive.setPacked(host.id, context.lastGroup);
}

function packSeries(s: SeriesState, context: PackContext): void {
  const { archive } = context;
  const rows = sortRows(s.tail.readShared());
  const most = Math.min(MAX_ROWS, Math.floor(MAX_CELLS / Math.max(1, s.columns.length)));
  for (let from = 0; from < rows.count; from += most) packRows(s, sliceRows(rows, from, most), context);
  const { last } = newestOf(s, context);
  foldLast(last, rows);
  archive.setLast(s.id, last);
  archive.addToCounter('rows', s.tail.rows);
  archive.addToCounter('samples', s.tail.samples);
}

/** After days without room for packing there may be more than one chunk may hold. */
function sliceRows(rows: Rows, from: number, most: number): Rows {
  if (rows.count <= most) return rows;
  const to = Math.min(rows.count, from + most);
  const cut = (x: Float64Array): Float64Array => x.subarray(from, to);
  return {
    count: to - from,
    at: cut(rows.at),
    arrivedAt: cut(rows.arrivedAt),
    columns: rows.columns.map(cut),
  };
}

function packRows(s: SeriesState, rows: Rows, context: PackContext): void {
  const { archive } = context;
  const n = rows.count;
  const [fine, coarse] = TIERS as [Tier, Tier];
  const cuts = cutRows(rows.at, n, fine.stepMs);
  const columns: RollupColumn[] = [];
  const data = encodeChunk(rows, (c, decimals) =>
    columns.push(foldColumn(cuts, rows.at, rows.columns[c] as Float64Array, decimals)),
  );
  const fresh: Rollup = { at: cuts.at, columns };
  archive.addChunk(s.id, rows.at[0] as number, rows.at[n - 1] as number, data);
  addRollup(s, 0, fresh, context);
  addRollup(s, 1, join([fresh], coarse.stepMs).rollup, context);
}

/** The newest values that were packed; where those kept are damaged, built anew as far as the chunks go. */
export function newestOf(
  s: SeriesState,
  { archive, reader, onDamage }: Pick<PackContext, 'archive' | 'reader' | 'onDamage'>,
): { last: LastValues; isDamaged: boolean } {
  const last = archive.last(s.id, s.columns.length);
  if (last !== 'damaged') return { last: last ?? noLast(s.columns.length), isDamaged: false };
  onDamage(`newest values ${s.id}`);
  return { last: reader.newest(s), isDamaged: true };
}

/** By time. Of rows with one time each column keeps the value that arrived last, in the row that brought it. */
export function sortRows(rows: Rows): Rows {
  const { at, count } = rows;
  let isSorted = true;
  for (let i = 1; i < count && isSorted; i++) isSorted = (at[i] as number) > (at[i - 1] as number);
  if (isSorted) return rows;
  const order = Array.from({ length: count }, (_, i) => i).sort(
    (a, b) => (at[a] as number) - (at[b] as number) || a - b,
  );
  const columns = rows.columns.map((x) => latestOnly(x, at, order));
  const kept = order.flatMap((row, i) => {
    const isAlone = at[order[i + 1] ?? -1] !== at[row] && at[order[i - 1] ?? -1] !== at[row];
    return isAlone || columns.some((x) => !Number.isNaN(x[row])) ? [row] : [];
  });
  // Rows that read nothing at all and share their time: one is enough.
  if (kept.length === 0) kept.push(order[0] as number);
  const pick = (x: Float64Array): Float64Array => Float64Array.from(kept, (row) => x[row] as number);
  return { count: kept.length, at: pick(at), arrivedAt: pick(rows.arrivedAt), columns: columns.map(pick) };
}

/** A copy in which, of the values of one time, only the last to arrive is left. */
function latestOnly(x: Float64Array, at: Float64Array, order: readonly number[]): Float64Array {
  const out = Float64Array.from(x);
  let isTaken = false;
  for (let i = order.length - 1; i >= 0; i--) {
    const row = order[i] as number;
    if (at[row] !== at[order[i + 1] ?? -1]) isTaken = false;
    if (isTaken) out[row] = Number.NaN;
    else isTaken = !Number.isNaN(x[row]);
  }
  return out;
}

/** Joins new buckets into the stored windows. The chunk with the new rows is already in the archive. */
function addRollup(s: SeriesState, index: number, fresh: Rollup, context: PackContext): void {
  const { stepMs, windowMs } = TIERS[index] as Tier;
  const windows = new Set(Array.from(fresh.at, (at) => Math.floor(at / windowMs)));
  for (const window of windows) {
    const part = sliceRollup(fresh, window * windowMs, (window + 1) * windowMs);
    const [found] = context.archive.rollups(s.id, index, window, window);
    const stored = found && context.reader.readRollup(found.id, found.data, stepMs);
    let whole = part;
    if (stored) whole = joinInto(s, stored, part, stepMs, context);
    else if (found) whole = foldRange(s, window * windowMs, (window + 1) * windowMs, stepMs, context);
    context.archive.setRollup(s.id, index, window, encodeRollup(whole, stepMs));
  }
}

function joinInto(
  s: SeriesState,
  stored: Rollup,
  part: Rollup,
  stepMs: number,
  context: PackContext,
): Rollup {
  const parts = [stored, part];
  const { rollup, overlaps } = join(parts, stepMs);
  let out = rollup;
  for (const start of overlaps) {
    if (start < context.rawFrom) continue;
    out = replaceBuckets(out, parts, foldRange(s, start, start + stepMs, stepMs, context), stepMs);
  }
  return out;
}

/** Buckets of a series from its raw samples, those just packed included. */
function foldRange(s: SeriesState, from: number, to: number, stepMs: number, context: PackContext): Rollup {
  return alignColumns(
    s.columns.map((_, c) => foldPoints(context.reader.packedPoints(s, c, from, to), stepMs)),
  );
}
