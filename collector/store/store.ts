// The Store interface: time series of all hosts. Promise: `write` resolves only after its own commit (fsync); for each
// (host, stream) exactly the next sequence number is stored, with its watermark, in the same commit. One contract suite
// (contract.ts) runs against every engine. Every read is confined to the hosts that it names.

import type { GapReason } from '../../shared/frame.ts';

/** One accepted report or gap on its way to disk; times are already corrected by the clock offset. */
export type Entry =
  | {
      kind: 'row';
      host: string;
      stream: string;
      seq: number;
      /** Corrected time of the samples and arrival time, collector's clock, UTC ms. */
      at: number;
      arrivedAt: number;
      /** Content hash of the columns; declared by `declare` before its first use. */
      series: string;
      /** One value per column; NaN where nothing was read. May be used again by the caller when the write has settled. */
      values: Float64Array | readonly number[];
      /** None of them is NaN; not said: not known. */
      isWhole?: boolean;
    }
  | {
      kind: 'gap';
      host: string;
      stream: string;
      from: number;
      to: number;
      reason: GapReason;
      fromAt?: number;
      toAt?: number;
      arrivedAt: number;
    };

export interface GapRecord {
  host: string;
  stream: string;
  from: number;
  to: number;
  reason: GapReason;
  fromAt?: number;
  toAt?: number;
  arrivedAt: number;
}

export interface Watermark {
  stream: string;
  seq: number;
}

export interface Point {
  at: number;
  value: number;
}

/** Over [at, at + stepMs). Buckets without samples are absent: hours without data are said, not smoothed. */
export interface Bucket {
  at: number;
  min: number;
  max: number;
  mean: number;
  last: number;
  count: number;
}

/** Samples of one key as columns, oldest first. */
export interface SampleColumns {
  at: Float64Array;
  value: Float64Array;
}

/** What a question does with samples: at each of `count` instants it takes the newest one, or all of the `rangeMs` before it. */
export interface Wanted {
  first: number;
  /** 0: all at `first`. */
  stepMs: number;
  count: number;
  /** 0: the newest one at or before the instant. */
  rangeMs: number;
}

export interface RangeQuery {
  host: string;
  /** Series keys as `seriesKey` renders them. */
  keys: readonly string[];
  /** [from, to), UTC ms. */
  from: number;
  to: number;
}

export interface Latest {
  /** Corrected time of the newest sample of each key, with its value. */
  values: Map<string, Point>;
  at: number;
}

export interface StoreStats {
  /** Rows and samples written since the store was made. */
  rows: number;
  samples: number;
  diskBytes: number;
  /** Journal not yet packed. */
  pendingRows: number;
  gaps: number;
  /** Lost to corruption, counted when found. */
  damagedBlocks: number;
  /** Of a store whose history lies outside. */
  queue?: QueueStats;
  /** Of the engines that are fed beside the store; `missed`: entries that their queues could not take. */
  outlets?: (QueueStats & { name: string; pendingRows: number; missed: number })[];
}

/** What waits for an engine outside, and what it will never get. */
export interface QueueStats {
  /** Size of the queue's files. */
  bytes: number;
  /** Rows given up because the queue was full or damaged. */
  droppedRows: number;
  /** Samples that the engine refused for good. */
  refusedSamples: number;
  /** Since when and why the engine takes nothing. */
  trouble?: { since: number; why: string };
}

export interface Store {
  /** Watermarks of the host's streams (-1 is not listed). Served from memory. */
  watermarks(host: string): Watermark[];
  watermark(host: string, stream: string): number;
  /** Makes a list of columns known for the host. Idempotent. */
  declare(host: string, series: string, columns: readonly string[]): void;
  columns(host: string, series: string): readonly string[] | undefined;
  /** Durable when it resolves; group commit inside. Rejects with NamedError STORE_FULL or STORE_UNAVAILABLE: then none of this call's entries is stored. */
  write(entries: readonly Entry[]): Promise<void>;
  /** Newest values of the host; survives a restart. */
  latest(host: string): Promise<Latest | undefined>;
  /** All series keys the host ever sent within retention. */
  keys(host: string): Promise<string[]>;
  /** Raw samples, oldest first, by key. */
  points(query: RangeQuery): Promise<Map<string, Point[]>>;
  /** The same as columns, where the engine has them so. Keys without samples may be left out. */
  samples?(query: RangeQuery): Promise<Map<string, SampleColumns>>;
  /** Samples of many hosts at once, in the order of the queries, where the engine has them so; those that `wanted` has no use for may be left out. */
  select?(queries: readonly RangeQuery[], wanted?: Wanted): Promise<Map<string, SampleColumns>[]>;
  /** Aggregates from raw data or rollups, whichever answers `stepMs` exactly (multiples of 5 min use rollups). */
  buckets(query: RangeQuery & { stepMs: number }): Promise<Map<string, Bucket[]>>;
  gaps(host: string, from: number, to: number): Promise<GapRecord[]>;
  stats(): Promise<StoreStats>;
  /** Packs what is due, builds rollups, applies retention. The shell calls it on a timer; `all` packs everything (benchmarks, close). */
  maintain(options?: { all?: boolean }): Promise<void>;
  close(): Promise<void>;
}
