// The journal: group records in append-only segment files `<first group, 12 digits>.log`. Promise: when `append` returns, the
// group is on the disk; when it throws, the group is not replayed, or, where even cutting it off fails, is recognised as a
// repetition by its sequence numbers. Replay cuts a torn tail, skips and counts a damaged record and reads on.
//
//   record   u32 magic · u32 body bytes · f64 group · u32 crc32(of the 16 bytes before and the body) · u32 0 · body (multiple of 8)
//
// Group numbers are whole and rise by one, from the number in the segment's name on; a record whose number does not is damage.

import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { NamedError } from '../../shared/errors.ts';
import type { Files } from './files.ts';

export const RECORD_HEAD_BYTES = 24;
const MAGIC = 0x31474a4e;
const SEGMENT = /^(\d{12})\.log$/;

interface Segment {
  path: string;
  firstGroup: number;
  lastGroup: number;
  bytes: number;
}

export interface JournalOptions {
  folder: string;
  files: Files;
  segmentBytes: number;
  /** A record was damaged: `bytes` were skipped. */
  onDamage: (where: { path: string; offset: number; bytes: number }) => void;
}

/** Writes magic, length, group and checksum into the free head of a group buffer. */
function sealRecord(record: Uint8Array, group: number): void {
  const view = new DataView(record.buffer, record.byteOffset, RECORD_HEAD_BYTES);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, record.length - RECORD_HEAD_BYTES, true);
  view.setFloat64(8, group, true);
  view.setUint32(16, checksum(record), true);
  view.setUint32(20, 0, true);
}

function checksum(record: Uint8Array): number {
  return crc32(record.subarray(RECORD_HEAD_BYTES), crc32(record.subarray(0, 16)));
}

export class Journal {
  private readonly options: JournalOptions;
  private closed: Segment[] = [];
  private open: (Segment & { handle: number }) | undefined;
  private group = 0;

  constructor(options: JournalOptions) {
    this.options = options;
  }

  get lastGroup(): number {
    return this.group;
  }

  get hasClosed(): boolean {
    return this.closed.length > 0;
  }

  get bytes(): number {
    return this.closed.reduce((sum, s) => sum + s.bytes, this.open?.bytes ?? 0);
  }

  /** Reads every good record, oldest first, and leaves the journal ready to append. `atLeast`: groups up to it were seen before. */
  replay(
    atLeast: number,
    each: (group: number, buffer: ArrayBuffer, from: number, to: number) => void,
  ): void {
    const { folder, files } = this.options;
    this.group = atLeast;
    const names = files.list(folder).filter((n) => SEGMENT.test(n));
    let last = 0;
    let data: Uint8Array<ArrayBuffer> | undefined;
    names.forEach((name, i) => {
      const path = join(folder, name);
      data = files.read(path, data);
      const firstGroup = Number(name.slice(0, 12));
      const after = Math.max(last, firstGroup - 1);
      const { end, lastGroup } = this.replaySegment(path, data, after, each, i === names.length - 1);
      last = lastGroup;
      this.closed.push({ path, firstGroup, lastGroup, bytes: end });
    });
    this.group = Math.max(this.group, last);
  }

  private replaySegment(
    path: string,
    data: Uint8Array<ArrayBuffer>,
    after: number,
    each: (group: number, buffer: ArrayBuffer, from: number, to: number) => void,
    isLast: boolean,
  ): { end: number; lastGroup: number } {
    const read = this.readRecords(path, data, after, each);
    if (read.end < data.length) this.cutTail(path, data, read.end, isLast);
    return read;
  }

  /** Up to where no good record follows. */
  private readRecords(
    path: string,
    data: Uint8Array<ArrayBuffer>,
    after: number,
    each: (group: number, buffer: ArrayBuffer, from: number, to: number) => void,
  ): { end: number; lastGroup: number } {
    let offset = 0;
    let lastGroup = after;
    while (offset < data.length) {
      const length = goodRecord(data, offset, lastGroup);
      if (length > 0) {
        lastGroup = groupAt(data, offset);
        each(lastGroup, data.buffer, offset + RECORD_HEAD_BYTES, offset + length);
        offset += length;
        continue;
      }
      const next = nextRecord(data, offset + 8, lastGroup);
      if (next < 0) break;
      this.options.onDamage({ path, offset, bytes: next - offset });
      offset = next;
    }
    return { end: offset, lastGroup };
  }

  /** In the newest segment an unfinished record was never acknowledged; in an older one it is damage. */
  private cutTail(path: string, data: Uint8Array, offset: number, isLast: boolean): void {
    if (!isLast) {
      this.options.onDamage({ path, offset, bytes: data.length - offset });
      return;
    }
    const { files } = this.options;
    const handle = files.open(path);
    try {
      files.truncate(handle, offset);
      files.sync(handle);
    } finally {
      files.close(handle);
    }
  }

