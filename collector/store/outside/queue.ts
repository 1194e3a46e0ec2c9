// The durable queue to an engine outside: groups in the journal, everything else in the ledger. Synchronous; one thread owns it.
// Promise: what `commit` returned from is handed out by `next` until it is settled, also after a crash; what the limit pushes out
// is counted and becomes a declared gap.
//
//   groups   ── settled ──┊── sent, kept for a while ──┊── waiting ──▶
//            may be gone  ┊   sent again after a break ┊
//
// Between `settled` and `sent` an engine has acknowledged what it may still lose: it is sent again when the engine was away.

import { mkdirSync } from 'node:fs';
import type { Clock } from '../../../shared/clock.ts';
import { NamedError } from '../../../shared/errors.ts';
import type { Definitions, Dictionary } from '../archive.ts';
import type { Log, Snapshot } from '../engine.ts';
import { type Files, folderBytes, realFiles } from '../files.ts';
import { type GroupGap, readGroup } from '../group.ts';
import { diskError, Journal } from '../journal.ts';
import { noLast } from '../last.ts';
import type { QueueStats, SampleColumns, StoreStats } from '../store.ts';
import { type GroupBytes, lossOf, samplesIn, type SeriesRecord } from './groups.ts';
import { type Ledger, openLedger } from './ledger.ts';
import type { Place } from './names.ts';

export interface QueueConfig {
  segmentSize: number;
  freeFloor: number;
  /** Above it the oldest segment is given up. */
  limit: number;
  /** Of the newest groups, for reading and sending. */
  memory: number;
  keepStreams: number;
}

export interface QueueOptions {
  folder: string;
  clock: Pick<Clock, 'now' | 'monotonic'>;
  config: QueueConfig;
  log: Log;
  files?: Files;
}

export interface QueueSnapshot extends Snapshot {
  places: { host: number; hospital: string; name: string }[];
}

interface Pending {
  group: number;
  rows: number;
  samples: number;
  /** The body of the group; absent where only the journal has it. */
  body?: ArrayBuffer;
}

export interface QueueBatch {
  groups: GroupBytes[];
  to: number;
}

const SPACE_CHECK_MS = 1000;

export class Queue {
  readonly series = new Map<number, SeriesRecord>();
  private readonly options: QueueOptions;
  private readonly config: QueueConfig;
  private readonly files: Files;
  private readonly ledger: Ledger;
  private readonly journal: Journal;
  private readonly columns = new Map<number, readonly string[]>();
  private readonly hosts = new Map<number, { name: string; places: { from: number; tags: Place }[] }>();
  private readonly streams = new Map<
    number,
    { host: number; seq: number; touchedAt: number; isDirty: boolean }
  >();
  private pending: Pending[] = [];
  private bodyBytes = 0;
  private pendingGaps: GroupGap[] = [];
  private settledGroup = 0;
  private sentGroup = 0;
  private acks: { to: number; at: number }[] = [];
  private damaged = new Set<string>();
  private spaceCheckedAt = -Infinity;

  constructor(options: QueueOptions) {
    this.options = options;
    this.config = options.config;
    this.files = options.files ?? realFiles;
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    this.ledger = openLedger(options.folder);
    this.journal = new Journal({
      folder: options.folder,
      files: this.files,
      segmentBytes: options.config.segmentSize,
      onDamage: ({ path, offset }) => this.onDamage(`${path} ${offset}`),
    });
  }

  open(): QueueSnapshot {
    const { clock, config } = this.options;
    this.ledger.transaction(() => this.ledger.forgetStreams(clock.now() - config.keepStreams));
    const dictionary = this.ledger.dictionary();
    this.adopt(dictionary);
    for (const s of dictionary.streams)
      Object.assign(this.streams.get(s.id) ?? {}, { seq: s.seq, touchedAt: s.touchedAt });
    for (const [id, s] of this.series) {
      const last = this.ledger.last(id, s.columns.length);
      if (last !== undefined && last !== 'damaged') s.last = last;
    }
    for (const p of this.ledger.places())
      this.hosts
        .get(p.host)
        ?.places.push({ from: p.fromGroup, tags: { hospital: p.hospital, host: p.name } });
    this.settledGroup = this.sentGroup = this.ledger.counter('settled');
    this.journal.replay(this.settledGroup, (group, buffer, from, to) => {
      if (group > this.settledGroup) this.take(group, buffer.slice(from, to));
    });
    this.ledger.transaction(() => this.writeGaps());
    this.pendingGaps = [];
    const latest = [...this.series].map(([series, { last }]) => ({ series, last }));
    return { dictionary: this.withWatermarks(dictionary), latest, places: this.newestPlaces() };
  }

