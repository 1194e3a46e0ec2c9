// The head and table of contents of pg_dump's archives (custom, directory, tar), versions 1.7 to 1.16.
//
//   PGDMP major minor revision intSize offSize format   compression  seconds … year (7 ints)  database  server  pg_dump
//   count  ( entry )*        int: sign[1] value[intSize] LE      string: int length (−1: none) bytes
//
// Promise: every length is checked against what is there; entries are bounded by the bytes they take.

import type { Cursor } from '../cursor.ts';
import { isTime, type Parts } from '../time.ts';

const MAGIC = Buffer.from('PGDMP');
const MAX_STRING = 8 * 1024 * 1024;
const MAX_ENTRIES = 5_000_000;

export type Compression = 'none' | 'gzip' | 'lz4' | 'zstd' | 'unknown';
export type DataState = 'not-set' | 'set' | 'none';

export interface TocEntry {
  dumpId: number;
  hasData: boolean;
  tag: string;
  desc: string;
  namespace: string;
  isCopy: boolean;
  /** Directory and tar: the member with its data. */
  file?: string;
  state?: DataState;
}

export interface Toc {
  version: number;
  intSize: number;
  format: 'custom' | 'tar' | 'directory' | 'unknown';
  compression: Compression;
  created: Parts | undefined;
  database: string;
  serverVersion: string;
  dumpVersion: string;
  tables: number;
  /** Entries with data only. */
  data: TocEntry[];
}

export function isPgDump(head: Buffer): boolean {
  return head.subarray(0, 5).equals(MAGIC) && head[5] === 1 && [1, 3, 5].includes(head[10] ?? 0);
}

/** Ends a reading when the bytes end or make no sense. */
export class TocEnd extends Error {
  readonly kind: 'cut' | 'corrupt';
  constructor(kind: 'cut' | 'corrupt', message: string) {
    super(message);
    this.kind = kind;
  }
}

export class Ints {
  readonly input: Cursor;
  readonly intSize: number;
  constructor(input: Cursor, intSize: number) {
    this.input = input;
    this.intSize = intSize;
  }

  async raw(count: number): Promise<Buffer> {
    const bytes = await this.input.bytes(count);
    if (!bytes) throw new TocEnd('cut', `the file ends at ${this.input.position + this.input.available}`);
    return bytes;
  }

  async byte(): Promise<number> {
    return (await this.raw(1))[0] ?? 0;
  }

  async int(): Promise<number> {
    const bytes = await this.raw(1 + this.intSize);
    const value = bytes.readUIntLE(1, this.intSize);
    return bytes[0] === 0 ? value : -value;
  }

  async text(): Promise<string | undefined> {
    const at = this.input.position;
    const length = await this.int();
    if (length < 0) return undefined;
    if (length > MAX_STRING) throw new TocEnd('corrupt', `a text of ${length} bytes at ${at}`);
    return (await this.raw(length)).toString('utf8');
  }
}

const FORMATS: Record<number, Toc['format']> = { 1: 'custom', 3: 'tar', 5: 'directory' };
const COMPRESSIONS: Compression[] = ['none', 'gzip', 'lz4', 'zstd'];

export async function readToc(input: Cursor): Promise<Toc> {
  const head = await new Ints(input, 4).raw(11);
  const version = (head[6] ?? 0) * 100 + (head[7] ?? 0);
  const minor = head[6] ?? 0;
  const intSize = head[8] ?? 0;
  const offSize = head[9] ?? 0;
  if (intSize < 1 || intSize > 6 || offSize < 1 || offSize > 8)
    throw new TocEnd('corrupt', 'the head has impossible sizes');
  const ints = new Ints(input, intSize);
  const compression = await readCompression(ints, minor);
  const created = await readCreated(ints);
  const database = (await ints.text()) ?? '';
  const serverVersion = minor >= 10 ? ((await ints.text()) ?? '') : '';
  const dumpVersion = minor >= 10 ? ((await ints.text()) ?? '') : '';
  const toc: Toc = {
    version,
    intSize,
    format: FORMATS[head[10] ?? 0] ?? 'unknown',
    compression,
    created,
    database,
    serverVersion,
    dumpVersion,
    tables: 0,
    data: [],
  };
  const count = await ints.int();
  if (count < 0 || count > MAX_ENTRIES)
    throw new TocEnd('corrupt', `a table of contents with ${count} entries`);
  for (let i = 0; i < count; i++) noteEntry(toc, await readEntry(ints, minor, head[10] ?? 0, offSize));
  return toc;
}

async function readCompression(ints: Ints, minor: number): Promise<Compression> {
  if (minor >= 15) return COMPRESSIONS[await ints.byte()] ?? 'unknown';
  return (await ints.int()) === 0 ? 'none' : 'gzip';
}

async function readCreated(ints: Ints): Promise<Parts | undefined> {
  const values: number[] = [];
  for (let i = 0; i < 7; i++) values.push(await ints.int());
  const [second = 0, minute = 0, hour = 0, day = 0, month = 0, year = 0] = values;
  const parts = { year: year + 1900, month: month + 1, day, hour, minute, second };
  return isTime(parts) ? parts : undefined;
}

function noteEntry(toc: Toc, entry: TocEntry): void {
  if (entry.desc === 'TABLE') toc.tables++;
  if (entry.hasData) toc.data.push(entry);
}

async function readEntry(ints: Ints, minor: number, format: number, offSize: number): Promise<TocEntry> {
  const dumpId = await ints.int();
  const hadDumper = await ints.int();
  if (minor >= 8) await ints.text();
  await ints.text();
  const tag = (await ints.text()) ?? '';
  const desc = (await ints.text()) ?? '';
  if (minor >= 11) await ints.int();
  await ints.text();
  await ints.text();
  const copy = await ints.text();
  const namespace = (await ints.text()) ?? '';
  if (minor >= 10) await ints.text();
  if (minor >= 14) await ints.text();
  if (minor >= 16) await ints.int();
  await ints.text();
  if (minor >= 9) await ints.text();
  while ((await ints.text()) !== undefined);
  const entry: TocEntry = {
    dumpId,
    hasData: hadDumper !== 0,
    tag,
    desc,
    namespace,
    isCopy: copy !== undefined && copy !== '',
  };
  if (format === 1) {
    entry.state = STATES[await ints.byte()] ?? 'not-set';
    await ints.raw(offSize);
    // Only the state tells: definitions have a dumper in some versions.
    entry.hasData = entry.state !== 'none' && entry.hasData;
  } else {
    const file = await ints.text();
    if (file) entry.file = file;
    entry.hasData = file !== undefined && file !== '';
  }
  return entry;
}

const STATES: Record<number, DataState> = { 1: 'not-set', 2: 'set', 3: 'none' };
