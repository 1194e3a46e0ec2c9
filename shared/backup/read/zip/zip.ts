// Zip archives: plain, zip64, streamed (sizes behind the data), encrypted. Promise: every entry's CRC-32 is recomputed where it can be
// decoded, and its local header must agree with the directory; an archive that holds one database dump is only as good as that dump.

import { createInflateRaw, crc32 } from 'node:zlib';
import { slice, type ByteSource } from '../../source.ts';
import { type ChunkStream, Cursor, sourceStream } from '../cursor.ts';
import { BZIP2 } from '../decode/bzip2.ts';
import { decode, openPump } from '../decode/pump.ts';
import { XZ } from '../decode/xz.ts';
import { ZSTD } from '../decode/zstd.ts';
import { type Finding, type Format, type Job, noMarks } from '../format.ts';
import { type Directory, type Entry, readDirectory } from './directory.ts';

const LOCAL = 0x04034b50;
const EMPTY = 0x06054b50;
const SPLIT = 0x08074b50;
const STORED = 0;

export const ZIP: Format = {
  name: 'zip',
  matches: (head, job) => {
    if (head.length < 22 || !job.source) return false;
    const word = head.readUInt32LE(0);
    return (
      word === EMPTY ||
      (word === LOCAL && head.readUInt16LE(4) < 100) ||
      (word === SPLIT && head.readUInt32LE(4) === LOCAL)
    );
  },
  read: readZip,
};

interface Seen {
  files: number;
  bytes: number;
  /** Entries whose content could not be decoded. */
  encrypted: number;
  unknown: number;
  notices: string[];
  only: Finding | undefined;
}

type Defect = { content: 'CORRUPT' | 'INCOMPLETE' | 'UNCONFIRMED'; reason: string };

async function readZip(_input: Cursor, job: Job): Promise<Finding> {
  const source = job.source as ByteSource;
  const seen: Seen = { files: 0, bytes: 0, encrypted: 0, unknown: 0, notices: [], only: undefined };
  const directory = await readDirectory(source);
  if ('kind' in directory) {
    const content = { cut: 'INCOMPLETE', corrupt: 'CORRUPT', volumes: 'UNCONFIRMED' } as const;
    return finding(seen, { content: content[directory.kind], reason: directory.reason });
  }
  const files = directory.entries.filter((entry) => !entry.name.endsWith('/'));
  seen.files = files.length;
  if (directory.trailing > 0) seen.notices.push(`${directory.trailing} bytes behind the end of the archive`);
  const defect = await readEntries(source, directory, files, seen, job);
  return defect ? finding(seen, defect) : judged(seen);
}

async function readEntries(
  source: ByteSource,
  directory: Directory,
  files: Entry[],
  seen: Seen,
  job: Job,
): Promise<Defect | undefined> {
  const order = [...directory.entries].sort((a, b) => a.offset - b.offset);
  const kept = job.marks.get('zip');
  const before = kept?.state as { done: number; seen: Partial<Seen> } | undefined;
  let done = before?.done ?? 0;
  if (before) Object.assign(seen, before.seen);
  for (const entry of order.slice(done)) {
    const defect = await readEntry(source, directory, entry, seen, files.length === 1 ? job : undefined);
    if (defect) return defect;
    const { only: _only, ...counted } = seen;
    job.marks.set('zip', entry.offset, { done: ++done, seen: counted });
  }
  return undefined;
}

async function readEntry(
  source: ByteSource,
  directory: Directory,
  entry: Entry,
  seen: Seen,
  only: Job | undefined,
): Promise<Defect | undefined> {
  const at = entry.offset + directory.shift;
  const head = at + 30 <= directory.start ? Buffer.from(await source.read(at, 30)) : undefined;
  if (!head || head.readUInt32LE(0) !== LOCAL)
    return { content: 'CORRUPT', reason: `no local header of ${entry.name} at ${at}` };
  const name = (await source.read(at + 30, head.readUInt16LE(26))).toString('utf8');
  const differs = compareHeaders(head, name, entry);
  if (differs)
    return {
      content: 'CORRUPT',
      reason: `${entry.name}: the ${differs} in its header differs from the directory`,
    };
  const start = at + 30 + head.readUInt16LE(26) + head.readUInt16LE(28);
  if (start + entry.packed > directory.start)
    return { content: 'INCOMPLETE', reason: `${entry.name} reaches into the directory` };
  seen.bytes += entry.size;
  if ((entry.flags & 1) !== 0) {
    seen.encrypted++;
    return undefined;
  }
  const stream = openEntry(slice(source, start, entry.packed), entry.method);
  if (!stream) {
    seen.unknown++;
    return undefined;
  }
  return checkContent(stream, entry, seen, only);
}