  /** Makes one group durable. `record` has the journal's head free. Throws STORE_FULL or STORE_UNAVAILABLE with nothing stored. */
  commit(record: Uint8Array<ArrayBuffer>, headBytes: number, definitions: Definitions): void {
    this.checkSpace();
    const fromGroup = this.journal.lastGroup + 1;
    try {
      this.ledger.define(definitions);
      this.ledger.addPlaces(definitions.places, fromGroup);
    } catch (error) {
      throw diskError('the ledger cannot be written', error);
    }
    this.adopt(definitions);
    for (const { host, hospital, name } of definitions.places ?? [])
      this.hosts.get(host)?.places.push({ from: fromGroup, tags: { hospital, host: name } });
    const group = this.journal.append(record);
    this.take(group, record.buffer.slice(record.byteOffset + headBytes, record.byteOffset + record.length));
    while (this.journal.bytes > this.config.limit && this.giveUpOldest());
  }

  get isEmpty(): boolean {
    return this.waiting() >= this.pending.length;
  }

  /** The oldest groups that were not sent, at least one, as many as fit. */
  next(mostBytes: number): QueueBatch | undefined {
    const first = this.waiting();
    if (first >= this.pending.length) return undefined;
    const groups: GroupBytes[] = [];
    let bytes = 0;
    const add = (group: number, buffer: ArrayBuffer, from: number, to: number): void => {
      if (bytes > 0 && bytes + to - from > mostBytes) bytes = Infinity;
      if (bytes === Infinity) return;
      bytes += to - from;
      groups.push({ group, buffer, from, to });
    };
    if (this.pending[first]?.body) {
      for (const { group, body } of this.pending.slice(first, first + 4096))
        if (body) add(group, body, 0, body.byteLength);
    } else this.journal.read(this.sentGroup, add);
    const to = groups.at(-1)?.group;
    if (to === undefined) return this.skipDamaged(first, mostBytes);
    return { groups, to };
  }

  /** The engine has acknowledged everything up to the group. */
  sent(to: number): void {
    this.sentGroup = Math.max(this.sentGroup, to);
    this.acks.push({ to, at: this.options.clock.monotonic() });
  }

  /** The engine may have lost what it acknowledged lately. */
  rewind(): void {
    this.sentGroup = this.settledGroup;
    this.acks = [];
  }

  /** Whether something was acknowledged that long ago and is not settled. */
  canSettle(keepMs: number): boolean {
    const [oldest] = this.acks;
    return oldest !== undefined && oldest.at <= this.options.clock.monotonic() - keepMs;
  }

  /** Forgets what was acknowledged at least so long ago. */
  settle(keepMs: number): void {
    const until = this.options.clock.monotonic() - keepMs;
    const aged = this.acks.filter((ack) => ack.at <= until);
    const to = aged.at(-1)?.to;
    if (to === undefined) return;
    this.acks = this.acks.slice(aged.length);
    this.settleUpTo(to);
  }

  /** Samples of groups that the engine may not show yet, by key. */
  recent(host: number, keys: readonly string[], from: number, to: number): Map<string, SampleColumns> {
    const bodies = this.pending.flatMap((p) => p.body ?? []);
    return samplesIn(bodies, this.series, { host, keys: new Set(keys), from, to });
  }

  hostName(id: number): string {
    return this.hosts.get(id)?.name ?? '';
  }

  /** The names under which the host's rows of that group go out. */
  placeAt(host: number, group: number): Place {
    return (
      this.hosts.get(host)?.places.findLast((p) => p.from <= group)?.tags ?? {
        hospital: '',
        host: this.hostName(host),
      }
    );
  }

