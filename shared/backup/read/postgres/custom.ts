// pg_dump -Fc: the table of contents, then data blocks of type 1 (table) or 3 (large objects), each a run of chunks that ends with a
// length of zero. Promise: every compressed block is decoded (zlib's Adler-32, or the checksum of lz4), every entry with data must
// have its block; offsets that were never set (a dump through a pipe) are normal.

import { createInflate } from 'node:zlib';
import type { BackupFacts } from '../../facts.ts';
import { type ChunkStream, Cursor, StreamFault } from '../cursor.ts';
import { LZ4 } from '../decode/lz4.ts';
import { decode, openPump } from '../decode/pump.ts';
import { ZSTD } from '../decode/zstd.ts';
import type { Finding, Format, Job } from '../format.ts';
import { inZone } from '../time.ts';
import { Ints, isPgDump, readToc, type Toc, TocEnd } from './toc.ts';

const MAX_CHUNK = 1024 * 1024 * 1024;

export const PG_CUSTOM: Format = {
  name: 'pg_dump-custom',
  matches: isPgDump,
  read: readCustom,
};

interface Data {
  /** Entries whose data were read whole. */
  done: Set<number>;
  rows: number;
  bytes: number;
}

async function readCustom(input: Cursor, job: Job): Promise<Finding> {
  const data: Data = { done: new Set(), rows: 0, bytes: 0 };
  let toc: Toc | undefined;
  try {
    toc = await readToc(input);
    if (toc.format !== 'custom') return directory(toc, job);
    await resume(input, data, job);
    while (!(await input.atEnd())) {
      await readBlock(toc, input, data);
      job.marks.set('pg_dump-custom', input.position, () => ({ ...data, done: [...data.done] }));
    }
    return verdict(toc, data, job);
  } catch (error) {
    if (!(error instanceof TocEnd)) throw error;
    const readable = toc ? `; ${data.done.size} of ${toc.data.length} data blocks readable` : '';
    const content = error.kind === 'cut' ? 'INCOMPLETE' : 'CORRUPT';
    return {
      format: 'pg_dump-custom',
      content,
      reason: `${error.message}${readable}`,
      layer: 'L2',
      facts: toc ? factsOf(toc, job.zone, data) : { engine: 'postgresql', kind: 'dump' },
    };
  }
}

/** Blocks are independent of each other: the table of contents is read again, blocks that were read are not. */
async function resume(input: Cursor, data: Data, job: Job): Promise<void> {
  const kept = job.marks.get('pg_dump-custom');
  if (!kept) return;
  const { done, rows, bytes } = kept.state as { done: number[]; rows: number; bytes: number };
  Object.assign(data, { done: new Set(done), rows, bytes });
  await input.skip(kept.offset - input.position);
}

/** `toc.dat` of a directory (which calls itself tar): what its members say is a matter of the set. */
function directory(toc: Toc, job: Job): Finding {
  const facts = factsOf(toc, job.zone);
  const reason = `the table of contents is whole; it names ${toc.data.length} members, which only their folder shows`;
  return { format: 'pg_dump-directory', content: 'UNCONFIRMED', reason, layer: 'L1', facts };
}

export function factsOf(toc: Toc, zone: string, data?: Data): BackupFacts {
  const capturedAt = toc.created && inZone(toc.created, zone);
  return {
    engine: 'postgresql',
    kind: 'dump',
    database: toc.database,
    version: toc.serverVersion,
    ...(capturedAt !== undefined && {
      startedAt: capturedAt,
      capturedAt,
      notices: [`times carry no zone; ${zone} was taken`],
    }),
    tables: toc.tables,
    ...(data && { rows: data.rows, contentBytes: data.bytes }),
    compressed: toc.compression !== 'none',
    checksums: toc.compression === 'gzip',
    chain: {
      of: 'dump',
      schemaOnly: toc.data.length === 0,
      snapshot: 'consistent',
      members: toc.data.flatMap((entry) => (entry.file === undefined ? [] : [entry.file])),
    },
  };
}

async function readBlock(toc: Toc, input: Cursor, data: Data): Promise<void> {
  const at = input.position;
  const ints = new Ints(input, toc.intSize);
  const type = await ints.byte();
  const id = await ints.int();
  const entry = toc.data.find((each) => each.dumpId === id);
  if (!entry || (type !== 1 && type !== 3)) throw new TocEnd('corrupt', `no data block begins at ${at}`);
  const name = `${entry.desc} ${entry.tag}`;
  if (type === 1) data.rows += await readData(toc, input, data, name, entry.isCopy);
  else while ((await ints.int()) !== 0) await readData(toc, input, data, name, false);
  data.done.add(id);
}