function compareHeaders(head: Buffer, name: string, entry: Entry): string | undefined {
  if (name !== entry.name) return 'name';
  if (head.readUInt16LE(8) !== entry.method) return 'method';
  // Written before the content: sizes and checksum follow behind it.
  if ((entry.flags & 8) !== 0) return undefined;
  if (head.readUInt32LE(14) !== entry.crc) return 'CRC-32';
  const wide = head.readUInt32LE(18) === 0xffffffff || head.readUInt32LE(22) === 0xffffffff;
  if (!wide && (head.readUInt32LE(18) !== entry.packed || head.readUInt32LE(22) !== entry.size))
    return 'size';
  return undefined;
}

function openEntry(packed: ByteSource, method: number): ChunkStream | undefined {
  const stored = sourceStream(packed, 'read');
  switch (method) {
    case STORED:
      return stored;
    case 8:
      return inflated(stored);
    case 12:
      return BZIP2.open(new Cursor(stored));
    case 93:
      return ZSTD.open(new Cursor(stored));
    case 95:
      return XZ.open(new Cursor(stored));
    default:
      return undefined;
  }
}

function inflated(stored: ChunkStream): ChunkStream {
  const pump = openPump(createInflateRaw({ chunkSize: 128 * 1024 }));
  return { next: () => decode(pump, () => stored.next()), close: () => pump.close() };
}

async function checkContent(
  stream: ChunkStream,
  entry: Entry,
  seen: Seen,
  only: Job | undefined,
): Promise<Defect | undefined> {
  let sum = 0;
  let size = 0;
  const content = new Cursor({
    async next() {
      const bytes = await stream.next();
      if (!bytes) return undefined;
      sum = crc32(bytes, sum);
      size += bytes.length;
      return bytes;
    },
    close: () => stream.close?.(),
  });
  try {
    if (only && entry.size > 0) seen.only = await readOnly(content, entry, only);
    await content.drain();
  } finally {
    content.close();
  }
  const { fault } = content;
  if (fault)
    return {
      content: fault.kind === 'limit' ? 'UNCONFIRMED' : 'CORRUPT',
      reason: `${entry.name}: ${fault.message}`,
    };
  if (size !== entry.size)
    return { content: 'CORRUPT', reason: `${entry.name}: ${size} bytes instead of ${entry.size}` };
  if (sum !== entry.crc) return { content: 'CORRUPT', reason: `${entry.name}: the CRC-32 does not hold` };
  return undefined;
}

async function readOnly(content: Cursor, entry: Entry, job: Job): Promise<Finding> {
  const { source: _none, ...rest } = job;
  const name = entry.name.slice(entry.name.lastIndexOf('/') + 1);
  return job.inside(content, { ...rest, name, depth: job.depth + 1, marks: noMarks });
}

function finding(seen: Seen, verdict: Pick<Finding, 'content' | 'reason'>, format = 'zip'): Finding {
  const { only } = seen;
  return {
    format,
    ...verdict,
    layer: 'L2',
    facts: {
      engine: 'files',
      kind: 'copy',
      ...only?.facts,
      files: seen.files,
      contentBytes: seen.bytes,
      compressed: true,
      checksums: true,
      ...(seen.encrypted > 0 && { encrypted: true }),
      ...(seen.notices.length > 0 && { notices: [...(only?.facts.notices ?? []), ...seen.notices] }),
    },
  };
}

function judged(seen: Seen): Finding {
  if (seen.files === 0) return finding(seen, { content: 'EMPTY', reason: 'an archive without any file' });
  if (seen.encrypted > 0)
    return finding(seen, {
      content: 'COMPLETE',
      reason: `the directory is whole; the content of ${seen.encrypted} of ${seen.files} files cannot be proved without the password`,
    });
  if (seen.unknown > 0)
    return finding(seen, {
      content: 'COMPLETE',
      reason: `the directory is whole; ${seen.unknown} of ${seen.files} files use a method that is not decoded here`,
    });
  const whole = `CRC-32 of all ${seen.files} files recomputed`;
  const { only } = seen;
  if (!only || ['unknown', 'text'].includes(only.format))
    return finding(seen, { content: 'VERIFIED', reason: whole });
  const format = `${only.format}+zip`;
  if (only.content === 'COMPLETE' || only.content === 'VERIFIED')
    return finding(seen, { content: 'VERIFIED', reason: `${whole}; inside: ${only.reason}` }, format);
  return {
    ...finding(seen, { content: only.content, reason: `${whole}, but inside: ${only.reason}` }, format),
    layer: 'L3',
  };
}
