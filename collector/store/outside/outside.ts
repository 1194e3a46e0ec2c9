// A store whose history lies in an engine outside. Promise: `write` resolves when this machine's own queue has the entries on
// its disk, whether or not the engine can be reached; watermarks, newest values, keys and gaps are answered from here. Samples
// and aggregates are the engine's, with what it may not show yet laid over them; without the engine they are refused, never
// answered in part.

import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../../../shared/clock.ts';
import { NamedError } from '../../../shared/errors.ts';
import type { Definitions } from '../archive.ts';
import { pointsOf } from '../columns.ts';
import { Directory, type HostEntry, namedGaps } from '../directory.ts';
import type { Log } from '../engine.ts';
import { Front } from '../front.ts';
import type { GroupGap } from '../group.ts';
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
  Watermark,
} from '../store.ts';
import { Thread } from '../thread.ts';
import type { QueueSettings } from './config.ts';
import type { ReadQuery, Reader } from './engine.ts';
import { type EngineChoice, engineOf } from './engines.ts';
import { mergeBuckets, mergeSamples, spanOf } from './merge.ts';
import { outsideSeries, type Place } from './names.ts';
import type { QueueSnapshot } from './queue.ts';
import type { Request, Setup } from './worker.ts';

export interface Places {
  /** Names of a host, as people call it and its hospital. */
  place(host: string): Place | undefined;
  /** Reads the names anew, when there is a host of which none are known. */
  refresh(): Promise<void>;
}

export interface OutsideOptions {
  folder: string;
  clock: Clock;
  config: QueueSettings;
  engine: EngineChoice;
  places: Places;
  log: Log;
  /** `anywhere` beside another store, which judges the order. */
  order?: 'contiguous' | 'anywhere';
}

export async function openOutsideStore(options: OutsideOptions): Promise<OutsideStore> {
  const { folder, clock, config, engine, log } = options;
  const setup: Setup = { folder, config, engine, now: clock.now() };
  const worker = new Worker(new URL(`./worker${extname(import.meta.url)}`, import.meta.url), {
    workerData: setup,
    name: 'queue',
  });
  const thread = new Thread<QueueSnapshot>(worker, log);
  return new OutsideStore(options, thread, await thread.opened);
}

type DistributiveOmit<T, K extends string> = T extends unknown ? Omit<T, K> : never;

/** What engines can name, ms. */
const LAST_MS = 9_223_372_036_854;
const PENDING_LIMIT = 64 * 1024 ** 2;

export class OutsideStore implements Store {
  private readonly options: OutsideOptions;
  private readonly thread: Thread<QueueSnapshot>;
  private readonly directory: Directory;
  private readonly front: Front;
  private readonly reader: Reader;
  /** By host number: the names that the queue knows. */
  private readonly told: Map<number, string>;
  private readonly met = new Set<string>();
  private reading: Promise<void> | undefined;
  private closing: Promise<void> | undefined;

