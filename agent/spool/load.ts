// Opens what an earlier process left: names tell what closed segments hold; only open segments are read, cut at their torn
// tail, and packed. Promise: afterwards every number of a held stream up to its last known one is in a segment or in a gap.

import {
  addGap,
  bookOf,
  droppedRange,
  holes,
  isGivenUp,
  lastNumber,
  type Ledger,
  loadLedger,
  type SegmentInfo,
  type StreamBook,
} from './ledger.ts';
import { isDiskError, type SegmentFiles } from './segment-files.ts';
import type { SpoolDisk } from './spool.ts';

export interface Loaded {
  ledger: Ledger;
  nextOrdinal: number;
  /** Numbers found lost by damage or by a missing file. */
  corrupt: number;
}

/** Throws what the disk throws when the folder or its list cannot be had. */
export function loadSpool(disk: SpoolDisk, files: SegmentFiles, folder: string, ledgerFile: string): Loaded {
  disk.makeFolder(folder);
  const ledger: Ledger = new Map();
  const hasLedger = disk.list(folder).includes(ledgerFile);
  if (hasLedger) loadLedger(ledger, Buffer.from(disk.read(`${folder}/${ledgerFile}`)).toString());
  const segments = files.list();
  for (const info of segments) bookOf(ledger, info.stream).segments.push(info);
  let corrupt = 0;
  for (const book of ledger.values()) corrupt += settleBook(files, book);
  return {
    ledger: inOrder(ledger),
    nextOrdinal: (segments.at(-1)?.ordinal ?? -1) + 1,
    corrupt,
  };
}

function settleBook(files: SegmentFiles, book: StreamBook): number {
  let corrupt = 0;
  let next = Infinity;
  const kept: SegmentInfo[] = [];
  for (const info of book.segments.reverse()) {
    if (info.kind === 'log') corrupt += closeLeftover(files, info, next);
    if (info.last < info.first || info.last <= book.acked || isGivenUp(book, info)) files.remove(info);
    else {
      if (info.bytes === 0) addGap(book, droppedRange(book, info));
      kept.push(info);
      next = info.first;
    }
  }
  book.segments = kept.reverse();
  for (const hole of holes(book, book.acked + 1, lastNumber(book))) corrupt += addGap(book, hole);
  return corrupt;
}

/** Numbers from `next` on were written again into a later segment, which wins. */
function closeLeftover(files: SegmentFiles, info: SegmentInfo, next: number): number {
  const decoded = files.decodeLeftover(info);
  const items = decoded.items
    .filter((item) => item.from < next)
    .map((item) => (item.to < next ? item : { ...item, to: next - 1 }));
  info.last = items.at(-1)?.to ?? info.first - 1;
  info.reports = items.filter((item) => item.kind === 'report').length;
  info.firstAt = items.find((item) => item.kind === 'report')?.at;
  if (items.length === 0) return 0;
  try {
    files.rewrite(info, 'full', items, decoded);
    info.verified = true;
    return items.reduce(
      (sum, i) => sum + (i.kind === 'gap' && i.reason === 'corrupt' ? i.to - i.from + 1 : 0),
      0,
    );
  } catch (error) {
    // No room to pack it: it serves as it is, and counts its damage when it is read.
    if (!isDiskError(error)) throw error;
    return 0;
  }
}

function inOrder(ledger: Ledger): Ledger {
  const age = (book: StreamBook): number => book.segments[0]?.ordinal ?? -1;
  return new Map([...ledger.values()].sort((a, b) => age(a) - age(b)).map((book) => [book.id, book]));
}
