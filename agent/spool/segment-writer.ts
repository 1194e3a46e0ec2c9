// Writes unsynced reports of a tail to the growing segment. Promise: what `write` marked as synced was appended and synced
// without an error; after an error the caller abandons the segment, which then ends at its last proven byte.

import type { SegmentFiles } from './segment-files.ts';
import { isDiskError } from './segment-files.ts';
import type { SegmentInfo, StreamBook } from './ledger.ts';
import { encodeRecord } from './record.ts';
import { encodeHead } from './segment.ts';
import type { SpoolDisk } from './spool.ts';
import { type Entry, markSynced, type Tail, unsyncedEntries } from './tail.ts';

export class SegmentWriter {
  nextOrdinal = 0;
  readonly #disk: SpoolDisk;
  readonly #files: SegmentFiles;
  readonly #segmentBytes: number;
  #growing: SegmentInfo | undefined;
  /** Of the growing segment. */
  #path = '';
  #declared = new Set<string>();

  constructor(disk: SpoolDisk, files: SegmentFiles, segmentBytes: number) {
    this.#disk = disk;
    this.#files = files;
    this.#segmentBytes = segmentBytes;
  }

  get growing(): SegmentInfo | undefined {
    return this.#growing;
  }

  /** Writes one batch; true when the segment should be closed before the next. Throws what the disk throws. */
  write(book: StreamBook, tail: Tail): boolean {
    const batch = unsyncedEntries(tail);
    const first = batch[0];
    if (!first) return false;
    if (this.#growing && !this.#continues(this.#growing, first)) return true;
    const info = this.#growing ?? this.#start(tail.stream, first);
    const { data, count } = this.#encode(info, batch);
    const path = this.#path;
    const size = this.#disk.append(path, data);
    this.#disk.sync(path);
    if (size !== info.bytes + data.length) throw foreignBytes(path);
    if (info.bytes === 0) book.segments.push(info);
    info.bytes = size;
    info.last = first.report.seq + count - 1;
    info.reports += count;
    markSynced(tail, count);
    return size >= this.#segmentBytes;
  }

  /** The segment is complete: the writer lets go of it. */
  detach(): SegmentInfo | undefined {
    const info = this.#growing;
    this.#growing = undefined;
    this.#declared = new Set();
    return info;
  }

  /** After an error: cuts the segment to its proven end. Returns it when anything of it is proven. */
  abandon(): SegmentInfo | undefined {
    const info = this.detach();
    if (!info) return undefined;
    // What was read before the failure proves nothing any more.
    this.#files.dropCache();
    const path = this.#files.pathOf(info);
    if (info.bytes === 0) {
      this.#files.removePath(path);
      return undefined;
    }
    try {
      this.#disk.truncate(path, info.bytes);
    } catch (error) {
      // Its numbers behind `last` are written again elsewhere and win.
      if (!isDiskError(error)) throw error;
    }
    return info;
  }

  #continues(info: SegmentInfo, first: Entry): boolean {
    return info.stream === first.report.stream && info.last + 1 === first.report.seq;
  }

  #start(stream: string, first: Entry): SegmentInfo {
    const { seq, at } = first.report;
    const info: SegmentInfo = {
      kind: 'log',
      ordinal: this.nextOrdinal++,
      stream,
      first: seq,
      last: seq - 1,
      reports: 0,
      firstAt: Math.trunc(at),
      bytes: 0,
      verified: false,
    };
    this.#growing = info;
    this.#path = this.#files.pathOf(info);
    return info;
  }

  #encode(info: SegmentInfo, batch: readonly Entry[]): { data: Buffer; count: number } {
    const lines = info.bytes === 0 ? [encodeHead(info.stream, info.first)] : [];
    let [size, count] = [info.bytes, 0];
    for (const { series, text, report, bytes } of batch) {
      if (count > 0 && size >= this.#segmentBytes) break;
      if (!this.#declared.has(series.id)) lines.push(encodeRecord(JSON.stringify(series)));
      this.#declared.add(series.id);
      const line = encodeRecord(text ?? JSON.stringify(report), bytes);
      lines.push(line);
      size += line.length;
      count++;
    }
    const [only] = lines;
    return { data: only && lines.length === 1 ? only : Buffer.concat(lines), count };
  }
}

function foreignBytes(path: string): Error & { code: string } {
  return Object.assign(new Error(`${path}: another program writes to this file`), { code: 'EBUSY' });
}