  constructor(options: OutsideOptions, thread: Thread<QueueSnapshot>, snapshot: QueueSnapshot) {
    this.options = options;
    this.thread = thread;
    this.directory = new Directory(snapshot);
    this.told = new Map(
      snapshot.places.map(({ host, hospital, name }) => [host, namesOf({ hospital, host: name })]),
    );
    this.reader = engineOf(options.engine).reader;
    this.front = new Front({
      directory: this.directory,
      pendingLimit: PENDING_LIMIT,
      order: options.order ?? 'contiguous',
      describe: (definitions, host) => this.describe(definitions, host),
      commit: (buffer, bytes, definitions) => this.commit(buffer, bytes, definitions),
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
    for (const { kind, host } of entries) if (kind === 'row') this.meet(host);
    // Whoever comes while names are read waits too: entries must stay in order.
    return this.reading ? this.reading.then(() => this.front.write(entries)) : this.front.write(entries);
  }

  async latest(host: string): Promise<Latest | undefined> {
    return this.directory.latest(host);
  }

  async keys(host: string): Promise<string[]> {
    return this.directory.keys(host);
  }

  async samples(query: RangeQuery): Promise<Map<string, SampleColumns>> {
    const asked = this.asked(query);
    if (!asked) return new Map();
    // First what waits: what is sent meanwhile is in both, and counts once.
    const recent = await this.recent(asked);
    return mergeSamples(await this.read(() => this.reader.samples(asked)), recent);
  }

  async points(query: RangeQuery): Promise<Map<string, Point[]>> {
    return pointsOf(await this.samples(query));
  }

  async buckets(query: RangeQuery & { stepMs: number }): Promise<Map<string, Bucket[]>> {
    const { stepMs } = query;
    const asked = this.asked({
      ...query,
      from: Math.floor(query.from / stepMs) * stepMs,
      to: Math.ceil(query.to / stepMs) * stepMs,
    });
    if (!asked) return new Map();
    const recent = await this.recent(asked);
    const { found, mixed } = await this.read(() => this.reader.buckets({ ...asked, stepMs }));
    for (const key of mixed) found.set(key, []);
    // Where something waits, or a host was renamed, aggregates are made here from samples.
    for (const { series, from, to } of spansOf(asked, recent, mixed, stepMs)) {
      const raw = await this.read(() => this.reader.samples({ ...asked, series: [series], from, to }));
      const merged = mergeSamples(raw, recent).get(series.key);
      if (merged)
        found.set(series.key, mergeBuckets(found.get(series.key) ?? [], merged, { from, to, stepMs }));
    }
    return new Map([...found].filter(([, list]) => list.length > 0));
  }

  async gaps(host: string, from: number, to: number): Promise<GapRecord[]> {
    const entry = this.directory.host(host);
    if (!entry) return [];
    return namedGaps(entry, await this.ask<GroupGap[]>({ op: 'gaps', host: entry.id, from, to }));
  }

  stats(): Promise<StoreStats> {
    return this.ask<StoreStats>({ op: 'stats' });
  }

  /** `all`: the engine has everything, and shows it, when it resolves. */
  async maintain(options: { all?: boolean } = {}): Promise<void> {
    if (options.all) await this.front.flush();
    await this.ask<void>({ op: 'maintain', all: options.all ?? false });
  }

  close(): Promise<void> {
    this.closing ??= this.front.close().then(() => this.ask<void>({ op: 'close' }));
    return this.closing;
  }

  private ask<T>(request: DistributiveOmit<Request, 'now'>, transfer: ArrayBuffer[] = []): Promise<T> {
    return this.thread.ask<T>({ ...request, now: this.options.clock.now() } as Request, transfer);
  }

  private async recent({ host, series, from, to }: ReadQuery): Promise<Map<string, SampleColumns>> {
    const id = this.directory.host(host)?.id ?? 0;
    return await this.ask({ op: 'recent', host: id, keys: series.map((s) => s.key), from, to });
  }

  private async read<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw new NamedError('STORE_UNAVAILABLE', `${this.options.engine.kind}: ${(cause as Error).message}`, {
        cause,
        mend: 'Reports go on being stored in the queue; see that the engine runs and can be reached.',
      });
    }
  }

  private asked({ host, keys, from, to }: RangeQuery): ReadQuery | undefined {
    const known = new Set(this.directory.keys(host));
    const series = keys.flatMap((key) => (known.has(key) ? (outsideSeries(key) ?? []) : []));
    const span = { from: Math.max(0, Math.ceil(from)), to: Math.min(LAST_MS, Math.ceil(to)) };
    return series.length === 0 || span.from >= span.to ? undefined : { host, series, ...span };
  }

  /** Names are read again for a host that is seen for the first time and has none. */
  private meet(host: string): void {
    if (this.met.has(host)) return;
    this.met.add(host);
    const { places } = this.options;
    if (places.place(host) !== undefined) return;
    this.reading ??= places
      .refresh()
      .catch(() => undefined)
      .finally(() => {
        this.reading = undefined;
      });
  }

  private describe(definitions: Definitions, host: HostEntry): void {
    const place = this.options.places.place(host.name) ?? { hospital: '', host: host.name };
    const names = namesOf(place);
    if (this.told.get(host.id) === names) return;
    this.told.set(host.id, names);
    (definitions.places ??= []).push({ host: host.id, hospital: place.hospital, name: place.host });
  }

  private async commit(buffer: ArrayBuffer, bytes: number, definitions: Definitions): Promise<ArrayBuffer> {
    try {
      return await this.ask<ArrayBuffer>({ op: 'commit', buffer, bytes, definitions }, [buffer]);
    } catch (error) {
      for (const { host } of definitions.places ?? []) this.told.delete(host);
      throw error;
    }
  }
}

const namesOf = (place: Place): string => JSON.stringify([place.hospital, place.host]);

/** Whole buckets of which the engine's own aggregates are not all, by series. */
function* spansOf(
  asked: ReadQuery,
  recent: Map<string, SampleColumns>,
  mixed: readonly string[],
  stepMs: number,
): Generator<{ series: ReadQuery['series'][number]; from: number; to: number }> {
  for (const series of asked.series) {
    const waiting = recent.get(series.key);
    if (mixed.includes(series.key)) yield { series, from: asked.from, to: asked.to };
    else if (waiting) yield { series, ...spanOf(waiting, stepMs) };
  }
}