  gaps(host: number, from: number, to: number): GroupGap[] {
    const stored = this.ledger.gapsOf(host);
    const pending = this.pendingGaps.filter((g) => this.streams.get(g.stream)?.host === host);
    return [...stored, ...pending].filter(
      (g) => (g.toAt ?? g.arrivedAt) >= from && (g.fromAt ?? g.arrivedAt) < to,
    );
  }

  stats(): StoreStats & { queue: QueueStats } {
    const waiting = this.pending.slice(this.waiting());
    const sum = (of: 'rows' | 'samples', list: Pending[]): number => list.reduce((n, p) => n + p[of], 0);
    return {
      rows: this.ledger.counter('rows') + sum('rows', this.pending),
      samples: this.ledger.counter('samples') + sum('samples', this.pending),
      diskBytes: folderBytes(this.options.folder),
      pendingRows: sum('rows', waiting),
      gaps: this.ledger.countGaps() + this.pendingGaps.length,
      damagedBlocks: this.ledger.countDamage() + this.damaged.size,
      queue: {
        bytes: this.journal.bytes,
        droppedRows: this.ledger.counter('dropped_rows'),
        refusedSamples: this.ledger.counter('refused_samples'),
      },
    };
  }

  refuse(samples: number): void {
    if (samples > 0) this.ledger.addToCounter('refused_samples', samples);
  }

  tidy(keepGapsMs: number): void {
    const now = this.options.clock.now();
    this.ledger.transaction(() => {
      this.ledger.forgetGaps(now - keepGapsMs);
      for (const place of this.damaged) this.ledger.addDamage(place, now);
    });
    this.damaged.clear();
  }

  /** Everything is settled: leaves as little as can be. */
  compact(): void {
    if (!this.isEmpty || this.settledGroup < this.journal.lastGroup) return;
    this.journal.rotate();
    this.journal.forget(this.settledGroup);
    this.ledger.checkpoint();
  }

  close(): void {
    this.ledger.transaction(() => this.writeGaps());
    this.journal.close();
    this.ledger.close();
  }

  private waiting(): number {
    const { pending, sentGroup } = this;
    let [low, high] = [0, pending.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pending[middle] as Pending).group <= sentGroup) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private take(group: number, body: ArrayBuffer): void {
    const entry: Pending = { group, rows: 0, samples: 0, body };
    const isSound = readGroup(body, 0, body.byteLength, {
      row: (streamId, seriesId, seq, at, arrivedAt, values) => {
        this.advance(streamId, seq, arrivedAt);
        entry.rows++;
        const s = this.series.get(seriesId);
        for (let c = 0; c < values.length; c++) {
          const value = values[c] as number;
          if (Number.isNaN(value)) continue;
          entry.samples++;
          if (!s || at < (s.last.ats[c] as number)) continue;
          s.last.ats[c] = at;
          s.last.values[c] = value;
          s.isDirty = true;
        }
      },
      gap: (gap) => {
        this.advance(gap.stream, gap.to, gap.arrivedAt);
        this.pendingGaps.push(gap);
      },
    });
    if (!isSound) this.onDamage(`group ${group}`);
    this.pending.push(entry);
    this.bodyBytes += body.byteLength;
    for (let i = 0; this.bodyBytes > this.config.memory && i < this.pending.length - 1; i++) {
      const old = this.pending[i] as Pending;
      this.bodyBytes -= old.body?.byteLength ?? 0;
      delete old.body;
    }
  }

  private advance(streamId: number, seq: number, arrivedAt: number): void {
    const stream = this.streams.get(streamId);
    if (!stream || seq <= stream.seq) return;
    stream.seq = seq;
    stream.touchedAt = arrivedAt;
    stream.isDirty = true;
  }

  private settleUpTo(to: number): void {
    const settled = this.pending.filter((p) => p.group <= to);
    this.ledger.transaction(() => {
      this.writeGaps();
      this.writeMarks();
      this.ledger.setCounter('settled', to);
      this.ledger.addToCounter(
        'rows',
        settled.reduce((n, p) => n + p.rows, 0),
      );
      this.ledger.addToCounter(
        'samples',
        settled.reduce((n, p) => n + p.samples, 0),
      );
    });
    this.pendingGaps = [];
    this.settledGroup = to;
    this.pending = this.pending.slice(settled.length);
    this.bodyBytes -= settled.reduce((n, p) => n + (p.body?.byteLength ?? 0), 0);
    this.journal.forget(to);
  }

