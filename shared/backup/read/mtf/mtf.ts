// SQL Server .bak, .trn, .dif: one or more backup sets on Microsoft Tape Format.
//
//   TAPE SFMB ( SSET VOLB MSCI MSDA* MSTL* MSLS SFMB ESET ESET SFMB )+
//
// A set is finished when its MSLS (with a finish date), its ESETs and the file mark behind them are there. Promise: page data are
// passed over, never held; a file that ends anywhere else is never called complete. What it cannot see: damage inside page data
// (the checksum of the CSUM streams is not published), which only a restore shows.

import type { Content } from '../../facts.ts';
import type { Cursor } from '../cursor.ts';
import { type Finding, type Format, hex, type Job, type Marks, ownMarks } from '../format.ts';
import { BLOCK_HEADER, readBlock, readMarks, readStream, STREAM_HEADER } from './block.ts';
import { beginSet, factsOf, noteSet, noteTape, type SetSeen, type Tape } from './sets.ts';
import { passZeros } from '../zeros.ts';

const MAX_MARK = 65_536;
const ALIGNMENT = 4;
/** Streams whose content tells something. Others are passed over. */
const KEPT_STREAM = 8 * 1024 * 1024;

interface Walk {
  tape: Tape;
  sets: SetSeen[];
  /** Where file marks were found. */
  marks: number[];
  markBytes: number;
  marksOfReading: Marks;
  zone: string;
}

type End = { content: Content; reason: string };

export const MTF: Format = {
  name: 'mtf',
  matches: (head) =>
    head.length >= BLOCK_HEADER &&
    head.toString('latin1', 0, 4) === 'TAPE' &&
    typeof readBlock(head) === 'object',
  read: (input, job) => readMtf(input, job, 'mtf'),
};

/** Also for the MTF that a compressed container holds. */
export async function readMtf(input: Cursor, job: Job, format: string): Promise<Finding> {
  const walk: Walk = {
    tape: {},
    sets: [],
    marks: [],
    markBytes: 512,
    marksOfReading: ownMarks(job),
    zone: job.zone,
  };
  let end: End | undefined;
  while (!end) end = await step(walk, input);
  return { format, ...end, layer: 'L2', facts: factsOf(walk.tape, walk.sets) };
}

/** Reads one block; says how the file ends when it does. */
async function step(walk: Walk, input: Cursor): Promise<End | undefined> {
  const at = input.position;
  if (!(await input.need(BLOCK_HEADER))) return atEnd(walk, input);
  const block = readBlock(input.peek(BLOCK_HEADER));
  if (block === 'zeros') return zeros(walk, input);
  if (typeof block === 'string') {
    const what = block === 'checksum' ? 'the checksum of the block header does not hold' : 'no block begins';
    return { content: 'CORRUPT', reason: `${what} at ${hex(at)}` };
  }
  if (block.type === 'SFMB') return readMark(walk, input);
  if (block.type === 'SSET') walk.sets.push(beginSet());
  const head = Math.max(BLOCK_HEADER, block.firstStream);
  const bytes = await input.bytes(head);
  if (!bytes) return cut(walk, `the ${block.type} block at ${hex(at)} is cut`);
  if (block.type === 'TAPE') {
    noteTape(walk.tape, bytes);
    walk.markBytes = Math.min(MAX_MARK, Math.max(1, bytes.readUInt16LE(64)) * 512);
  }
  const set = walk.sets.at(-1);
  if (set) noteSet(set, block.type, bytes, undefined, walk.zone);
  return readStreams(walk, input, block.type);
}

async function readStreams(walk: Walk, input: Cursor, block: string): Promise<End | undefined> {
  for (;;) {
    const at = input.position;
    const bytes = await input.bytes(STREAM_HEADER);
    if (!bytes) return cut(walk, `the file ends inside the ${block} block, at ${hex(at)}`);
    const stream = readStream(bytes);
    if (!stream)
      return { content: 'CORRUPT', reason: `the checksum of the stream header at ${hex(at)} does not hold` };
    const { id, length } = stream;
    const kept = length <= KEPT_STREAM && ['RAID', 'MQCI'].includes(id);
    const data = kept ? await input.bytes(length) : undefined;
    if (kept ? !data : !(await input.skip(length)))
      return cut(walk, `the ${id} stream at ${hex(at)} reaches past the end (${length} bytes)`);
    if (id === 'RAID' && data) noteTape(walk.tape, undefined, data);
    const set = walk.sets.at(-1);
    if (set) noteSet(set, id, undefined, data, walk.zone);
    if (id === 'SPAD') return undefined;
    const pad = -input.position & (ALIGNMENT - 1);
    if (pad > 0 && !(await input.skip(pad)))
      return cut(walk, `the file ends behind the ${id} stream at ${hex(at)}`);
  }
}

async function readMark(walk: Walk, input: Cursor): Promise<End | undefined> {
  const at = input.position;
  const bytes = await input.bytes(walk.markBytes);
  if (!bytes) return cut(walk, `the file mark at ${hex(at)} is cut`);
  const listed = readMarks(bytes);
  const missing = listed.find((offset) => !walk.marks.includes(offset));
  if (missing !== undefined)
    return {
      content: 'CORRUPT',
      reason: `the file mark at ${hex(at)} names one at ${hex(missing)} that is not there`,
    };
  walk.marks.push(at);
  const set = walk.sets.at(-1);
  if (set?.ended) set.closed = true;
  else if (set) set.marked = true;
  return undefined;
}

function cut(walk: Walk, reason: string): End {
  const set = walk.sets.at(-1);
  const unfinished = set && !set.finished ? '; the finish date is not set' : '';
  return { content: 'INCOMPLETE', reason: `${reason}${unfinished}` };
}

/** A file that was allocated ahead, or a tail of padding. */
async function zeros(walk: Walk, input: Cursor): Promise<End> {
  const at = input.position;
  if (await passZeros(input, walk.marksOfReading))
    return { content: 'CORRUPT', reason: `no block begins at ${hex(at)}` };
  const end = atEnd(walk, input);
  return end.content === 'COMPLETE'
    ? end
    : cut(walk, `only zeros from ${hex(at)} on: allocated, not written`);
}

function atEnd(walk: Walk, input: Cursor): End {
  const set = walk.sets.at(-1);
  if (input.available > 0) return cut(walk, `${input.available} bytes at the end are no block`);
  if (!set) return cut(walk, 'no backup set begins');
  if (set.closed && set.finished) return closed(walk, set);
  const missing = !set.last ? 'MSLS block' : set.ended ? 'closing file mark' : 'ESET block';
  return cut(
    walk,
    `the file ends at ${hex(input.position)} without its ${missing}: being written, or broken off`,
  );
}

function closed(walk: Walk, set: SetSeen): End {
  const { count = 1, number = 1 } = walk.tape;
  const stripe = count > 1 ? `; stripe ${number} of ${count}, no use without the others` : '';
  const sets = walk.sets.length > 1 ? `${walk.sets.length} sets, ` : '';
  const checksums = set.scin?.checksums ? '' : '; made without CHECKSUM';
  return {
    content: 'COMPLETE',
    reason: `${sets}all blocks and the closing file mark are there; page data have no checksum that can be read without a server${stripe}${checksums}`,
  };
}
