// The embedded store as the collector sees it: a client of the writer thread, which owns journal and archive (engine.ts), with
// the common front (front.ts) before it.

import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../../shared/clock.ts';
import type { StoreConfig } from './config.ts';
import { pointsOf } from './columns.ts';
import { Directory, namedGaps } from './directory.ts';
import type { Log, Snapshot } from './engine.ts';
import { Front } from './front.ts';
import type { GroupGap } from './group.ts';
import type { Block } from './select.ts';
import type { BucketColumns, ColumnQuery, PointColumns } from './reader.ts';
import type {
  Bucket,
  Entry,
  GapRecord,
  Latest,
  Point,
  RangeQuery,
  SampleColumns,
  Store,
  StoreStats,
  Wanted,
  Watermark,
} from './store.ts';
import { Thread } from './thread.ts';
import type { Request, Setup } from './worker.ts';

export interface EmbeddedOptions {
  folder: string;
  clock: Clock;
  config: StoreConfig;
  log: Log;
  /** See `FrontOptions`. */
  order?: 'contiguous' | 'anywhere';
}

/** Opens the folder (made when it is not there), replays what was not packed, and resolves when the store can be used. */
export async function openEmbeddedStore(options: EmbeddedOptions): Promise<Store> {
  const { folder, clock, config, log } = options;
  const setup: Setup = { folder, config, now: clock.now() };
  const worker = new Worker(new URL(`./worker${extname(import.meta.url)}`, import.meta.url), {
    workerData: setup,
    name: 'store',
  });
  const thread = new Thread<Snapshot>(worker, log);
  const snapshot = await thread.opened;
  return new EmbeddedStore(options, thread, new Directory(snapshot));
}

type DistributiveOmit<T, K extends string> = T extends unknown ? Omit<T, K> : never;

class EmbeddedStore implements Store {
  private readonly clock: Clock;
  private readonly thread: Thread<Snapshot>;
  private readonly directory: Directory;
  private readonly front: Front;
  private closing: Promise<void> | undefined;

  constructor(
    { clock, config, order = 'contiguous' }: EmbeddedOptions,
    thread: Thread<Snapshot>,
    directory: Directory,
  ) {
    this.clock = clock;
    this.thread = thread;
    this.directory = directory;
    this.front = new Front({
      directory,
      pendingLimit: config.pendingLimit,
      order,
      commit: (buffer, bytes, definitions) =>
        this.ask<ArrayBuffer>({ op: 'commit', buffer, bytes, definitions }, [buffer]),
    });
  }

  watermarks(host: string): Watermark[] {
    return this.front.watermarks(host);
  }

  watermark(host: string, stream: string): number {
    return this.front.watermark(host, stream);
  }

  declare(host: string, series: string, columns: readonly string[]): void {
    this.directory.declare(host, series, columns);
  }

  columns(host: string, series: string): readonly string[] | undefined {
    return this.front.columns(host, series);
  }

  write(entries: readonly Entry[]): Promise<void> {
    return this.front.write(entries);
  }

  async latest(host: string): Promise<Latest | undefined> {
    return this.directory.latest(host);
  }

  async keys(host: string): Promise<string[]> {
    return this.directory.keys(host);
  }

  async samples(query: RangeQuery): Promise<Map<string, SampleColumns>> {
    const asked = this.query(query);
    return asked ? await this.ask<Map<string, PointColumns>>({ op: 'points', query: asked }) : new Map();
  }

  async select(queries: readonly RangeQuery[], wanted?: Wanted): Promise<Map<string, SampleColumns>[]> {
    const asked = queries.map((query) => this.query(query));
    const known = asked.filter((query) => query !== undefined);
    const block = await this.ask<Block>({ op: 'select', queries: known, wanted });
    let [column, from] = [0, 0];
    return asked.map((query) => {
      const found = new Map<string, SampleColumns>();
      for (const key of query?.keys ?? []) {
        const past = from + (block.lengths[column++] as number);
        if (past > from)
          found.set(key, { at: block.at.subarray(from, past), value: block.value.subarray(from, past) });
        from = past;
      }
      return found;
    });
  }

  async points(query: RangeQuery): Promise<Map<string, Point[]>> {
    return pointsOf(await this.samples(query));
  }

  async buckets(query: RangeQuery & { stepMs: number }): Promise<Map<string, Bucket[]>> {
    const asked = this.query(query);
    const withStep = asked && { ...asked, stepMs: query.stepMs };
    const found =
      withStep && (await this.ask<Map<string, BucketColumns>>({ op: 'buckets', query: withStep }));
    const out = new Map<string, Bucket[]>();
    for (const [key, c] of found ?? [])
      out.set(
        key,
        Array.from(c.at, (_, i) => bucketAt(c, i)),
      );
    return out;
  }

  async gaps(host: string, from: number, to: number): Promise<GapRecord[]> {
    const entry = this.directory.host(host);
    if (!entry) return [];
    return namedGaps(entry, await this.ask<GroupGap[]>({ op: 'gaps', host: entry.id, from, to }));
  }

  stats(): Promise<StoreStats> {
    return this.ask<StoreStats>({ op: 'stats' });
  }

  async maintain(options: { all?: boolean } = {}): Promise<void> {
    if (options.all) await this.front.flush();
    await this.ask<void>({ op: 'maintain', all: options.all ?? false });
  }

  close(): Promise<void> {
    this.closing ??= this.front.close().then(() => this.ask<void>({ op: 'close' }));
    return this.closing;
  }

  private ask<T>(request: DistributiveOmit<Request, 'now'>, transfer: ArrayBuffer[] = []): Promise<T> {
    return this.thread.ask<T>({ ...request, now: this.clock.now() } as Request, transfer);
  }

  private query({ host, keys, from, to }: RangeQuery): ColumnQuery | undefined {
    const id = this.directory.host(host)?.id;
    return id === undefined || from >= to ? undefined : { host: id, keys: [...keys], from, to };
  }
}

function bucketAt(c: BucketColumns, i: number): Bucket {
  return {
    at: c.at[i] as number,
    min: c.min[i] as number,
    max: c.max[i] as number,
    mean: c.mean[i] as number,
    last: c.last[i] as number,
    count: c.count[i] as number,
  };
}
