// The store's writer: journal, unpacked rows in memory, archive. Synchronous; one thread owns it. Promise: what `commit`
// returned from is found again by `open`, each sequence number of a stream once.

import { mkdirSync } from 'node:fs';
import { NamedError } from '../../shared/errors.ts';
import type { Clock } from '../../shared/clock.ts';
import { Archive, type Definitions, type Dictionary } from './archive.ts';
import type { StoreConfig } from './config.ts';
import { folderBytes, realFiles, type Files } from './files.ts';
import { readGroup, type GroupGap, type GroupSink } from './group.ts';
import { diskError, Journal } from './journal.ts';
import { newSeries, type HostState, type SeriesState, type StreamState } from './hosts.ts';
import { foldLast, type LastValues } from './last.ts';
import { isDue, newestOf, packHost, rowLimit, sortRows } from './packer.ts';
import { Reader, type BucketColumns, type ColumnQuery, type PointColumns } from './reader.ts';
import { TIERS } from './rollup.ts';
import { type Block, blockOf } from './select.ts';
import type { StoreStats, Wanted } from './store.ts';

export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface EngineOptions {
  folder: string;
  clock: Pick<Clock, 'now' | 'monotonic'>;
  config: StoreConfig;
  log: Log;
  files?: Files;
}

/** What the main thread keeps in memory from the start on. */
export interface Snapshot {
  dictionary: Dictionary;
  latest: { series: number; last: LastValues }[];
}

type Newest = Snapshot['latest'][number] & { isDamaged: boolean };

const DAMAGED_BLOCK = 'a stored block is damaged and was left out';
const SPACE_CHECK_MS = 1000;
const PACK_TURN_MS = 8;

export class Engine {
  private readonly options: EngineOptions;
  private readonly files: Files;
  private readonly archive: Archive;
  private readonly journal: Journal;
  private readonly reader: Reader;
  private readonly hosts = new Map<number, HostState>();
  private readonly streams = new Map<number, StreamState>();
  private readonly series = new Map<number, SeriesState>();
  private readonly columns = new Map<number, readonly string[]>();
  /** Hosts that reached their row limit, to be packed soon. */
  private readonly due = new Set<HostState>();
  private pendingGaps: GroupGap[] = [];
  private unpackedBytes = 0;
  /** Damaged places found since the last housekeeping. */
  private damaged = new Set<string>();
  private spaceCheckedAt = -Infinity;
  private packingFailed = false;

  constructor(options: EngineOptions) {
    this.options = options;
    this.files = options.files ?? realFiles;
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    this.archive = openArchive(options.folder);
    this.journal = new Journal({
      folder: options.folder,
      files: this.files,
      segmentBytes: options.config.segmentSize,
      onDamage: (d) =>
        this.onDamage(`${d.path} ${d.offset}`, 'a journal record failed its checksum and was skipped'),
    });
    this.reader = new Reader(this.archive, {
      rawFrom: () => this.rawFrom(),
      onDamage: (place) => this.onDamage(place, DAMAGED_BLOCK),
    });
  }

  /** Loads the dictionary and replays the journal. */
  open(): Snapshot {
    const { config, clock } = this.options;
    this.archive.transaction(() => this.archive.forgetStreams(clock.now() - config.keepStreams));
    const dictionary = this.archive.dictionary();
    this.adopt(dictionary);
    for (const h of dictionary.hosts) this.host(h.id).packedGroup = h.packedGroup;
    for (const s of dictionary.streams) {
      const stream = this.streams.get(s.id);
      if (stream) Object.assign(stream, { seq: s.seq, touchedAt: s.touchedAt });
    }
    const packed = Math.max(0, ...dictionary.hosts.map((h) => h.packedGroup));
    this.journal.replay(packed, (group, buffer, from, to) => {
      if (!readGroup(buffer, from, to, this.sink(group, true)))
        this.onDamage(`group ${group}`, 'a journal record is malformed');
    });
    const latest = this.latest();
    const gone = this.forgetOldSeries(latest);
    const series = dictionary.series.filter((s) => !gone.has(s.id));
    return { dictionary: { ...this.withWatermarks(dictionary), series }, latest };
  }

