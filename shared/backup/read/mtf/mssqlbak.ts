// Compressed backups of SQL Server: a container of records around the blocks of an MTF stream.
//
//   MSSQLBAK …  from 0x1E0:  21 blocks[1] size[2] … CRC-32[4]@24 payload@28 (MS-XCA)   24 … length[2]@2 padding@24   SFMB: plain, aligned
//
// Promise: records are passed over by their heads; only those beside a file mark are decoded, which hold the set's description and its
// finish date; a deep reading recomputes each record's CRC-32. A file that does not end with its closing file mark is not complete.

import { crc32 } from 'node:zlib';
import type { Cursor } from '../cursor.ts';
import { type Finding, type Format, hex, type Job } from '../format.ts';
import { BLOCK_HEADER, readBlock, readMarks, readStream, STREAM_HEADER } from './block.ts';
import { beginSet, factsOf, noteSet, noteTape, type SetSeen, type Tape } from './sets.ts';
import { expandXca } from './xca.ts';
import { isZero } from '../zeros.ts';

const MAGIC = Buffer.from('MSSQLBAK');
const FIRST = 0x1e0;
const HEAD = 28;
const RECORD = 0x21;
const PADDING = 0x24;
const PAD_HEAD = 24;
const UNIT = 512;
/** Records beside a file mark that are decoded: the set's description and its finish lie there. */
const BESIDE = 4;

interface Kept {
  at: number;
  size: number;
  blocks: number;
  payload: Buffer | undefined;
}

interface Container {
  tape: Tape;
  sets: SetSeen[];
  marks: number[];
  /** Where the last file mark ends, and how many marks it names. */
  markEnd: number;
  markUsed: number;
  recent: Kept[];
  sinceMark: number;
  records: number;
  sums: { held: number; failed: number; firstFailed: number };
  unreadable: boolean;
}

type End = Pick<Finding, 'content' | 'reason'>;

export const MSSQLBAK: Format = {
  name: 'mssqlbak',
  matches: (head) => head.subarray(0, 8).equals(MAGIC),
  read: readContainer,
};

async function readContainer(input: Cursor, job: Job): Promise<Finding> {
  const box: Container = {
    tape: {},
    sets: [],
    marks: [],
    markEnd: 0,
    markUsed: 0,
    recent: [],
    sinceMark: 0,
    records: 0,
    sums: { held: 0, failed: 0, firstFailed: 0 },
    unreadable: false,
  };
  let end: End | undefined = (await input.skip(FIRST))
    ? undefined
    : { content: 'INCOMPLETE', reason: 'the head is cut' };
  while (!end) end = await step(box, input, job);
  const facts = {
    ...factsOf(box.tape, box.sets),
    compressed: true,
    ...(box.unreadable && { encrypted: true }),
  };
  return { format: 'mssqlbak', ...end, layer: 'L2', facts };
}

const cut = (reason: string): End => ({ content: 'INCOMPLETE', reason });

async function step(box: Container, input: Cursor, job: Job): Promise<End | undefined> {
  const at = input.position;
  if (!(await input.need(4))) return atEnd(box, input);
  const first = input.peek(1)[0];
  if (first === RECORD) return readRecord(box, input, job);
  if (first === PADDING) {
    const head = await input.bytes(PAD_HEAD);
    const whole = head && (await input.skip(head.readUInt16LE(2)));
    return whole ? undefined : cut(`the padding at ${hex(at)} reaches past the end`);
  }
  if (!(await input.need(BLOCK_HEADER)))
    return cut(`the file ends at ${hex(at + input.available)} inside a record`);
  const block = readBlock(input.peek(BLOCK_HEADER));
  if (block === 'zeros') return readZeros(box, input);
  if (typeof block === 'string' || block.type !== 'SFMB')
    return { content: 'CORRUPT', reason: `no record begins at ${hex(at)}` };
  return readMark(box, input, job, Math.max(UNIT, block.firstStream));
}

async function readRecord(box: Container, input: Cursor, job: Job): Promise<End | undefined> {
  const at = input.position;
  const head = await input.bytes(HEAD);
  if (!head) return cut(`the record at ${hex(at)} is cut`);
  const kept: Kept = { at, blocks: head.readUInt8(1), size: head.readUInt16LE(2), payload: undefined };
  const sum = head.readUInt32LE(24);
  // By position a payload can be fetched later; in a stream it must be kept now.
  if (job.deep || !job.source || box.sinceMark < BESIDE) {
    const payload = await input.bytes(kept.size);
    if (payload) kept.payload = Buffer.from(payload);
    if (payload && crc32(payload) === sum) box.sums.held++;
    else if (payload && box.sums.failed++ === 0) box.sums.firstFailed = at;
  } else if (!(await input.skip(kept.size))) kept.size = -1;
  if (kept.size < 0 || (!kept.payload && box.sinceMark < BESIDE))
    return cut(`the record at ${hex(at)} reaches past the end`);
  box.records++;
  box.recent.push(kept);
  if (box.sinceMark++ >= BESIDE && box.recent.length > 2 * BESIDE) box.recent.splice(BESIDE, 1);
  return undefined;
}

