// What goes out next: walks over a stream's numbers and finds for each what covers it, a declared gap first, then memory, then
// a segment; a number that nothing covers although later ones exist is a gap too. Promise: the items are consecutive from
// `after` + 1 on, without a hole.

import type { Series } from '../../shared/frame.ts';
import { mergeRanges, type SegmentInfo, type StreamBook } from './ledger.ts';
import { type Decoded, gapFrame, itemAt, type Range } from './segment.ts';
import { isDiskError } from './segment-files.ts';
import type { Outgoing } from './spool.ts';
import { entryAt, type Tail } from './tail.ts';
import { reportOf } from './thin.ts';

/** A segment that cannot be read is tried for this long before its numbers are given up. */
const UNREADABLE_MS = 60_000;

export interface Source {
  book: StreamBook;
  /** The highest number given. */
  top: number;
  tail: Tail | undefined;
  series: ReadonlyMap<string, Series>;
  now: number;
  /** Throws what the disk throws. */
  decode(info: SegmentInfo): Decoded;
}

type Found = Exclude<Outgoing, { kind: 'gap' }> | { kind: 'lost'; range: Range };

export function collectItems(source: Source, after: number, maxBytes: number): Outgoing[] {
  const found: Found[] = [];
  let used = 0;
  for (let seq = Math.max(after, -1) + 1; seq <= source.top;) {
    const item = findAt(source, seq);
    if (!item) break;
    const bytes = item.kind === 'report' ? item.bytes : GAP_BYTES;
    const before = found.at(-1);
    if (item.kind === 'lost' && before?.kind === 'lost' && before.range.reason === item.range.reason)
      found[found.length - 1] = { kind: 'lost', range: mergeRanges(before.range, item.range) };
    else {
      if (found.length > 0 && used + bytes > maxBytes) break;
      found.push(item);
      used += bytes;
    }
    seq = item.kind === 'report' ? seq + 1 : item.range.to + 1;
  }
  return found.map((item) => (item.kind === 'report' ? item : outgoingGap(source.book.id, item.range)));
}

const GAP_BYTES = 150;

function outgoingGap(stream: string, range: Range): Outgoing {
  const gap = gapFrame(stream, range);
  return { kind: 'gap', gap, bytes: Buffer.byteLength(JSON.stringify(gap)) };
}

function findAt(source: Source, seq: number): Found | undefined {
  const { book, tail } = source;
  const gap = book.gaps.find((g) => g.from <= seq && seq <= g.to);
  if (gap) return { kind: 'lost', range: { ...gap, from: seq } };
  const entry = entryAt(tail, seq);
  if (entry) {
    const { report, series, bytes } = entry;
    return { kind: 'report', report, series, bytes };
  }
  const segment = segmentAt(book, seq);
  if (segment) return findInSegment(source, segment, seq);
  const next = nextKnown(source, seq);
  if (next === undefined) return undefined;
  // What was acknowledged once is gone for good: a collector that asks again was restored from an old backup.
  if (seq <= book.acked) return lost(seq, Math.min(next - 1, book.acked), 'dropped');
  return lost(seq, next - 1, 'corrupt');
}

function lost(from: number, to: number, reason: Range['reason']): Found {
  return { kind: 'lost', range: { from, to, reason } };
}

/** A month offline is thousands of segments: by halves. */
function segmentAt({ segments }: StreamBook, seq: number): SegmentInfo | undefined {
  let low = 0;
  let high = segments.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const segment = segments[middle];
    if (!segment) return undefined;
    if (segment.last < seq) low = middle + 1;
    else if (segment.first > seq) high = middle - 1;
    else return segment;
  }
  return undefined;
}

function nextKnown({ book, tail }: Source, seq: number): number | undefined {
  const starts = [
    book.segments.find((s) => s.first > seq)?.first,
    book.gaps.find((g) => g.from > seq)?.from,
    tail?.entries.find((e) => e.report.seq > seq)?.report.seq,
  ].filter((start) => start !== undefined);
  return starts.length === 0 ? undefined : Math.min(...starts);
}

function findInSegment(source: Source, info: SegmentInfo, seq: number): Found | undefined {
  const decoded = readSegment(source, info);
  if (decoded === 'later') return undefined;
  if (decoded === 'gone') return lost(seq, info.last, 'corrupt');
  const item = itemAt(decoded.items, seq);
  if (!item) return lost(seq, seq, 'corrupt');
  if (item.kind === 'gap') {
    const declared = source.book.gaps.find((g) => g.from > seq)?.from ?? Infinity;
    return { kind: 'lost', range: { ...item, from: seq, to: Math.min(item.to, declared - 1) } };
  }
  const series = decoded.series.get(item.series) ?? source.series.get(item.series);
  if (!series) return lost(seq, seq, 'corrupt');
  const report = reportOf(decoded, item);
  if (typeof report === 'string') return lost(seq, seq, report);
  return { kind: 'report', report, series, bytes: item.end - item.start };
}

function readSegment(source: Source, info: SegmentInfo): Decoded | 'later' | 'gone' {
  try {
    const decoded = source.decode(info);
    delete info.unreadableSince;
    return decoded;
  } catch (error) {
    if (!isDiskError(error)) throw error;
    if (error.code === 'ENOENT') return 'gone';
    info.unreadableSince ??= source.now;
    return source.now - info.unreadableSince < UNREADABLE_MS ? 'later' : 'gone';
  }
}