  /** Makes one group durable and takes it into memory. `record` has the journal's head free. Throws STORE_FULL or STORE_UNAVAILABLE with nothing stored. */
  commit(record: Uint8Array<ArrayBuffer>, headBytes: number, definitions: Definitions): void {
    this.checkSpace();
    try {
      this.archive.define(definitions);
    } catch (error) {
      throw diskError('the archive cannot be written', error);
    }
    this.adopt(definitions);
    const group = this.journal.append(record);
    readGroup(
      record.buffer,
      record.byteOffset + headBytes,
      record.byteOffset + record.length,
      this.sink(group, false),
    );
  }

  points(query: ColumnQuery): Map<string, PointColumns> {
    return this.reader.points(this.hosts.get(query.host), query);
  }

  /** One column after the other, query by query. */
  select(queries: readonly ColumnQuery[], wanted: Wanted | undefined): Block {
    const columns = queries.flatMap((query) => this.reader.pieces(this.hosts.get(query.host), query));
    return blockOf(columns, wanted);
  }

  buckets(query: ColumnQuery & { stepMs: number }): Map<string, BucketColumns> {
    return this.reader.buckets(this.hosts.get(query.host), query);
  }

  gaps(host: number, from: number, to: number): GroupGap[] {
    const stored = this.archive.gapsOf(host);
    const known = new Set(stored.map((g) => `${g.stream} ${g.from}`));
    const pending = this.pendingGaps.filter(
      (g) => this.streams.get(g.stream)?.host.id === host && !known.has(`${g.stream} ${g.from}`),
    );
    // A gap whose own times are unknown is shown where it arrived.
    return [...stored, ...pending].filter(
      (g) => (g.toAt ?? g.arrivedAt) >= from && (g.fromAt ?? g.arrivedAt) < to,
    );
  }

  stats(): StoreStats {
    let rows = this.archive.counter('rows');
    let samples = this.archive.counter('samples');
    let pendingRows = 0;
    for (const s of this.series.values()) {
      pendingRows += s.tail.rows;
      samples += s.tail.samples;
    }
    rows += pendingRows;
    const diskBytes = folderBytes(this.options.folder);
    const gaps = this.archive.countGaps() + this.pendingGaps.length;
    const damagedBlocks = this.archive.countDamage() + this.damaged.size;
    return { rows, samples, diskBytes, pendingRows, gaps, damagedBlocks };
  }

  /** Packs some of the hosts that are due, for a few milliseconds; true when more are due. */
  packSome(): boolean {
    if (this.due.size === 0) return false;
    const { clock } = this.options;
    const until = clock.monotonic() + PACK_TURN_MS;
    const packed: HostState[] = [];
    const done = this.packing(() => {
      for (const host of this.due) {
        packHost(host, this.packContext());
        this.settleStreams(host);
        packed.push(host);
        if (clock.monotonic() >= until) break;
      }
      this.settleGaps();
    });
    if (!done) {
      // Tried again by `maintain` or when the next row makes the host due.
      this.due.clear();
      return false;
    }
    for (const host of packed) this.afterPack(host);
    return this.due.size > 0;
  }

  /** Marks hosts by age (`all`: every host with unpacked rows) for `packSome`. */
  markDue(all: boolean): void {
    const now = this.options.clock.now();
    for (const host of this.hosts.values())
      if (host.series.some((s) => s.tail.rows > 0 && (all || isDue(s, now, this.options.config))))
        this.due.add(host);
  }

  /** Applies retention and removes journal segments that are packed. `all` also empties the write-ahead log. */
  tidy(all: boolean): void {
    const done = this.packing(() => {
      this.settleGaps();
      for (const host of this.hosts.values()) if (isPacked(host)) this.settleStreams(host);
      this.retain();
      for (const place of this.damaged) this.archive.addDamage(place, this.options.clock.now());
    });
    if (!done) return;
    this.damaged.clear();
    if (all) this.journal.rotate();
    for (const host of this.hosts.values())
      if (isPacked(host)) {
        host.gapGroup = Infinity;
        for (const s of host.streams) s.dirty = false;
      }
    this.forgetPacked();
    if (all) this.archive.checkpoint();
  }

  get isPackingDue(): boolean {
    return this.due.size > 0;
  }

