// The embedded store as the collector sees it: a client of the writer thread. Watermarks, columns and newest values are
// answered from memory; writes are collected for a moment and made durable together. Promise: a write either resolves when all
// its entries are on the disk, or rejects with none of them stored.
//
// One group is on its way to the disk at a time. When it fails, the one that has been collected meanwhile fails with it: its
// sequence numbers rest on the lost ones.

import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../../shared/clock.ts';
import { NamedError, ERRORS, type ErrorCode } from '../../shared/errors.ts';
import type { Definitions } from './archive.ts';
import type { StoreConfig } from './config.ts';
import { Directory, type HostEntry, type SeriesEntry, type StreamEntry } from './directory.ts';
import type { Log, Snapshot } from './engine.ts';
import { GroupWriter, type GroupGap } from './group.ts';
import { RECORD_HEAD_BYTES } from './journal.ts';
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
  Watermark,
} from './store.ts';
import type { Answer, Request, Setup } from './worker.ts';

export interface EmbeddedOptions {
  folder: string;
  clock: Clock;
  config: StoreConfig;
  log: Log;
}

/** Opens the folder (made when it is not there), replays what was not packed, and resolves when the store can be used. */
export async function openEmbeddedStore(options: EmbeddedOptions): Promise<Store> {
  const { folder, clock, config, log } = options;
  const setup: Setup = { folder, config, now: clock.now() };
  const worker = new Worker(new URL(`./worker${extname(import.meta.url)}`, import.meta.url), {
    workerData: setup,
    name: 'store',
  });
  const thread = new Thread(worker, log);
  const snapshot = await thread.opened;
  return new EmbeddedStore(options, thread, new Directory(snapshot));
}

type DistributiveOmit<T, K extends string> = T extends unknown ? Omit<T, K> : never;

/** Questions to the writer thread and their answers. */
class Thread {
  readonly opened: Promise<Snapshot>;
  private readonly worker: Worker;
  private readonly log: Log;
  private readonly waiting = new Map<number, { resolve: (v: never) => void; reject: (e: Error) => void }>();
  private nextId = 1;
  private dead: NamedError | undefined;

