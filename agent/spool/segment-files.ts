// The segment files of one folder. Promise: a segment is replaced by its packed or thinned form in one durable step (the new
// file is whole before the old one goes), and at most one decoded segment is kept in memory.

import type { Series } from '../../shared/frame.ts';
import type { Compressor } from './blocks.ts';
import type { SegmentInfo } from './ledger.ts';
import {
  type Decoded,
  decodeSegment,
  encodeClosed,
  type Item,
  parseName,
  renderName,
  type SegmentKind,
} from './segment.ts';
import type { SpoolDisk } from './spool.ts';

const RANK: Record<SegmentKind, number> = { log: 0, full: 1, thin: 2 };

export class SegmentFiles {
  readonly #folder: string;
  readonly #disk: SpoolDisk;
  readonly #compressor: Compressor;
  #cache: { info: SegmentInfo; bytes: number; decoded: Decoded } | undefined;
  /** Files that should be gone but could not be removed yet. */
  #stale = new Set<string>();

  constructor(folder: string, disk: SpoolDisk, compressor: Compressor) {
    this.#folder = folder;
    this.#disk = disk;
    this.#compressor = compressor;
  }

  path(file: string): string {
    return `${this.#folder}/${file}`;
  }

  pathOf(info: SegmentInfo): string {
    return this.path(renderName(info));
  }

  /** All segments, oldest first; of an open one `last` is not known yet. Leftovers of interrupted replacements are removed. */
  list(): SegmentInfo[] {
    // A removed file may be back after a power cut beside a newer one of the same ordinal: only forms of one segment are rivals.
    const found = new Map<string, SegmentInfo>();
    for (const file of this.#disk.list(this.#folder)) {
      const name = parseName(file);
      if (file.endsWith('.tmp')) this.#stale.add(this.path(file));
      if (!name) continue;
      const info: SegmentInfo = {
        ...name,
        last: name.last ?? name.first - 1,
        bytes: this.#disk.size(this.path(file)),
        verified: false,
      };
      const key = `${name.ordinal} ${name.stream} ${name.first}`;
      const rival = found.get(key);
      const isBetter = !rival || RANK[name.kind] > RANK[rival.kind];
      if (isBetter) found.set(key, info);
      const loser = isBetter ? rival : info;
      if (loser) this.#stale.add(this.pathOf(loser));
    }
    this.sweep();
    return [...found.values()].sort((a, b) => a.ordinal - b.ordinal);
  }

  /** Throws what the disk throws; damage is in the result. */
  decode(info: SegmentInfo): Decoded {
    const cache = this.#cache?.info === info ? this.#cache : undefined;
    if (cache?.bytes === info.bytes) return cache.decoded;
    const data = this.#disk.read(this.pathOf(info));
    // An open segment grows at its end: what was read of it when it was shorter need not be read again.
    const isGrown = cache !== undefined && info.kind === 'log' && cache.decoded.text.length === cache.bytes;
    const decoded = decodeSegment(
      info,
      data,
      this.#compressor,
      isGrown && cache.bytes < info.bytes ? cache.decoded : undefined,
    );
    this.#cache = { info, bytes: info.bytes, decoded };
    return decoded;
  }

  /** Decodes an open segment left by an earlier process: what it holds is found by reading. */
  decodeLeftover(info: SegmentInfo): Decoded {
    return decodeSegment({ ...info, last: undefined }, this.#disk.read(this.pathOf(info)), this.#compressor);
  }

  /** Puts a closed file in the place of the segment's file and brings `info` up to date. */
  rewrite(
    info: SegmentInfo,
    kind: 'full' | 'thin',
    items: readonly Item[],
    from: { text: Buffer; series: ReadonlyMap<string, Series> },
  ): void {
    const old = this.pathOf(info);
    const reports = items.filter((item) => item.kind === 'report');
    const firstAt = reports[0] ? Math.trunc(reports[0].at) : info.firstAt;
    const next = { ...info, kind, reports: reports.length, firstAt };
    const body = encodeClosed(info.stream, items, from.text, from.series, this.#compressor);
    this.#disk.replace(this.pathOf(next), body);
    Object.assign(info, next, { bytes: body.length });
    this.dropCache();
    if (this.pathOf(info) !== old) this.removePath(old);
  }

  remove(info: SegmentInfo): void {
    this.dropCache();
    this.removePath(this.pathOf(info));
  }

  /** A file that cannot be removed now is tried again at each `sweep`. */
  removePath(path: string): void {
    this.#stale.add(path);
    this.sweep();
  }

  sweep(): void {
    for (const path of this.#stale) {
      try {
        this.#disk.remove(path);
        this.#stale.delete(path);
      } catch (error) {
        if (!isDiskError(error)) throw error;
      }
    }
  }

  dropCache(): void {
    this.#cache = undefined;
  }
}

/** What a disk throws, as against a mistake of ours. */
export function isDiskError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string';
}
