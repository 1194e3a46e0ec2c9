// The spool's books, without any disk: which numbers of which stream lie in which segment, which are declared lost, and up
// to where the collector has all. Invariants per stream: segments are in order and disjoint; gaps are in order, disjoint and
// merged where they touch with one reason; a gap outranks a segment that still holds its numbers.

import type { GapReason } from '../../shared/frame.ts';
import type { Range, SegmentName } from './segment.ts';

export interface SegmentInfo extends SegmentName {
  /** The open segment of a stream grows. */
  last: number;
  bytes: number;
  /** Its damage was counted. */
  verified: boolean;
  /** Monotonic time of the first failed read. */
  unreadableSince?: number;
}

export interface StreamBook {
  id: string;
  /** Everything up to here is durable at the collector; -1 for nothing. */
  acked: number;
  segments: SegmentInfo[];
  gaps: Range[];
}

/** Streams in the order of their first appearance. */
export type Ledger = Map<string, StreamBook>;

/** What survives a restart besides the segments themselves. */
export interface SavedLedger {
  version: 1;
  acked: Record<string, number>;
  gaps: Record<string, [number, number, GapReason, number?, number?][]>;
}

export function bookOf(ledger: Ledger, id: string): StreamBook {
  const found = ledger.get(id);
  if (found) return found;
  const book: StreamBook = { id, acked: -1, segments: [], gaps: [] };
  ledger.set(id, book);
  return book;
}

/** The highest number known of a stream; -1 for none. */
export function lastNumber(book: StreamBook): number {
  return Math.max(book.segments.at(-1)?.last ?? -1, book.gaps.at(-1)?.to ?? -1);
}

/** Declares numbers lost. What is declared already keeps its first reason. Returns how many were new. */
export function addGap(book: StreamBook, range: Range): number {
  let added = 0;
  for (let from = range.from; from <= range.to;) {
    const known = book.gaps.find((g) => g.to >= from);
    const to = known && known.from <= range.to ? known.from - 1 : range.to;
    if (to >= from) {
      insertGap(book, { ...range, from, to });
      added += to - from + 1;
    }
    from = known && known.from <= range.to ? known.to + 1 : to + 1;
  }
  return added;
}

function insertGap(book: StreamBook, range: Range): void {
  const at = book.gaps.findIndex((g) => g.from > range.to);
  const index = at < 0 ? book.gaps.length : at;
  book.gaps.splice(index, 0, range);
  mergeAt(book.gaps, index + 1);
  mergeAt(book.gaps, index);
}

function mergeAt(gaps: Range[], index: number): void {
  const [before, after] = [gaps[index - 1], gaps[index]];
  if (!before || !after || before.to + 1 !== after.from || before.reason !== after.reason) return;
  gaps.splice(index - 1, 2, mergeRanges(before, after));
}

export function mergeRanges(before: Range, after: Range): Range {
  return {
    from: before.from,
    to: after.to,
    reason: before.reason,
    fromAt: before.fromAt ?? after.fromAt,
    toAt: after.toAt ?? before.toAt,
  };
}

/** The numbers between `from` and `to` that neither a segment nor a gap covers. */
export function holes(book: StreamBook, from: number, to: number): Range[] {
  const covered = [...book.segments.map((s) => ({ from: s.first, to: s.last })), ...book.gaps].sort(
    (a, b) => a.from - b.from,
  );
  const out: Range[] = [];
  let next = from;
  for (const range of covered) {
    if (range.from > next) out.push({ from: next, to: Math.min(range.from - 1, to), reason: 'corrupt' });
    next = Math.max(next, range.to + 1);
    if (next > to) break;
  }
  if (next <= to) out.push({ from: next, to, reason: 'corrupt' });
  return out;
}

/** Notes that the collector has all up to `seq`, forgets the gaps behind it and returns the segments that may be deleted. */
export function acknowledgeUpTo(book: StreamBook, seq: number): SegmentInfo[] {
  book.acked = Math.max(book.acked, seq);
  book.gaps = book.gaps.filter((g) => g.to > book.acked);
  return book.segments.filter((s) => s.last <= book.acked);
}

const CLUSTER_BYTES = 4096;

export type Relief = { kind: 'thin' | 'drop'; book: StreamBook; segment: SegmentInfo };

/** What is lost when this segment is given up. */
export function droppedRange(book: StreamBook, { first, last, firstAt }: SegmentInfo): Range {
  return { from: Math.max(first, book.acked + 1), to: last, reason: 'dropped', fromAt: firstAt };
}

/** A gap covers the whole segment: the file is of no use any more. */
export function isGivenUp(book: StreamBook, segment: SegmentInfo): boolean {
  const first = Math.max(segment.first, book.acked + 1);
  return book.gaps.some((g) => g.reason === 'dropped' && g.from <= first && segment.last <= g.to);
}