  constructor(worker: Worker, log: Log) {
    this.worker = worker;
    this.log = log;
    this.opened = this.expect(0);
    worker.on('message', (answer: Answer) => this.take(answer));
    worker.on('error', (error) => this.die(error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', () => this.die(undefined));
  }

  ask<T>(request: Request, transfer: ArrayBuffer[] = []): Promise<T> {
    if (this.dead) return Promise.reject(this.dead);
    const id = this.nextId++;
    const answer = this.expect<T>(id);
    this.worker.postMessage({ id, request }, transfer);
    return answer;
  }

  private expect<T>(id: number): Promise<T> {
    return new Promise<T>((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  private take(answer: Answer): void {
    if ('log' in answer) {
      this.log[answer.log](answer.fields, answer.message);
      return;
    }
    const waiting = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if (answer.ok) waiting?.resolve(answer.result as never);
    else waiting?.reject(errorOf(answer.code, answer.message));
  }

  private die(error: Error | undefined): void {
    if (this.dead) return;
    this.dead = new NamedError(
      'STORE_UNAVAILABLE',
      `the store's writer ended${error ? `: ${error.message}` : ''}`,
    );
    if (error) this.log.error({ err: error }, "the store's writer ended");
    for (const { reject } of this.waiting.values()) reject(this.dead);
    this.waiting.clear();
  }
}

function errorOf(code: string | undefined, message: string): NamedError {
  const known = code !== undefined && Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : 'STORE_UNAVAILABLE';
  return new NamedError(known, message);
}

/** Entries that become durable together. */
interface Group {
  writer: GroupWriter;
  definitions: Definitions;
  rows: { series: SeriesEntry; at: number; values: ArrayLike<number>; isWhole: boolean }[];
  marks: Map<StreamEntry, number>;
  done: PromiseWithResolvers<void>;
}

class EmbeddedStore implements Store {
  private readonly options: EmbeddedOptions;
  private readonly thread: Thread;
  private readonly directory: Directory;
  private collecting: Group | undefined;
  private flying: Group | undefined;
  private timer: Timer | undefined;
  private isDue = false;
  private spare: ArrayBuffer | undefined;
  private closing: Promise<void> | undefined;

  constructor(options: EmbeddedOptions, thread: Thread, directory: Directory) {
    this.options = options;
    this.thread = thread;
    this.directory = directory;
  }

  watermarks(host: string): Watermark[] {
    const streams = this.directory.host(host)?.streams ?? new Map<string, StreamEntry>();
    return [...streams].flatMap(([stream, { durable }]) => (durable < 0 ? [] : [{ stream, seq: durable }]));
  }

  watermark(host: string, stream: string): number {
    return this.directory.host(host)?.streams.get(stream)?.durable ?? -1;
  }

  declare(host: string, series: string, columns: readonly string[]): void {
    this.directory.declare(host, series, columns);
  }

  columns(host: string, series: string): readonly string[] | undefined {
    return this.directory.host(host)?.series.get(series)?.columns;
  }

  write(entries: readonly Entry[]): Promise<void> {
    if (this.closing) return Promise.reject(new NamedError('STORE_UNAVAILABLE', 'the store is closed'));
    const group = (this.collecting ??= this.newGroup());
    if (group.writer.size > this.options.config.pendingLimit)
      return Promise.reject(new NamedError('STORE_UNAVAILABLE', 'too much waits for the disk'));
    const added = this.add(group, entries);
    if (added instanceof NamedError) return Promise.reject(added);
    if (added > 0) {
      this.schedule(group);
      return group.done.promise;
    }
    // Nothing new: durable when what it repeats is.
    if (group.writer.entries > 0) return group.done.promise;
    return this.flying?.done.promise ?? Promise.resolve();
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

  async points(query: RangeQuery): Promise<Map<string, Point[]>> {
    const out = new Map<string, Point[]>();
    for (const [key, { at, value }] of await this.samples(query))
      out.set(
        key,
        Array.from(at, (t, i) => ({ at: t, value: value[i] as number })),
      );
    return out;
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
    const found = await this.ask<GroupGap[]>({ op: 'gaps', host: entry.id, from, to });
    const names = new Map([...entry.streams].map(([name, { id }]) => [id, name]));
    return found.map(({ stream, ...gap }) => ({ ...gap, host, stream: names.get(stream) ?? '' }));
  }

  stats(): Promise<StoreStats> {
    return this.ask<StoreStats>({ op: 'stats' });
  }

  async maintain(options: { all?: boolean } = {}): Promise<void> {
    if (options.all) await this.flush();
    await this.ask<void>({ op: 'maintain', all: options.all ?? false });
  }

  close(): Promise<void> {
    this.closing ??= this.flush()
      .catch(() => undefined)
      .then(() => this.ask<void>({ op: 'close' }));
    return this.closing;
  }

  private ask<T>(request: DistributiveOmit<Request, 'now'>, transfer: ArrayBuffer[] = []): Promise<T> {
    return this.thread.ask<T>({ ...request, now: this.options.clock.now() } as Request, transfer);
  }

  private query({ host, keys, from, to }: RangeQuery): ColumnQuery | undefined {
    const id = this.directory.host(host)?.id;
    return id === undefined || from >= to ? undefined : { host: id, keys: [...keys], from, to };
  }

  private newGroup(): Group {
    const buffer = this.spare ?? new ArrayBuffer(256 * 1024);
    this.spare = undefined;
    const done = Promise.withResolvers<void>();
    // Every caller handles its own rejection; a group that only repeats what is stored has none.
    done.promise.catch(() => undefined);
    return {
      writer: new GroupWriter(buffer, RECORD_HEAD_BYTES),
      definitions: { hosts: [], streams: [], columns: [], series: [] },
      rows: [],
      marks: new Map(),
      done,
    };
  }

  /** Number of entries taken, or why none of the call's entries was. */
  private add(group: Group, entries: readonly Entry[]): number | NamedError {
    const { size, entries: before } = group.writer;
    const rowsBefore = group.rows.length;
    const undo: { stream: StreamEntry; accepted: number }[] = [];
    for (const entry of entries) {
      const host = this.directory.hostOf(entry.host);
      const stream = this.directory.streamOf(host, entry.stream);
      const [from, to] = entry.kind === 'row' ? [entry.seq, entry.seq] : [entry.from, entry.to];
      if (to <= stream.accepted) continue;
      const problem =
        from === stream.accepted + 1
          ? this.addEntry(group, host, stream, entry)
          : jump(entry, from, stream.accepted);
      if (problem) {
        group.writer.rewind(size, before);
        group.rows.length = rowsBefore;
        for (const u of undo.reverse()) u.stream.accepted = u.accepted;
        return problem;
      }
      undo.push({ stream, accepted: stream.accepted });
      stream.accepted = to;
    }
    for (const { stream } of undo) group.marks.set(stream, stream.accepted);
    return undo.length;
  }

  private addEntry(group: Group, host: HostEntry, stream: StreamEntry, entry: Entry): NamedError | undefined {
    if (entry.kind === 'gap') {
      this.directory.define(group.definitions, host, stream);
      group.writer.addGap({ ...entry, stream: stream.id });
      return undefined;
    }
    const series = host.series.get(entry.series);
    if (!series)
      return new NamedError('SERIES_UNKNOWN', `${entry.host}: no columns declared as ${entry.series}`);
    if (series.columns.length !== entry.values.length) {
      const what = `${entry.values.length} values for ${series.columns.length} columns`;
      return new NamedError('SERIES_CHANGED', `${entry.host}: ${what} of ${entry.series}`);
    }
    this.directory.define(group.definitions, host, stream, series);
    const { seq, at, arrivedAt, values } = entry;
    group.writer.addRow({ stream: stream.id, series: series.id, seq, at, arrivedAt, values });
    group.rows.push({ series, at, values, isWhole: entry.isWhole === true });
    return undefined;
  }

  private schedule(group: Group): void {
    const { groupSize, groupWindow } = this.options.config;
    if (groupWindow === 0 || group.writer.size >= groupSize) this.isDue = true;
    if (this.isDue || this.timer) {
      this.send();
      return;
    }
    this.timer = this.options.clock.after(groupWindow, () => {
      this.timer = undefined;
      this.isDue = true;
      this.send();
    });
  }

  /** Sends the collected group if it is due and nothing is on its way. */
  private send(): void {
    const group = this.collecting;
    if (!group || !this.isDue || this.flying || group.writer.entries === 0) return;
    this.timer?.cancel();
    this.timer = undefined;
    this.isDue = false;
    this.collecting = undefined;
    this.flying = group;
    const buffer = group.writer.take();
    const { definitions } = group;
    const bytes = group.writer.size;
    this.ask<ArrayBuffer>({ op: 'commit', buffer, bytes, definitions }, [buffer]).then(
      (back) => this.landed(group, back),
      (error: NamedError) => this.failed(group, error),
    );
  }

  private landed(group: Group, buffer: ArrayBuffer): void {
    this.flying = undefined;
    if (buffer.byteLength <= this.options.config.groupSize * 2) this.spare = buffer;
    for (const [stream, seq] of group.marks) stream.durable = seq;
    for (const { series, at, values, isWhole } of group.rows) series.take(at, values, isWhole);
    group.done.resolve();
    this.send();
  }

  private failed(group: Group, error: NamedError): void {
    this.flying = undefined;
    const next = this.collecting;
    this.collecting = undefined;
    for (const lost of next ? [group, next] : [group]) {
      this.directory.undefine(lost.definitions);
      for (const stream of lost.marks.keys()) stream.accepted = stream.durable;
      lost.done.reject(error);
    }
    this.isDue = false;
    this.timer?.cancel();
    this.timer = undefined;
  }

  private async flush(): Promise<void> {
    while (this.flying || (this.collecting && this.collecting.writer.entries > 0)) {
      this.isDue = true;
      this.send();
      await this.flying?.done.promise;
    }
  }
}

function jump(entry: Entry, from: number, accepted: number): NamedError {
  const what = `${entry.host}: stream ${entry.stream} sends ${from}; expected ${accepted + 1}`;
  return new NamedError('SEQUENCE_JUMP', what);
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