  /** Removes journal segments of which every row and watermark is in the archive. */
  forgetPacked(): void {
    if (!this.journal.hasClosed) return;
    let oldest = this.journal.lastGroup + 1;
    for (const host of this.hosts.values()) {
      oldest = Math.min(oldest, host.gapGroup);
      for (const s of host.series) if (s.tail.rows > 0) oldest = Math.min(oldest, s.tail.firstGroup);
    }
    this.journal.forget(oldest - 1);
  }

  close(): void {
    this.journal.close();
    this.archive.close();
  }

  private sink(group: number, replaying: boolean): GroupSink {
    return {
      row: (streamId, seriesId, seq, at, arrivedAt, values) => {
        const stream = this.streams.get(streamId);
        if (stream && replaying && !this.replays(group, stream, streamId, seq, arrivedAt)) return;
        const series = this.series.get(seriesId);
        if (!stream || !series || series.tail.width !== values.length) {
          this.onDamage(`group ${group}`, 'a journal row names an unknown stream or series');
          return;
        }
        stream.seq = seq;
        stream.touchedAt = arrivedAt;
        stream.dirty = true;
        const before = series.tail.bytes;
        series.tail.append(group, at, arrivedAt, values);
        this.unpackedBytes += series.tail.bytes - before;
        if (this.isFull(series)) this.due.add(series.host);
      },
      gap: (gap) => {
        const stream = this.streams.get(gap.stream);
        if (!stream || (replaying && gap.to <= stream.seq)) return;
        stream.seq = gap.to;
        stream.touchedAt = gap.arrivedAt;
        stream.dirty = true;
        stream.host.gapGroup = Math.min(stream.host.gapGroup, group);
        this.pendingGaps.push(gap);
      },
    };
  }

  /** A short list read often must not pack the long one beside it too early: the series with most of the host's samples decides. */
  private isFull({ tail, host, packedOnce }: SeriesState): boolean {
    const { packRows, packBytes, memory } = this.options.config;
    const limit = rowLimit(host.id, packedOnce, packRows * Math.min(1, memory / this.unpackedBytes));
    if (tail.bytes >= packBytes || tail.rows >= limit * 4) return true;
    return tail.rows >= limit && tail.samples * 2 >= host.series.reduce((sum, s) => sum + s.tail.samples, 0);
  }

  /** Whether a row from the journal is still to be taken into memory. Numbers lost to a damaged record become a gap that can be seen. */
  private replays(
    group: number,
    stream: StreamState,
    streamId: number,
    seq: number,
    arrivedAt: number,
  ): boolean {
    if (group <= stream.host.packedGroup || seq <= stream.seq) return false;
    if (seq > stream.seq + 1)
      this.pendingGaps.push({
        stream: streamId,
        from: stream.seq + 1,
        to: seq - 1,
        reason: 'corrupt',
        arrivedAt,
      });
    return true;
  }

  private adopt(d: Definitions): void {
    for (const h of d.hosts) this.host(h.id);
    for (const c of d.columns) if (!this.columns.has(c.id)) this.columns.set(c.id, c.names);
    for (const s of d.streams) {
      if (this.streams.has(s.id)) continue;
      const host = this.host(s.host);
      const state = { id: s.id, host, seq: -1, touchedAt: 0, dirty: false };
      this.streams.set(s.id, state);
      host.streams.push(state);
    }
    for (const s of d.series) {
      if (this.series.has(s.id)) continue;
      const host = this.host(s.host);
      const state = newSeries(s.id, host, this.columns.get(s.columns) ?? []);
      this.series.set(s.id, state);
      host.series.push(state);
    }
  }

  private host(id: number): HostState {
    let host = this.hosts.get(id);
    if (!host)
      this.hosts.set(id, (host = { id, packedGroup: 0, gapGroup: Infinity, series: [], streams: [] }));
    return host;
  }

  private withWatermarks(dictionary: Dictionary): Dictionary {
    const streams = dictionary.streams.map((s) => ({ ...s, seq: this.streams.get(s.id)?.seq ?? s.seq }));
    return { ...dictionary, streams };
  }

  private latest(): Newest[] {
    return [...this.series.values()].map((s) => {
      const { last, isDamaged } = newestOf(s, this.packContext());
      if (s.tail.rows > 0) foldLast(last, sortRows(s.tail.readShared()));
      return { series: s.id, last, isDamaged };
    });
  }