  /** Watermarks and newest values may run ahead of `settled`: replay only raises them. */
  private writeMarks(): void {
    for (const [id, s] of this.streams) {
      if (s.isDirty) this.ledger.setWatermark(id, s.seq, s.touchedAt);
      s.isDirty = false;
    }
    for (const [id, s] of this.series) {
      if (s.isDirty) this.ledger.setLast(id, s.last);
      s.isDirty = false;
    }
  }

  private writeGaps(): void {
    for (const gap of this.pendingGaps) this.ledger.addGap(gap);
  }

  /** The oldest segment goes; what of it was never sent becomes a gap of each stream. False when there is none to give up. */
  private giveUpOldest(): boolean {
    const oldest = this.journal.oldestClosed;
    if (!oldest) return false;
    const unsent: GroupBytes[] = [];
    this.journal.read(Math.min(this.settledGroup, oldest.lastGroup - 1), (group, buffer, from, to) => {
      if (group > this.sentGroup && group <= oldest.lastGroup) unsent.push({ group, buffer, from, to });
    });
    const { rows, gaps } = lossOf(unsent);
    this.pendingGaps.push(...gaps);
    this.sentGroup = Math.max(this.sentGroup, oldest.lastGroup);
    this.acks = this.acks.filter((ack) => ack.to > oldest.lastGroup);
    if (rows > 0) this.ledger.addToCounter('dropped_rows', rows);
    this.settleUpTo(oldest.lastGroup);
    this.options.log.error(
      { rows, limit: this.config.limit },
      'the queue is full: its oldest reports were given up and are declared as gaps',
    );
    return true;
  }

  /** Nothing can be read of the groups that should come next: they count as damage. */
  private skipDamaged(first: number, mostBytes: number): QueueBatch | undefined {
    const next = this.pending.slice(first).find((p) => p.body);
    const to = (next?.group ?? this.journal.lastGroup + 1) - 1;
    const rows = this.pending.slice(first).reduce((n, p) => n + (p.group <= to ? p.rows : 0), 0);
    this.ledger.addToCounter('dropped_rows', rows);
    this.onDamage(`groups up to ${to}`);
    this.sent(to);
    return this.next(mostBytes);
  }

  private adopt(d: Definitions): void {
    for (const h of d.hosts) if (!this.hosts.has(h.id)) this.hosts.set(h.id, { name: h.name, places: [] });
    for (const c of d.columns) if (!this.columns.has(c.id)) this.columns.set(c.id, c.names);
    for (const s of d.streams)
      if (!this.streams.has(s.id))
        this.streams.set(s.id, { host: s.host, seq: -1, touchedAt: 0, isDirty: false });
    for (const s of d.series) {
      if (this.series.has(s.id)) continue;
      const columns = this.columns.get(s.columns) ?? [];
      this.series.set(s.id, { host: s.host, columns, last: noLast(columns.length), isDirty: false });
    }
  }

  private withWatermarks(dictionary: Dictionary): Dictionary {
    const streams = dictionary.streams.map((s) => ({ ...s, seq: this.streams.get(s.id)?.seq ?? s.seq }));
    return { ...dictionary, streams };
  }

  private newestPlaces(): QueueSnapshot['places'] {
    return [...this.hosts].flatMap(([host, { places }]) => {
      const newest = places.at(-1)?.tags;
      return newest ? [{ host, hospital: newest.hospital, name: newest.host }] : [];
    });
  }

  private checkSpace(): void {
    const { folder, clock } = this.options;
    const { freeFloor } = this.config;
    if (freeFloor === 0 || clock.monotonic() - this.spaceCheckedAt < SPACE_CHECK_MS) return;
    const freeBytes = this.files.freeBytes(folder);
    if (freeBytes < freeFloor)
      throw new NamedError(
        'STORE_FULL',
        `${folder}: ${freeBytes} bytes free, below the floor of ${freeFloor}`,
      );
    this.spaceCheckedAt = clock.monotonic();
  }

  private onDamage(place: string): void {
    if (this.damaged.has(place) || this.ledger.isKnownDamage(place)) return;
    this.damaged.add(place);
    this.options.log.error({ code: 'STORE_CORRUPT', place }, 'a queued group is damaged and was left out');
  }
}
