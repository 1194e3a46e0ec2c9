// mbstream and xbstream: a backup of mariabackup or xtrabackup as one stream.
//
//   ( XBSTCK01 flags[1] type[1] pathLength[4] path  then for P: length[8] offset[8] CRC-32[4] payload )*     E closes its file
//
// Promise: every payload's CRC-32 is recomputed; the stream is whole only when each file was closed and the file that the tool writes
// last is there. Payloads pass through in pieces.

import { crc32 } from 'node:zlib';
import type { Cursor } from '../cursor.ts';
import type { Finding, Format, Job } from '../format.ts';
import { type Meta, metaFacts } from './meta.ts';

const MAGIC = Buffer.from('XBSTCK01');
const HEAD = 14;
const MAX_PATH = 4096;
const MAX_META = 64 * 1024;

interface Stream {
  open: Map<string, number>;
  files: number;
  bytes: number;
  meta: Map<string, string>;
}

type End = Pick<Finding, 'content' | 'reason'>;

export const MBSTREAM: Format = {
  name: 'mbstream',
  matches: (head) => head.subarray(0, 8).equals(MAGIC),
  read: readStream,
};

async function readStream(input: Cursor, job: Job): Promise<Finding> {
  const kept = job.marks.get('mbstream');
  const stream = restore(kept?.state as Saved | undefined);
  if (kept) await input.skip(kept.offset - input.position);
  let end: End | undefined;
  while (!end) {
    end = (await input.atEnd()) ? verdictOf(stream) : await readChunk(stream, input);
    if (!end) job.marks.set('mbstream', input.position, () => save(stream));
  }
  const meta = metaOf(stream);
  return {
    format: 'mbstream',
    ...end,
    layer: 'L2',
    facts: { ...metaFacts(meta, job.zone), files: stream.files, contentBytes: stream.bytes, checksums: true },
  };
}

interface Saved {
  open: [string, number][];
  meta: [string, string][];
  files: number;
  bytes: number;
}

function save({ open, meta, files, bytes }: Stream): Saved {
  return { open: [...open], meta: [...meta], files, bytes };
}

function restore(saved: Saved | undefined): Stream {
  const { open = [], meta = [], files = 0, bytes = 0 } = saved ?? {};
  return { open: new Map(open), meta: new Map(meta), files, bytes };
}

const cut = (at: number): End => ({
  content: 'INCOMPLETE',
  reason: `the stream ends inside the chunk at ${at}`,
});

async function readChunk(stream: Stream, input: Cursor): Promise<End | undefined> {
  const at = input.position;
  const head = await input.bytes(HEAD);
  if (!head) return cut(at);
  if (!head.subarray(0, 8).equals(MAGIC)) return { content: 'CORRUPT', reason: `no chunk begins at ${at}` };
  const type = String.fromCharCode(head.readUInt8(9));
  const pathLength = head.readUInt32LE(10);
  if (pathLength > MAX_PATH)
    return { content: 'CORRUPT', reason: `the chunk at ${at} has a path of ${pathLength} bytes` };
  const path = (await input.bytes(pathLength))?.toString('utf8');
  if (path === undefined) return cut(at);
  if (type === 'E') return close(stream, path, at);
  if (type !== 'P')
    return { content: 'UNCONFIRMED', reason: `a chunk of the unknown type ${JSON.stringify(type)} at ${at}` };
  if (!stream.open.has(path)) stream.open.set(path, 0);
  return readPayload(stream, input, path, at);
}

function close(stream: Stream, path: string, at: number): End | undefined {
  if (!stream.open.delete(path) && path === '')
    return { content: 'CORRUPT', reason: `an end without a file at ${at}` };
  stream.files++;
  return undefined;
}

async function readPayload(
  stream: Stream,
  input: Cursor,
  path: string,
  at: number,
): Promise<End | undefined> {
  const head = await input.bytes(20);
  if (!head) return cut(at);
  let left = Number(head.readBigUInt64LE(0));
  const offset = Number(head.readBigUInt64LE(8));
  const stored = head.readUInt32LE(16);
  if (offset !== stream.open.get(path))
    return { content: 'CORRUPT', reason: `the chunk at ${at} does not continue ${path} where it stood` };
  stream.open.set(path, offset + left);
  stream.bytes += left;
  const isMeta = META.test(path);
  let sum = 0;
  while (left > 0) {
    const bytes = await input.chunk(left);
    if (!bytes) return cut(at);
    sum = crc32(bytes, sum);
    left -= bytes.length;
    if (isMeta) keep(stream, path, bytes);
  }
  return sum === stored
    ? undefined
    : { content: 'CORRUPT', reason: `the CRC-32 of the chunk at ${at} (${path}) does not hold` };
}

const META = /^(?:\.\/)?(?:xtrabackup|mariadb_backup)_(?:checkpoints|info|binlog_info)$/;

function keep(stream: Stream, path: string, bytes: Buffer): void {
  const name = path
    .replace(/^.*_(?=checkpoints$|info$)/, '')
    .replace(/^info$/, path.endsWith('binlog_info') ? 'binlog_info' : 'info');
  const before = stream.meta.get(name) ?? '';
  if (before.length < MAX_META) stream.meta.set(name, before + bytes.toString('utf8'));
}

function metaOf(stream: Stream): Meta {
  return {
    checkpoints: stream.meta.get('checkpoints'),
    info: stream.meta.get('info'),
    binlogInfo: stream.meta.get('binlog_info'),
  };
}

function verdictOf(stream: Stream): End {
  const left = [...stream.open.keys()];
  if (left.length > 0)
    return { content: 'INCOMPLETE', reason: `${left.length} files have no end, among them ${left[0]}` };
  if (!stream.meta.has('info') || !stream.meta.has('checkpoints'))
    return {
      content: 'INCOMPLETE',
      reason: 'the stream ends before the files that the tool writes last (…_checkpoints, …_info)',
    };
  return { content: 'VERIFIED', reason: `CRC-32 of all chunks recomputed, all ${stream.files} files closed` };
}
