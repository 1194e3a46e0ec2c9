// The Spool interface: reports on disk until the collector has said that they are durable. Promise: what `append` has made
// durable is handed out by `next` until it is acknowledged, across crashes; what cannot be kept is declared as a gap and counted.

import type { GapReason, Gap, Report, Series } from '../../shared/frame.ts';

/** A report as collected, before it has a place in a stream. */
export type Collected = Omit<Report, 't' | 'stream' | 'seq'>;

export interface Position {
  stream: string;
  seq: number;
}

/** What goes out next on a lane, in sequence order: a report with the columns it needs, or a gap. */
export type Outgoing =
  | { kind: 'report'; report: Report; series: Series; bytes: number }
  | { kind: 'gap'; gap: Gap; bytes: number };

export interface SpoolStats {
  bytes: number;
  reports: number;
  /** Agent's clock of the oldest report still held, or undefined. */
  oldestAt?: number;
  lost: Readonly<Record<GapReason, number>>;
  /** Set while the disk refuses writes: reports are kept in memory within a bound, then lost and declared. */
  failing?: string;
}

export interface Spool {
  /** The stream that new reports join. */
  readonly liveStream: string;
  /** The number that its next report gets. */
  readonly nextSeq: number;
  /** Set while the disk refuses writes: see `SpoolStats`. */
  readonly failing: string | undefined;
  /** Streams still held, oldest first, the live one last. */
  streams(): string[];
  /** Gives the report the next number of the live stream. Durable after the next `sync` (at most `syncMs` later). */
  append(report: Collected, columns: readonly string[]): Position;
  /** Makes all appended reports durable; the shell calls it on a timer and before a goodbye. */
  sync(): void;
  /** Items after `after` (exclusive) of this stream, in order, up to `maxBytes` (at least one if there is one). */
  next(stream: string, after: number, maxBytes: number): Outgoing[];
  /** All up to `seq` of the stream is durable at the collector: forget it. */
  acknowledge(stream: string, seq: number): void;
  /** The collector refused this report for good: it becomes a declared gap. */
  reject(stream: string, seq: number): void;
  /** Starts a new live stream, so that live data overtakes the backlog of the old one. */
  rotate(): void;
  /**
   * The collector has all up to `seq` of the live stream, and may have them of another life of this process. What was given those
   * numbers here and not acknowledged is declared lost, at the beginning of a new live stream. `salt`: what the other life cannot have
   * known; chance itself may be the same in both.
   */
  restored(seq: number, salt: string): void;
  stats(): SpoolStats;
  close(): void;
}

/** The disk as the spool sees it; the simulation and the fault tests give their own. All calls are synchronous and may throw ErrnoException. */
export interface SpoolDisk {
  list(folder: string): string[];
  read(path: string): Uint8Array;
  size(path: string): number;
  /** Appends and returns the new size. */
  append(path: string, data: Uint8Array): number;
  sync(path: string): void;
  truncate(path: string, size: number): void;
  /** Writes whole, durably, by temporary file and rename. */
  replace(path: string, data: Uint8Array): void;
  remove(path: string): void;
  makeFolder(path: string): void;
  /** Free bytes for this user and size of the volume. */
  space(folder: string): { freeBytes: number; totalBytes: number };
  /** Closes what it keeps open between calls. */
  release?(): void;
}