  /** Hands out the good records after the group, oldest first, from the first segment that holds one. */
  read(after: number, each: (group: number, buffer: ArrayBuffer, from: number, to: number) => void): void {
    const segments = this.open ? [...this.closed, this.open] : this.closed;
    const segment = segments.find((s) => s.lastGroup > after);
    if (!segment) return;
    const data = this.options.files.read(segment.path).subarray(0, segment.bytes);
    this.readRecords(segment.path, data, segment.firstGroup - 1, (group, buffer, from, to) => {
      if (group > after) each(group, buffer, from, to);
    });
  }

  /** The oldest segment that is no longer written to. */
  get oldestClosed(): { lastGroup: number; bytes: number } | undefined {
    return this.closed.find((s) => s.bytes > 0);
  }

  /** `record` has its head free; returns the group's number once it is durable. Throws STORE_FULL or STORE_UNAVAILABLE. */
  append(record: Uint8Array): number {
    const { files } = this.options;
    const segment = this.segment();
    const group = this.group + 1;
    sealRecord(record, group);
    try {
      files.write(segment.handle, record, segment.bytes);
    } catch (error) {
      this.undo(segment, group);
      throw diskError('the journal cannot be written', error);
    }
    try {
      files.sync(segment.handle);
    } catch (error) {
      // After a failed fsync the kernel may have dropped the pages: nothing past the last good offset is trusted again.
      this.undo(segment, group);
      this.abandon();
      throw diskError('the journal cannot be made durable', error);
    }
    this.group = group;
    segment.bytes += record.length;
    segment.lastGroup = group;
    return group;
  }

  /** Closes the open segment, so that `forget` may remove it. */
  rotate(): void {
    if (!this.open || this.open.bytes === 0) return;
    this.abandon();
  }

  /** Removes segments whose groups are all packed: every group up to `packedGroup` is in the archive. */
  forget(packedGroup: number): void {
    this.closed = this.closed.filter((s) => {
      if (s.lastGroup > packedGroup) return true;
      this.options.files.remove(s.path);
      return false;
    });
  }

  close(): void {
    this.abandon();
  }

  private segment(): Segment & { handle: number } {
    if (this.open && this.open.bytes >= this.options.segmentBytes) this.rotate();
    if (this.open) return this.open;
    const { folder, files } = this.options;
    const firstGroup = this.group + 1;
    const path = join(folder, `${String(firstGroup).padStart(12, '0')}.log`);
    try {
      const handle = files.open(path);
      this.open = { path, firstGroup, lastGroup: this.group, bytes: 0, handle };
      // A segment that was abandoned empty has the same name: what it may hold was never acknowledged.
      this.closed = this.closed.filter((s) => s.path !== path);
      files.truncate(handle, 0);
      files.syncFolder(folder);
      return this.open;
    } catch (error) {
      this.abandon();
      throw diskError('a journal segment cannot be made', error);
    }
  }

  private undo(segment: Segment & { handle: number }, group: number): void {
    // The number is not used again: should the cut not last, the next group must still rise above it.
    this.group = group;
    try {
      this.options.files.truncate(segment.handle, segment.bytes);
    } catch {
      // The tail stays: replay drops it as torn, or as repeated sequence numbers when it was whole.
      this.abandon();
    }
  }

  private abandon(): void {
    if (!this.open) return;
    const { handle, ...segment } = this.open;
    this.open = undefined;
    this.closed.push(segment);
    try {
      this.options.files.close(handle);
    } catch {
      // A failed close tells nothing more than the failed write before it.
    }
  }
}

function groupAt(data: Uint8Array, offset: number): number {
  return new DataView(data.buffer, data.byteOffset + offset).getFloat64(8, true);
}

/** Length of the intact record at the offset, or 0. */
function goodRecord(data: Uint8Array, offset: number, after: number): number {
  if (offset + RECORD_HEAD_BYTES > data.length) return 0;
  const view = new DataView(data.buffer, data.byteOffset + offset);
  const length = RECORD_HEAD_BYTES + view.getUint32(4, true);
  if (view.getUint32(0, true) !== MAGIC || length % 8 !== 0 || offset + length > data.length) return 0;
  const group = view.getFloat64(8, true);
  if (!(group > after) || !Number.isSafeInteger(group)) return 0;
  return view.getUint32(16, true) === checksum(data.subarray(offset, offset + length)) ? length : 0;
}

function nextRecord(data: Uint8Array, from: number, after: number): number {
  const words = new Uint32Array(data.buffer, data.byteOffset, data.length >> 2);
  for (let offset = from; offset + RECORD_HEAD_BYTES <= data.length; offset += 8)
    if (words[offset >> 2] === MAGIC && goodRecord(data, offset, after) > 0) return offset;
  return -1;
}

/** STORE_FULL when the disk has no room, STORE_UNAVAILABLE otherwise. */
export function diskError(what: string, cause: unknown): NamedError {
  const code = (cause as { code?: unknown } | null)?.code;
  const full =
    code === 'ENOSPC' || code === 'EDQUOT' || (cause as { errcode?: unknown } | null)?.errcode === 13;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new NamedError(full ? 'STORE_FULL' : 'STORE_UNAVAILABLE', `${what}: ${reason}`, { cause });
}
