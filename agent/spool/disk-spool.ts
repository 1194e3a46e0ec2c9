// The agent's spool on disk.
//
//   append ─▶ tail (memory) ─sync─▶ growing segment ─full─▶ closed segment ─room short─▶ thinned ─▶ dropped (gap)
//                │  next (live)        │  next (backlog)        │                           │
//                ▼                     ▼                        ▼                           ▼
//               link ──────────── acknowledge ─▶ whole segments behind the acknowledged number are deleted
//
// Invariants:
// 1. A stream is drawn at random at each open and rotation; its numbers start at 0 and rise by one. Each number is handed
//    out as a report or covered by a gap, in order, from whatever position the collector names.
// 2. After `sync` returned with no `failing`, every report appended before is on the device. A failed write or sync proves
//    nothing: the segment is left at its last proven end, and all behind it is written anew into another file.
// 3. The link is served from memory also while the disk is broken.
// 4. A file is deleted only after the ledger that explains its absence (acknowledged number or gap) is durable. Where a full
//    disk has no room for that, a closed file is emptied: its name alone then says which numbers were dropped.
// 5. Time, randomness and the disk are parameters; nothing here waits.

import { createHash } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';
import type { Collected, Outgoing, Position, Spool, SpoolDisk, SpoolStats } from './spool.ts';
import { type Compressor, zstd } from './blocks.ts';
import type { SpoolLimits } from './config.ts';
import type { GapReason, Report } from '../../shared/frame.ts';
import {
  acknowledgeUpTo,
  addGap,
  bookOf,
  droppedRange,
  forgettable,
  lastNumber,
  type Ledger,
  neededRelief,
  type Relief,
  type SegmentInfo,
  saveLedger,
  type StreamBook,
} from './ledger.ts';
import { countHeld } from './held.ts';
import { DiskHealth, type SpoolLog } from './health.ts';
import { loadSpool } from './load.ts';
import { SpoolMemory } from './memory.ts';
import { collectItems, type Source } from './outgoing.ts';
import { isDiskError, SegmentFiles } from './segment-files.ts';
import { SegmentWriter } from './segment-writer.ts';
import { entryAt, markUnsyncedAfter, pushEntry, type Tail } from './tail.ts';
import { thinSegment } from './thin.ts';

export interface SpoolOptions {
  folder: string;
  disk: SpoolDisk;
  /** 16 random bytes. */
  random: () => Uint8Array;
  clock: Pick<Clock, 'monotonic'>;
  limits: SpoolLimits;
  log: SpoolLog;
  /** Default: zstd. Most simulated spools do without, for speed. */
  compressor?: Compressor;
}

export const LEDGER_FILE = 'ledger.json';
/** As many streams as a hello may name; more wait until the oldest are drained. */
const MAX_STREAMS = 1000;
const ROOM_CHECK_MS = 30_000;
/** Acknowledged numbers are learned anew from the collector; new gaps are not. */
const SAVE_MS = 5 * 60_000;
const SAVE_GAPS_MS = 1000;
const DROPS_PER_SYNC = 16;

/** Never throws for the disk's sake: a spool that cannot be read or written says so in `stats().failing` and goes on in memory. */
export function openSpool(options: SpoolOptions): Spool {
  return new DiskSpool(options);
}

class DiskSpool implements Spool {
  readonly #options: SpoolOptions;
  readonly #files: SegmentFiles;
  readonly #writer: SegmentWriter;
  #ledger: Ledger = new Map();
  readonly #memory: SpoolMemory;
  readonly #health: DiskHealth;
  readonly #lost: Record<GapReason, number> = { dropped: 0, thinned: 0, corrupt: 0, refused: 0, restored: 0 };
  #live: string;
  #isLoaded = false;
  #isDirty = false;
  #hasForgettable = false;
  #roomDueAt = -Infinity;
  #saveDueAt: number;

  constructor(options: SpoolOptions) {
    this.#options = options;
    this.#files = new SegmentFiles(options.folder, options.disk, options.compressor ?? zstd);
    this.#writer = new SegmentWriter(options.disk, this.#files, options.limits.segmentBytes);
    this.#memory = new SpoolMemory(options.limits);
    this.#health = new DiskHealth(options);
    this.#saveDueAt = options.clock.monotonic() + SAVE_MS;
    this.#live = this.#newStream();
    this.sync();
  }

