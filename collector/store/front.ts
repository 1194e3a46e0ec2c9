// What every engine's store has in front: watermarks, columns and newest values in memory, and group commit. Promise: a write
// either resolves when all its entries are on the disk, or rejects with none of them stored.
//
// One group is on its way to the disk at a time. When it fails, the one that has been collected meanwhile fails with it: its
// sequence numbers rest on the lost ones.

import { NamedError } from '../../shared/errors.ts';
import type { Definitions } from './archive.ts';
import type { Directory, HostEntry, SeriesEntry, StreamEntry } from './directory.ts';
import { GroupWriter } from './group.ts';
import { RECORD_HEAD_BYTES } from './journal.ts';
import type { Entry, Watermark } from './store.ts';

export interface FrontOptions {
  directory: Directory;
  /** Writes are refused while more bytes than this wait for the disk. */
  pendingLimit: number;
  /** `anywhere`: a stream may begin at any number and leave some out, where another store has judged that already. */
  order?: 'contiguous' | 'anywhere';
  /** Called for each row's host, to add what else the writer must know of it. */
  describe?(definitions: Definitions, host: HostEntry): void;
  /** Makes a group durable and gives its buffer back. `buffer` is moved: it can be used no more until then. */
  commit(buffer: ArrayBuffer, bytes: number, definitions: Definitions): Promise<ArrayBuffer>;
}

/** A buffer that has grown beyond this is not kept for the next group. */
const SPARE_BYTES = 8 * 1024 ** 2;

/** Entries that become durable together. */
interface Group {
  writer: GroupWriter;
  definitions: Definitions;
  rows: { series: SeriesEntry; at: number; values: ArrayLike<number>; isWhole: boolean }[];
  marks: Map<StreamEntry, number>;
  done: PromiseWithResolvers<void>;
}

export class Front {
  private readonly options: FrontOptions;
  private readonly directory: Directory;
  private collecting: Group | undefined;
  private flying: Group | undefined;
  private spare: ArrayBuffer | undefined;
  private closing: Promise<void> | undefined;

  constructor(options: FrontOptions) {
    this.options = options;
    this.directory = options.directory;
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
    if (group.writer.size > this.options.pendingLimit)
      return Promise.reject(new NamedError('STORE_UNAVAILABLE', 'too much waits for the disk'));
    const added = this.add(group, entries);
    if (added instanceof NamedError) return Promise.reject(added);
    if (added > 0) {
      this.send();
      return group.done.promise;
    }
    // Nothing new: durable when what it repeats is.
    if (group.writer.entries > 0) return group.done.promise;
    return this.flying?.done.promise ?? Promise.resolve();
  }

  /** Takes no more, and resolves when what it has taken is on the disk or has failed. */
  close(): Promise<void> {
    this.closing ??= this.flush().catch(() => undefined);
    return this.closing;
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
        from === stream.accepted + 1 || this.options.order === 'anywhere'
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
    this.options.describe?.(group.definitions, host);
    const { seq, at, arrivedAt, values } = entry;
    group.writer.addRow({ stream: stream.id, series: series.id, seq, at, arrivedAt, values });
    group.rows.push({ series, at, values, isWhole: entry.isWhole === true });
    return undefined;
  }

  /** Sends the collected group if nothing is on its way: what comes meanwhile makes the next. */
  private send(): void {
    const group = this.collecting;
    if (!group || this.flying || group.writer.entries === 0) return;
    this.collecting = undefined;
    this.flying = group;
    const buffer = group.writer.take();
    const { definitions } = group;
    const bytes = group.writer.size;
    this.options.commit(buffer, bytes, definitions).then(
      (back) => this.landed(group, back),
      (error: NamedError) => this.failed(group, error),
    );
  }

  private landed(group: Group, buffer: ArrayBuffer): void {
    this.flying = undefined;
    if (buffer.byteLength <= SPARE_BYTES) this.spare = buffer;
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
  }

  async flush(): Promise<void> {
    while (this.flying || (this.collecting && this.collecting.writer.entries > 0)) {
      this.send();
      await this.flying?.done.promise;
    }
  }
}

function jump(entry: Entry, from: number, accepted: number): NamedError {
  const what = `${entry.host}: stream ${entry.stream} sends ${from}; expected ${accepted + 1}`;
  return new NamedError('SEQUENCE_JUMP', what);
}
