// How much the spool holds, for people and for the agent's own metrics.

import { diskBytes, isGivenUp, type Ledger, type StreamBook } from './ledger.ts';
import type { SpoolStats } from './spool.ts';
import { entryAt, type Tail } from './tail.ts';

type Held = Pick<SpoolStats, 'bytes' | 'reports' | 'oldestAt'>;

/** Reports that the collector has not acknowledged, the bytes that all takes, and the time of the oldest. */
export function countHeld(ledger: Ledger, tails: ReadonlyMap<string, Tail>): Held {
  let [bytes, reports] = [0, 0];
  let oldestAt = Infinity;
  for (const book of ledger.values()) {
    const held = countBook(book, tails.get(book.id));
    bytes += held.bytes;
    reports += held.reports;
    oldestAt = Math.min(oldestAt, held.oldestAt ?? Infinity);
  }
  return { bytes, reports, ...(oldestAt === Infinity ? {} : { oldestAt }) };
}

function countBook(book: StreamBook, tail: Tail | undefined): Held {
  let [bytes, reports] = [0, 0];
  const inMemory = entryAt(tail, book.acked + 1)?.report.at;
  let oldestAt = inMemory ?? Infinity;
  for (const segment of book.segments) {
    bytes += diskBytes(segment.bytes);
    if (segment.last <= book.acked || isGivenUp(book, segment)) continue;
    reports += Math.min(segment.reports, segment.last - book.acked);
    if (inMemory === undefined) oldestAt = Math.min(oldestAt, segment.firstAt ?? Infinity);
  }
  for (const entry of tail?.entries ?? []) {
    if (entry.text === undefined || entry.report.seq <= book.acked) continue;
    bytes += entry.bytes;
    reports++;
  }
  return { bytes, reports, ...(oldestAt === Infinity ? {} : { oldestAt }) };
}