/** One run of chunks; returns the rows of COPY text in it. */
async function readData(toc: Toc, input: Cursor, data: Data, name: string, isCopy: boolean): Promise<number> {
  const chunks = chunkStream(toc, input, name);
  const content = new Cursor(decoded(toc, chunks, name));
  let lines = 0;
  let tail = Buffer.alloc(0);
  for (let bytes = await content.chunk(); bytes; bytes = await content.chunk()) {
    data.bytes += bytes.length;
    if (!isCopy) continue;
    lines += countLines(bytes);
    tail = Buffer.concat([tail, bytes.subarray(-8)]).subarray(-8);
  }
  if (chunks.end) throw chunks.end;
  if (content.fault)
    throw new TocEnd(
      content.fault.kind === 'cut' ? 'corrupt' : 'corrupt',
      `the data of ${name} do not decode: ${content.fault.message}`,
    );
  // Whatever the decoder left belongs to the same run.
  await drain(chunks.stream, chunks);
  const mark = /\\\.\n+$/.exec(tail.toString('latin1'))?.[0];
  return mark === undefined ? lines : lines - (mark.length - 2);
}

async function drain(stream: ChunkStream, chunks: { end: TocEnd | undefined }): Promise<void> {
  while (await stream.next());
  if (chunks.end) throw chunks.end;
}

export function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count++;
  return count;
}

interface Chunks {
  stream: ChunkStream;
  /** Why the run broke off. */
  end: TocEnd | undefined;
}

function chunkStream(toc: Toc, input: Cursor, name: string): Chunks {
  const ints = new Ints(input, toc.intSize);
  let left = 0;
  let done = false;
  const chunks: Chunks = { stream: { next }, end: undefined };
  async function next(): Promise<Buffer | undefined> {
    if (done) return undefined;
    try {
      if (left === 0) left = await lengthOf(ints, name);
      if (left === 0) {
        done = true;
        return undefined;
      }
      const bytes = await input.chunk(left);
      if (!bytes) throw new TocEnd('cut', `the file ends inside the data of ${name}`);
      left -= bytes.length;
      return Buffer.from(bytes);
    } catch (error) {
      if (!(error instanceof TocEnd)) throw error;
      chunks.end = error;
      done = true;
      return undefined;
    }
  }
  return chunks;
}

async function lengthOf(ints: Ints, name: string): Promise<number> {
  const at = ints.input.position;
  const length = await ints.int();
  if (length < 0 || length > MAX_CHUNK)
    throw new TocEnd('corrupt', `a chunk of ${length} bytes at ${at}, in the data of ${name}`);
  return length;
}

function decoded(toc: Toc, chunks: Chunks, name: string): ChunkStream {
  switch (toc.compression) {
    case 'none':
      return chunks.stream;
    case 'gzip':
      return inflated(chunks.stream);
    case 'lz4':
      return LZ4.open(new Cursor(chunks.stream));
    case 'zstd':
      return ZSTD.open(new Cursor(chunks.stream));
    case 'unknown':
      return {
        next: async () => Promise.reject(new StreamFault('limit', `${name} has an unknown compression`)),
      };
  }
}

function inflated(stream: ChunkStream): ChunkStream {
  const pump = openPump(createInflate({ chunkSize: 128 * 1024 }));
  return {
    async next() {
      const bytes = await decode(pump, () => stream.next());
      if (!bytes) pump.close();
      return bytes;
    },
    close: () => pump.close(),
  };
}

function verdict(toc: Toc, data: Data, job: Job): Finding {
  const facts = factsOf(toc, job.zone, data);
  const base = { format: 'pg_dump-custom', layer: 'L2' as const, facts };
  const missing = toc.data.filter((entry) => !data.done.has(entry.dumpId));
  if (missing.length > 0) {
    const names = missing.slice(0, 3).map((entry) => entry.tag);
    return {
      ...base,
      content: 'INCOMPLETE',
      reason: `${missing.length} of ${toc.data.length} data blocks are missing: ${names.join(', ')}`,
    };
  }
  const whole = `all ${toc.data.length} data blocks present, ${toc.tables} tables, ${data.rows} rows`;
  if (toc.data.length === 0)
    return {
      ...base,
      content: 'COMPLETE',
      reason: 'definitions only: the table of contents is whole, there are no data',
    };
  if (toc.compression === 'gzip')
    return { ...base, content: 'VERIFIED', reason: `${whole}; every Adler-32 recomputed` };
  return {
    ...base,
    content: 'COMPLETE',
    reason: `${whole}; structure complete, content has no checksum (${toc.compression === 'none' ? 'not compressed' : toc.compression})`,
  };
}