async function readMark(box: Container, input: Cursor, job: Job, size: number): Promise<End | undefined> {
  const at = input.position;
  const bytes = await input.bytes(size);
  if (!bytes) return cut(`the file mark at ${hex(at)} is cut`);
  const listed = readMarks(bytes);
  const missing = listed.find((offset) => !box.marks.includes(offset));
  if (missing !== undefined)
    return {
      content: 'CORRUPT',
      reason: `the file mark at ${hex(at)} names one at ${hex(missing)} that is not there`,
    };
  await decodeRecent(box, job);
  box.marks.push(at);
  box.markEnd = input.position;
  box.markUsed = listed.length;
  const set = box.sets.at(-1);
  if (set?.ended) set.closed = true;
  else if (set) set.marked = true;
  return undefined;
}

/** The records since the last mark that were kept, in runs that follow one another. */
async function decodeRecent(box: Container, job: Job): Promise<void> {
  let run: Buffer[] = [];
  let next = -1;
  for (const kept of box.recent) {
    if (kept.at !== next && run.length > 0) {
      noteBlocks(box, Buffer.concat(run), job.zone);
      run = [];
    }
    kept.payload ??= await job.source?.read(kept.at + HEAD, kept.size);
    const content = kept.payload && expandXca(kept.payload, kept.blocks * UNIT);
    if (content) run.push(content);
    else box.unreadable = true;
    next = kept.at + HEAD + kept.size;
  }
  if (run.length > 0) noteBlocks(box, Buffer.concat(run), job.zone);
  box.recent = [];
  box.sinceMark = 0;
}

/** Blocks begin at multiples of 512 bytes; of each, the streams that lie inside these bytes. */
function noteBlocks(box: Container, bytes: Buffer, zone: string): void {
  for (let at = 0; at + BLOCK_HEADER <= bytes.length; at += UNIT) {
    const block = readBlock(bytes.subarray(at, at + BLOCK_HEADER));
    if (typeof block === 'string') continue;
    if (block.type === 'SSET') box.sets.push(beginSet());
    const head = bytes.subarray(at, at + Math.max(BLOCK_HEADER, block.firstStream));
    const set = box.sets.at(-1);
    if (set) noteSet(set, block.type, head, undefined, zone);
    noteStreams(box, bytes, at + block.firstStream, zone);
  }
}

function noteStreams(box: Container, bytes: Buffer, from: number, zone: string): void {
  let at = from;
  while (at + STREAM_HEADER <= bytes.length) {
    const stream = readStream(bytes.subarray(at, at + STREAM_HEADER));
    if (!stream || stream.id === 'SPAD') return;
    const start = at + STREAM_HEADER;
    if (start + stream.length > bytes.length) return;
    const data = bytes.subarray(start, start + stream.length);
    if (stream.id === 'RAID') noteTape(box.tape, undefined, data);
    const set = box.sets.at(-1);
    if (set) noteSet(set, stream.id, undefined, data, zone);
    at = (start + stream.length + 3) & ~3;
  }
}

/** Space that was allocated ahead. */
async function readZeros(box: Container, input: Cursor): Promise<End> {
  const at = input.position;
  for (let bytes = await input.chunk(); bytes; bytes = await input.chunk())
    if (!isZero(bytes)) return { content: 'CORRUPT', reason: `no record begins at ${hex(at)}` };
  if (isClosed(box, at)) return verdict(box);
  return cut(`only zeros from ${hex(at)} on: allocated, not written`);
}

/** The closing mark names at least the one before the data and the one behind them. */
function isClosed(box: Container, end: number): boolean {
  const set = box.sets.at(-1);
  return (
    box.markEnd === end && box.markUsed >= 2 && (box.unreadable || (set?.closed === true && set.finished))
  );
}

function atEnd(box: Container, input: Cursor): End {
  if (input.available > 0 || !isClosed(box, input.position))
    return cut(
      `the file ends at ${hex(input.position + input.available)} without its closing file mark: being written, or broken off`,
    );
  return verdict(box);
}

function verdict(box: Container): End {
  const { held, failed, firstFailed } = box.sums;
  // Where not one sum fits, they are made in a way that is not known.
  if (failed > 0 && held > 0)
    return { content: 'CORRUPT', reason: `the CRC-32 of the record at ${hex(firstFailed)} does not hold` };
  const { count = 1, number = 1 } = box.tape;
  const stripe = count > 1 ? `; stripe ${number} of ${count}, no use without the others` : '';
  const whole = `${box.records} compressed records and the closing file mark are there${stripe}`;
  if (box.unreadable)
    return {
      content: 'COMPLETE',
      reason: `${whole}; what they hold cannot be read: encrypted, its certificate is needed`,
    };
  if (held === box.records && held > 0 && failed === 0 && box.records > 2 * BESIDE * box.marks.length)
    return { content: 'VERIFIED', reason: `${whole}; CRC-32 of every record recomputed` };
  return { content: 'COMPLETE', reason: whole };
}
