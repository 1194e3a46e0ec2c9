// The newest reports of one stream in memory: those not yet on disk, and a small window of those that are, so that live
// reports go to the link without a read. Invariant: entries are consecutive; those on disk come before those that are not.

import type { Report, Series } from '../../shared/frame.ts';

export interface Entry {
  report: Report;
  series: Series;
  /** Of the JSON text. */
  bytes: number;
  /** Present until the report is on disk. */
  text: string | undefined;
}

export interface Tail {
  stream: string;
  entries: Entry[];
  nextSeq: number;
  /** Held in memory, roughly. */
  bytes: number;
  unsynced: number;
}

export function newTail(stream: string): Tail {
  return { stream, entries: [], nextSeq: 0, bytes: 0, unsynced: 0 };
}

/** An object beside its text takes about as much again. */
const cost = (entry: Entry): number => (entry.text === undefined ? entry.bytes : 2 * entry.bytes);

export function pushEntry(tail: Tail, entry: Entry): void {
  tail.entries.push(entry);
  tail.nextSeq = entry.report.seq + 1;
  tail.bytes += cost(entry);
  tail.unsynced++;
}

export function entryAt(tail: Tail | undefined, seq: number): Entry | undefined {
  const first = tail?.entries[0]?.report.seq;
  return first === undefined ? undefined : tail?.entries[seq - first];
}

export function unsyncedEntries(tail: Tail): Entry[] {
  return tail.unsynced === 0 ? [] : tail.entries.slice(-tail.unsynced);
}

/** The first `count` unsynced entries are on disk now. */
export function markSynced(tail: Tail, count: number): void {
  for (const entry of unsyncedEntries(tail).slice(0, count)) {
    tail.bytes -= cost(entry);
    entry.text = undefined;
    tail.bytes += cost(entry);
  }
  tail.unsynced -= count;
}

/** Everything after `seq` that is still here must be written again. */
export function markUnsyncedAfter(tail: Tail, seq: number): void {
  for (const entry of tail.entries) {
    if (entry.report.seq <= seq || entry.text !== undefined) continue;
    tail.bytes -= cost(entry);
    entry.text = JSON.stringify(entry.report);
    tail.bytes += cost(entry);
    tail.unsynced++;
  }
}

/** Takes the oldest entry out. */
export function shiftEntry(tail: Tail): Entry | undefined {
  const entry = tail.entries.shift();
  if (!entry) return undefined;
  tail.bytes -= cost(entry);
  if (entry.text !== undefined) tail.unsynced--;
  return entry;
}

/** Forgets, oldest first, what is on disk and acknowledged, and what is on disk while the window is over `windowBytes`. */
export function trimTail(tail: Tail, acked: number, windowBytes: number): void {
  for (let first = tail.entries[0]; first && first.text === undefined; first = tail.entries[0]) {
    if (first.report.seq > acked && tail.bytes <= windowBytes) return;
    shiftEntry(tail);
  }
}
