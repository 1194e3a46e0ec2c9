// The central directory of a zip file, read from its end, with zip64. Promise: every length is checked; the directory is read in pieces,
// so that a million entries take no more memory than what is kept of them.

import type { ByteSource } from '../../source.ts';
import { Cursor, sourceStream } from '../cursor.ts';
import { slice } from '../../source.ts';

const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const ENTRY = 0x02014b50;
const MAX_COMMENT = 65_535;
const MAX_ENTRIES = 5_000_000;

export interface Entry {
  name: string;
  flags: number;
  method: number;
  crc: number;
  packed: number;
  size: number;
  offset: number;
}

export interface Directory {
  entries: Entry[];
  /** Where the directory begins, and how far offsets are shifted (a prefix before the archive). */
  start: number;
  shift: number;
  trailing: number;
}

export type DirectoryDefect = { kind: 'cut' | 'corrupt' | 'volumes'; reason: string };

export async function readDirectory(source: ByteSource): Promise<Directory | DirectoryDefect> {
  const end = await findEnd(source);
  if (!end) return { kind: 'cut', reason: 'the file ends without the central directory' };
  const { at, trailing } = end;
  let { disk, count, size, offset } = end;
  let behind = at;
  const wide = await readWide(source, at);
  if (wide) {
    if ('kind' in wide) return wide;
    ({ disk, count, size, offset, at: behind } = wide);
  }
  if (disk !== 0) return { kind: 'volumes', reason: `this is volume ${disk + 1} of a split archive` };
  const start = behind - size;
  if (start < 0 || offset > start)
    return { kind: 'corrupt', reason: 'the central directory does not lie before its end record' };
  const entries = await readEntries(source, start, size, count);
  if (!Array.isArray(entries)) return entries;
  return { entries, start, shift: start - offset, trailing };
}

interface EndRecord {
  at: number;
  trailing: number;
  disk: number;
  count: number;
  size: number;
  offset: number;
}

async function findEnd(source: ByteSource): Promise<EndRecord | undefined> {
  const length = Math.min(source.size, 22 + MAX_COMMENT);
  const base = source.size - length;
  const tail = await source.read(base, length);
  let loose: EndRecord | undefined;
  for (let at = tail.length - 22; at >= 0; at--) {
    if (tail[at] !== 0x50 || tail.readUInt32LE(at) !== END) continue;
    const behind = tail.length - (at + 22 + tail.readUInt16LE(at + 20));
    if (behind < 0) continue;
    const record: EndRecord = {
      at: base + at,
      trailing: behind,
      disk: tail.readUInt16LE(at + 4),
      count: tail.readUInt16LE(at + 10),
      size: tail.readUInt32LE(at + 12),
      offset: tail.readUInt32LE(at + 16),
    };
    if (behind === 0) return record;
    loose ??= record;
  }
  return loose;
}

async function readWide(source: ByteSource, end: number): Promise<EndRecord | DirectoryDefect | undefined> {
  if (end < 20) return undefined;
  const locator = await source.read(end - 20, 20);
  if (locator.readUInt32LE(0) !== LOCATOR64) return undefined;
  const at = Number(locator.readBigUInt64LE(8));
  const record = at + 56 <= source.size ? await source.read(at, 56) : Buffer.alloc(0);
  if (record.length < 56 || record.readUInt32LE(0) !== END64)
    return { kind: 'corrupt', reason: 'the zip64 end record is not where its locator says' };
  return {
    at,
    trailing: 0,
    disk: record.readUInt32LE(16),
    count: Number(record.readBigUInt64LE(32)),
    size: Number(record.readBigUInt64LE(40)),
    offset: Number(record.readBigUInt64LE(48)),
  };
}

async function readEntries(
  source: ByteSource,
  start: number,
  size: number,
  count: number,
): Promise<Entry[] | DirectoryDefect> {
  const input = new Cursor(sourceStream(slice(source, start, size)));
  const bad: DirectoryDefect = { kind: 'corrupt', reason: 'the central directory cannot be read' };
  const entries: Entry[] = [];
  while (await input.need(46)) {
    const head = Buffer.from(input.take(46));
    if (head.readUInt32LE(0) !== ENTRY || entries.length >= MAX_ENTRIES) return bad;
    const name = await input.bytes(head.readUInt16LE(28));
    const text = name?.toString('utf8');
    const extra = await input.bytes(head.readUInt16LE(30));
    if (text === undefined || !extra || !(await input.skip(head.readUInt16LE(32)))) return bad;
    entries.push(entryOf(head, text, extra));
  }
  // The count of 16 bits runs over where zip64 is not used.
  if (input.available > 0 || entries.length % 65_536 !== count % 65_536)
    return {
      kind: 'corrupt',
      reason: `the central directory has ${entries.length} entries and promises ${count}`,
    };
  return entries;
}

function entryOf(head: Buffer, name: string, extra: Buffer): Entry {
  const entry: Entry = {
    name,
    flags: head.readUInt16LE(8),
    method: head.readUInt16LE(10),
    crc: head.readUInt32LE(16),
    packed: head.readUInt32LE(20),
    size: head.readUInt32LE(24),
    offset: head.readUInt32LE(42),
  };
  for (let at = 0; at + 4 <= extra.length;) {
    const id = extra.readUInt16LE(at);
    const field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
    if (id === 1) widen(entry, field);
    at += 4 + extra.readUInt16LE(at + 2);
  }
  return entry;
}

function widen(entry: Entry, field: Buffer): void {
  let at = 0;
  for (const key of ['size', 'packed', 'offset'] as const) {
    if (entry[key] !== 0xffffffff || at + 8 > field.length) continue;
    entry[key] = Number(field.readBigUInt64LE(at));
    at += 8;
  }
}