/** What the collector has or the ledger declares lost; the growing segment stays. */
export function forgettable(book: StreamBook, growing: SegmentInfo | undefined): SegmentInfo[] {
  return book.segments.filter((s) => s !== growing && (s.last <= book.acked || isGivenUp(book, s)));
}

/** What gives way next when room is short: the oldest segment not yet thinned, else the oldest; never the growing one. */
function nextRelief(
  ledger: Ledger,
  growing: SegmentInfo | undefined,
  only: 'drop' | 'any',
): Relief | undefined {
  const oldest: Partial<Record<'thin' | 'drop', Relief>> = {};
  for (const book of ledger.values()) {
    for (const segment of book.segments) {
      if (segment === growing || isGivenUp(book, segment)) continue;
      // A file within one cluster gives nothing back by being thinned.
      if (segment.kind !== 'thin' && segment.bytes > CLUSTER_BYTES && older(segment, oldest.thin))
        oldest.thin = { kind: 'thin', book, segment };
      if (older(segment, oldest.drop)) oldest.drop = { kind: 'drop', book, segment };
    }
  }
  return only === 'any' ? (oldest.thin ?? oldest.drop) : oldest.drop;
}

function older(segment: SegmentInfo, than: Relief | undefined): boolean {
  return than === undefined || segment.ordinal < than.segment.ordinal;
}

/** What a file takes of the volume. */
export function diskBytes(bytes: number): number {
  return Math.ceil(bytes / CLUSTER_BYTES) * CLUSTER_BYTES;
}

interface Room {
  maxBytes: number;
  freeFloor: number;
  freeFloorPercent: number;
  segmentBytes: number;
}

/** How many bytes the spool may take now: its own limit, and what leaves the volume its floor; two segments it always may. */
function allowedBytes(
  room: Room,
  usedBytes: number,
  space: { freeBytes: number; totalBytes: number },
): number {
  const floor = Math.max(room.freeFloor, (space.totalBytes * room.freeFloorPercent) / 100);
  return Math.min(room.maxBytes, Math.max(2 * room.segmentBytes, usedBytes + space.freeBytes - floor));
}

const MAX_SEGMENTS = 10_000;

/** What must give way for the spool to stay within its room; undefined when nothing needs to. */
export function neededRelief(
  ledger: Ledger,
  growing: SegmentInfo | undefined,
  room: Room,
  space: { freeBytes: number; totalBytes: number },
): Relief | undefined {
  let [bytes, count] = [0, 0];
  for (const { segments } of ledger.values()) {
    count += segments.length;
    for (const segment of segments) bytes += diskBytes(segment.bytes);
  }
  if (count > MAX_SEGMENTS) return nextRelief(ledger, growing, 'drop');
  if (bytes <= allowedBytes(room, bytes, space)) return undefined;
  return nextRelief(ledger, growing, 'any');
}

export function saveLedger(ledger: Ledger): string {
  const saved: SavedLedger = { version: 1, acked: {}, gaps: {} };
  for (const book of ledger.values()) {
    if (book.acked >= 0) saved.acked[book.id] = book.acked;
    if (book.gaps.length > 0) {
      saved.gaps[book.id] = book.gaps.map((g) => {
        if (g.fromAt === undefined || g.toAt === undefined) return [g.from, g.to, g.reason];
        return [g.from, g.to, g.reason, g.fromAt, g.toAt];
      });
    }
  }
  return JSON.stringify(saved);
}

/** Fills the books from saved text; anything that is not as `saveLedger` writes it is left out. */
export function loadLedger(ledger: Ledger, text: string): boolean {
  let saved: Partial<SavedLedger> | null;
  try {
    saved = JSON.parse(text) as Partial<SavedLedger> | null;
  } catch {
    return false;
  }
  if (saved?.version !== 1) return false;
  for (const [id, acked] of Object.entries(saved.acked ?? {})) {
    if (isStream(id) && isNumber(acked)) bookOf(ledger, id).acked = acked;
  }
  for (const [id, gaps] of Object.entries(saved.gaps ?? {})) {
    if (!isStream(id) || !Array.isArray(gaps)) continue;
    for (const gap of gaps) {
      if (!Array.isArray(gap)) continue;
      const [from, to, reason, fromAt, toAt] = gap;
      if (isNumber(from) && isNumber(to) && to >= from)
        addGap(bookOf(ledger, id), { from, to, reason, fromAt, toAt });
    }
  }
  return true;
}

const isStream = (id: string): boolean => /^[0-9a-f]{32}$/.test(id);
const isNumber = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