  /** Column lists of which nothing was ever stored, or nothing within the longest retention. */
  private forgetOldSeries(latest: readonly Newest[]): Set<number> {
    const before = this.options.clock.now() - this.options.config.keepHours;
    // What cannot be read says nothing of the age of the rest.
    const isKept = ({ last, series, isDamaged }: Newest): boolean =>
      isDamaged || last.ats.some((at) => at >= before) || (this.series.get(series)?.tail.rows ?? 0) > 0;
    const gone = new Set(latest.filter((l) => !isKept(l)).map((l) => l.series));
    if (gone.size === 0) return gone;
    this.archive.transaction(() => {
      for (const id of gone) this.archive.forgetSeries(id);
    });
    for (const id of gone) {
      const host = this.series.get(id)?.host;
      if (host) host.series = host.series.filter((s) => s.id !== id);
      this.series.delete(id);
    }
    return gone;
  }

  private packContext() {
    return {
      archive: this.archive,
      reader: this.reader,
      lastGroup: this.journal.lastGroup,
      rawFrom: this.rawFrom(),
      onDamage: (place: string) => this.onDamage(place, DAMAGED_BLOCK),
    };
  }

  private rawFrom(): number {
    return this.options.clock.now() - this.options.config.keepRaw;
  }

  private afterPack(host: HostState): void {
    this.due.delete(host);
    host.packedGroup = this.journal.lastGroup;
    host.gapGroup = Infinity;
    for (const s of host.streams) s.dirty = false;
    for (const s of host.series) {
      if (s.tail.rows === 0) continue;
      this.unpackedBytes -= s.tail.bytes;
      s.tail.clear();
      s.packedOnce = true;
    }
  }

  /** Only when the host's rows are all packed: a watermark ahead of them would make replay drop them. */
  private settleStreams(host: HostState): void {
    for (const s of host.streams) if (s.dirty) this.archive.setWatermark(s.id, s.seq, s.touchedAt);
  }

  private settleGaps(): void {
    for (const gap of this.pendingGaps) this.archive.addGap(gap);
  }

  private retain(): void {
    const { config, clock } = this.options;
    const now = clock.now();
    this.archive.forgetChunks(now - config.keepRaw);
    this.archive.forgetGaps(now - config.keepHours);
    const keep = [config.keepFiveMinutes, config.keepHours];
    for (const id of this.series.keys())
      TIERS.forEach((tier, i) => {
        const before = Math.floor((now - (keep[i] as number)) / tier.windowMs);
        if (before > 0) this.archive.forgetRollups(id, i, before);
      });
  }

  /** One transaction of housekeeping; a disk that refuses it is logged once and changes nothing. */
  private packing(work: () => void): boolean {
    try {
      this.archive.transaction(work);
    } catch (error) {
      if (!this.packingFailed)
        this.options.log.error({ err: error }, 'packing failed; rows stay in the journal');
      this.packingFailed = true;
      return false;
    }
    this.pendingGaps = [];
    if (this.packingFailed) this.options.log.info({}, 'packing works again');
    this.packingFailed = false;
    return true;
  }

  private checkSpace(): void {
    const { config, clock, folder } = this.options;
    if (config.freeFloor === 0 || clock.monotonic() - this.spaceCheckedAt < SPACE_CHECK_MS) return;
    const freeBytes = this.files.freeBytes(folder);
    if (freeBytes < config.freeFloor)
      throw new NamedError(
        'STORE_FULL',
        `${folder}: ${freeBytes} bytes free, below the floor of ${config.freeFloor}`,
      );
    this.spaceCheckedAt = clock.monotonic();
  }

  private onDamage(place: string, message: string): void {
    if (this.damaged.has(place) || this.archive.isKnownDamage(place)) return;
    this.damaged.add(place);
    this.options.log.error({ code: 'STORE_CORRUPT', place }, message);
  }
}

function isPacked(host: HostState): boolean {
  return host.series.every((s) => s.tail.rows === 0);
}

/** SQLite's result code for a file that another process holds. */
const SQLITE_BUSY = 5;

function openArchive(folder: string): Archive {
  try {
    return new Archive(folder);
  } catch (error) {
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) {
      throw new NamedError('STORE_IN_USE', `${folder} is open in another process`, { cause: error });
    }
    throw diskError(`the archive in ${folder} cannot be opened`, error);
  }
}