  get liveStream(): string {
    return this.#live;
  }

  get nextSeq(): number {
    return this.#memory.tailOf(this.#live).nextSeq;
  }

  get failing(): string | undefined {
    return this.#health.failing;
  }

  streams(): string[] {
    if (this.#ledger.size === 1) return [this.#live];
    const held = [...this.#ledger.values()].filter((book) => book.id !== this.#live && this.#isHeld(book));
    return [...held.slice(0, MAX_STREAMS - 1).map((book) => book.id), this.#live];
  }

  append(collected: Collected, columns: readonly string[]): Position {
    const tail = this.#memory.tailOf(this.#live);
    const { series: id, at, off, boot, v, checks, events } = collected;
    // The order of keys is part of the disk format: a segment is indexed by each record's first bytes.
    const report: Report = {
      t: 'report',
      stream: this.#live,
      seq: tail.nextSeq,
      series: id,
      at,
      off,
      boot,
      v,
    };
    if (checks !== undefined) report.checks = checks;
    if (events !== undefined) report.events = events;
    const text = JSON.stringify(report);
    const series = this.#memory.seriesOf(id, columns);
    pushEntry(tail, { report, series, bytes: Buffer.byteLength(text), text });
    this.#boundMemory();
    return { stream: this.#live, seq: report.seq };
  }

  sync(): void {
    if (this.#health.mayTry()) this.#syncNow();
  }

  next(stream: string, after: number, maxBytes: number): Outgoing[] {
    const book = this.#ledger.get(stream);
    const top = book ? this.#topOf(book) : -1;
    // Nearly always nothing is left: this is asked after every report and every acknowledgement.
    if (!book || after >= top) return [];
    const source: Source = {
      book,
      top,
      tail: this.#memory.tails.get(stream),
      series: this.#memory.series,
      now: this.#now(),
      decode: (info) => this.#decode(book, info),
    };
    return collectItems(source, after, maxBytes);
  }

  acknowledge(stream: string, seq: number): void {
    const book = this.#ledger.get(stream);
    if (!book || seq <= book.acked) return;
    const done = acknowledgeUpTo(book, Math.min(seq, this.#topOf(book)));
    this.#isDirty = true;
    if (done.length > 0 || !this.#isHeld(book)) this.#hasForgettable = true;
    this.#trim();
  }

  reject(stream: string, seq: number): void {
    const book = this.#ledger.get(stream);
    if (!book || seq <= book.acked || seq > this.#topOf(book)) return;
    const at = entryAt(this.#memory.tails.get(stream), seq)?.report.at;
    this.#declare(book, { from: seq, to: seq, reason: 'refused', fromAt: at, toAt: at }, 1);
  }

  rotate(): void {
    this.#live = this.#newStream();
    this.#hasForgettable = true;
    this.sync();
  }

  restored(seq: number, salt: string): void {
    const book = bookOf(this.#ledger, this.#live);
    const upTo = Math.min(seq, this.#topOf(book));
    const doubtful = Math.max(0, upTo - book.acked);
    const tail = this.#memory.tails.get(book.id);
    const fromAt = entryAt(tail, book.acked + 1)?.report.at;
    const toAt = entryAt(tail, upTo)?.report.at;
    this.acknowledge(book.id, upTo);
    this.#live = this.#newStream(salt);
    if (doubtful > 0) {
      this.#memory.tailOf(this.#live).nextSeq = doubtful;
      const range = { from: 0, to: doubtful - 1, reason: 'restored', fromAt, toAt } as const;
      this.#declare(bookOf(this.#ledger, this.#live), range, doubtful);
    }
    this.#hasForgettable = true;
    this.sync();
  }

  stats(): SpoolStats {
    const { failing } = this.#health;
    return {
      ...countHeld(this.#ledger, this.#memory.tails),
      lost: { ...this.#lost },
      ...(failing === undefined ? {} : { failing }),
    };
  }

  close(): void {
    this.#syncNow();
    if (this.#isDirty) this.#attempt(() => this.#save());
    this.#options.disk.release?.();
  }

  // --- memory

  #now(): number {
    return this.#options.clock.monotonic();
  }

  #newStream(salt?: string): string {
    const drawn = Buffer.from(this.#options.random());
    const id =
      salt === undefined
        ? drawn.toString('hex')
        : createHash('sha256').update(drawn).update(salt).digest('hex').slice(0, 32);
    bookOf(this.#ledger, id);
    this.#memory.tailOf(id);
    return id;
  }

  #topOf(book: StreamBook): number {
    const written = lastNumber(book);
    const tail = this.#memory.tails.get(book.id);
    return tail ? Math.max(written, tail.nextSeq - 1) : written;
  }

  #isHeld(book: StreamBook): boolean {
    return this.#topOf(book) > book.acked;
  }

  #declare(book: StreamBook, range: Parameters<typeof addGap>[1], reports: number): void {
    if (addGap(book, range) === 0) return;
    this.#lost[range.reason] += reports;
    this.#isDirty = true;
    this.#saveDueAt = Math.min(this.#saveDueAt, this.#now() + SAVE_GAPS_MS);
  }

  #boundMemory(): void {
    if (!this.#memory.isOver()) return;
    this.#trim();
    for (const { report } of this.#memory.shed()) {
      const { stream, seq, at } = report;
      const book = bookOf(this.#ledger, stream);
      if (seq > book.acked)
        this.#declare(book, { from: seq, to: seq, reason: 'dropped', fromAt: at, toAt: at }, 1);
    }
  }

  #trim(): void {
    if (this.#memory.trim(this.#live, (stream) => bookOf(this.#ledger, stream).acked))
      this.#hasForgettable = true;
  }

  // --- disk

  #syncNow(): void {
    const isHealthy = this.#attempt(() => {
      if (!this.#isLoaded) this.#load();
      this.#writeTails();
      this.#forget();
      if (this.#isDirty && this.#now() >= this.#saveDueAt) this.#save();
    });
    if (isHealthy) this.#health.recovered();
    this.#trim();
    this.#attempt(() => this.#keepRoom());
  }

  /** Runs a step on the disk; its failure becomes `failing`, never an exception. */
  #attempt(step: () => void): boolean {
    const isDone = this.#health.attempt(step);
    // A disk that fails may be full.
    if (!isDone) this.#roomDueAt = -Infinity;
    return isDone;
  }

  #load(): void {
    const loaded = loadSpool(this.#options.disk, this.#files, this.#options.folder, LEDGER_FILE);
    for (const book of this.#ledger.values()) loaded.ledger.set(book.id, book);
    this.#ledger = loaded.ledger;
    this.#writer.nextOrdinal = loaded.nextOrdinal;
    this.#lost.corrupt += loaded.corrupt;
    if (loaded.corrupt > 0) this.#logDamage(loaded.corrupt);
    this.#isLoaded = true;
    this.#isDirty = true;
    this.#hasForgettable = true;
  }

  #writeTails(): void {
    this.#files.sweep();
    for (const tail of this.#memory.tails.values()) {
      const book = bookOf(this.#ledger, tail.stream);
      while (tail.unsynced > 0) {
        try {
          if (this.#writer.write(book, tail)) this.#close();
        } catch (error) {
          this.#abandon(tail);
          throw error;
        }
      }
    }
    const growing = this.#writer.growing;
    if (growing && growing.stream !== this.#live) this.#close();
  }

  /** The growing segment is full or its stream has ended: packs it, or deletes it when the collector has it all. */
  #close(): void {
    const info = this.#writer.detach();
    if (!info) return;
    this.#roomDueAt = -Infinity;
    const book = bookOf(this.#ledger, info.stream);
    if (info.last <= book.acked) {
      this.#hasForgettable = true;
      return;
    }
    // Unpacked it is as durable; it is packed at the next open, or thinned.
    this.#attempt(() => {
      const decoded = this.#decode(book, info);
      this.#files.rewrite(info, 'full', decoded.items, {
        text: decoded.text,
        series: new Map([...this.#memory.series, ...decoded.series]),
      });
    });
  }

  #abandon(tail: Tail): void {
    const info = this.#writer.abandon();
    if (!info || info.stream !== tail.stream) return;
    // Proven so far may have been damaged by the same failure: what does not read back is written again.
    this.#attempt(() => {
      const damage = this.#files.decode(info).items.find((i) => i.kind === 'gap' && i.reason === 'corrupt');
      if (!damage) return;
      markUnsyncedAfter(tail, Math.max(damage.from, tail.entries[0]?.report.seq ?? 0) - 1);
    });
  }

  #decode(book: StreamBook, info: SegmentInfo): ReturnType<SegmentFiles['decode']> {
    const decoded = this.#files.decode(info);
    if (!info.verified && info !== this.#writer.growing) {
      info.verified = true;
      const lost = Math.min(decoded.damaged, Math.max(0, info.last - book.acked));
      this.#lost.corrupt += lost;
      if (lost > 0) this.#logDamage(lost);
    }
    return decoded;
  }

  #logDamage(reports: number): void {
    this.#options.log('warn', 'damaged records in the spool; declared as lost', {
      code: 'SPOOL_CORRUPT',
      reports,
    });
  }

  #save(): void {
    this.#options.disk.replace(this.#files.path(LEDGER_FILE), Buffer.from(saveLedger(this.#ledger)));
    this.#isDirty = false;
    this.#saveDueAt = this.#now() + SAVE_MS;
  }

  /** Deletes what the collector has, after noting durably that it has it. */
  #forget(): void {
    if (!this.#hasForgettable) return;
    const done: SegmentInfo[] = [];
    for (const book of this.#ledger.values()) done.push(...forgettable(book, this.#writer.growing));
    if (done.length > 0) this.#save();
    this.#hasForgettable = false;
    for (const info of done) this.#removeSegment(info);
    for (const book of this.#ledger.values()) {
      if (book.id === this.#live || this.#memory.tails.has(book.id) || this.#isHeld(book)) continue;
      this.#ledger.delete(book.id);
      this.#isDirty = true;
    }
  }

  #removeSegment(info: SegmentInfo): void {
    const book = bookOf(this.#ledger, info.stream);
    book.segments = book.segments.filter((s) => s !== info);
    this.#files.remove(info);
  }

  #keepRoom(): void {
    if (!this.#isLoaded || this.#now() < this.#roomDueAt) return;
    this.#roomDueAt = this.#now() + ROOM_CHECK_MS;
    for (let drops = 0; drops < DROPS_PER_SYNC; drops++) {
      const space = this.#options.disk.space(this.#options.folder);
      const relief = neededRelief(this.#ledger, this.#writer.growing, this.#options.limits, space);
      if (!relief) return;
      if (relief.kind === 'thin' && this.#thin(relief)) break;
      if (relief.kind === 'drop') this.#drop(relief);
    }
    // More may be needed; a little at each sync, so that the agent never stands still for it.
    this.#roomDueAt = -Infinity;
  }

  /** False when there was no room for what would remain: the segment was dropped instead. */
  #thin(relief: Relief): boolean {
    const { book, segment } = relief;
    try {
      const decoded = this.#decode(book, segment);
      const thinned = thinSegment(decoded, book.acked);
      this.#files.rewrite(segment, 'thin', thinned.items, {
        text: decoded.text,
        series: new Map([...this.#memory.series, ...decoded.series]),
      });
      this.#lost.thinned += thinned.removed;
      return true;
    } catch (error) {
      if (!isDiskError(error) || error.code !== 'ENOSPC') throw error;
      this.#drop(relief);
      return false;
    }
  }

  #drop({ book, segment }: Relief): void {
    const range = droppedRange(book, segment);
    this.#declare(book, range, Math.min(segment.reports, range.to - range.from + 1));
    this.#hasForgettable = true;
    if (this.#attempt(() => this.#forget()) || segment.kind === 'log') return;
    // No room to write down why the file goes: empty, its name alone says which numbers were dropped.
    this.#options.disk.truncate(this.#files.pathOf(segment), 0);
    this.#files.dropCache();
    segment.bytes = 0;
  }
}
