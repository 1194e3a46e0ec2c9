// A segment: consecutive numbers of one stream in one file. Its name says what it holds, so that opening a spool reads no
// closed segment; each is verified when it is reached.
//
//   0000000012_<stream>_40.log                              open: plain records, appended to
//   0000000012_<stream>_40_99_60_1767225600000.full.zst     closed: numbers 40 to 99, 60 reports, the first one's time
//   0000000012_<stream>_40_99_3_1767225600000.thin.zst      closed and thinned
//
// Records: a head {t:segment, version, stream, first}, then series declarations (before their first use in the file or
// block), reports, gaps. Invariants: decoded items cover `first` to `last` without a hole and without overlap; what
// cannot be read is an item of kind gap with reason `corrupt`. A leftover of the same ordinal gives way: thin, full, log.

import {
  type AgentFrame,
  decodeAgentFrame,
  type Gap,
  type GapReason,
  type Series,
} from '../../shared/frame.ts';
import { type Compressor, packBlock, unpackBlocks } from './blocks.ts';
import { encodeRecord, recordAt, scanRecords, viewOf } from './record.ts';
import { headReader } from './report-head.ts';

const SEGMENT_VERSION = 1;
const NOTHING = Buffer.alloc(0);
const BLOCK_BYTES = 128 * 1024;

export type SegmentKind = 'log' | 'full' | 'thin';

export interface SegmentName {
  kind: SegmentKind;
  ordinal: number;
  stream: string;
  first: number;
  /** Known once closed. */
  last: number | undefined;
  reports: number;
  firstAt: number | undefined;
}

/** Lost numbers, both ends inclusive. */
export interface Range {
  from: number;
  to: number;
  reason: GapReason;
  fromAt?: number | undefined;
  toAt?: number | undefined;
}

export type Item =
  | { kind: 'report'; from: number; to: number; start: number; end: number; series: string; at: number }
  | ({ kind: 'gap' } & Range);

export interface Decoded {
  /** What the items' `start` and `end` point into. */
  text: Buffer;
  items: Item[];
  series: Map<string, Series>;
  /** Numbers found unreadable by this reading (not those already on record as gaps). */
  damaged: number;
  /** Nothing but whole records was found. */
  isClean: boolean;
}

export function renderName(name: SegmentName): string {
  const head = `${String(name.ordinal).padStart(10, '0')}_${name.stream}_${name.first}`;
  if (name.kind === 'log') return `${head}.log`;
  return `${head}_${name.last}_${name.reports}_${name.firstAt ?? ''}.${name.kind}.zst`;
}

/** Undefined when the file is not a segment. */
export function parseName(file: string): SegmentName | undefined {
  const match =
    /^(\d{10,15})_([0-9a-f]{32})_(\d{1,15})(?:\.log|_(\d{1,15})_(\d{1,15})_(-?\d{0,16})\.(full|thin)\.zst)$/.exec(
      file,
    );
  if (!match) return undefined;
  const [, ordinal, stream, first, last, reports, firstAt, kind] = match;
  return {
    kind: (kind as SegmentKind | undefined) ?? 'log',
    ordinal: Number(ordinal),
    stream: stream ?? '',
    first: Number(first),
    last: last === undefined ? undefined : Number(last),
    reports: Number(reports ?? 0),
    firstAt: firstAt ? Number(firstAt) : undefined,
  };
}

export function encodeHead(stream: string, first: number): Buffer {
  return encodeRecord(JSON.stringify({ t: 'segment', version: SEGMENT_VERSION, stream, first }));
}

export function gapFrame(stream: string, range: Range): Gap {
  const { from, to, reason, fromAt, toAt } = range;
  return {
    t: 'gap',
    stream,
    from,
    to,
    reason,
    ...(fromAt === undefined ? {} : { fromAt }),
    ...(toAt === undefined ? {} : { toAt }),
  };
}

/** Reads a segment's bytes against what its name says. Never throws. `before`: what was read of it when it was shorter; it is used up. */
export function decodeSegment(
  name: SegmentName,
  bytes: Uint8Array,
  compressor: Compressor,
  before?: Decoded,
): Decoded {
  const text = name.kind === 'log' ? viewOf(bytes) : unpackBlocks(bytes, compressor);
  const known = before?.isClean ? before : { text: NOTHING, items: [], series: new Map() };
  const out: Decoded = { ...known, text, damaged: 0, isClean: true };
  let damagedAfterLast = 0;
  const add = (item: Item): void => {
    const next = nextNumber(name, out);
    if (item.to < next || (name.last !== undefined && item.to > name.last)) return;
    if (item.from > next) declareDamage(out, next, item.from - 1);
    out.items.push(item.kind === 'gap' && item.from < next ? { ...item, from: next } : item);
    damagedAfterLast = 0;
  };
  const readHead = headReader(name.stream);
  const visitor = {
    record(start: number, end: number) {
      const head = readHead(text, start, end);
      if (head === undefined) return decodeRecord(name.stream, out, start, end, add);
      const { seq, series, at } = head;
      add({ kind: 'report', from: seq, to: seq, start, end, series, at });
    },
    damaged: () => {
      damagedAfterLast++;
      out.isClean = false;
    },
  };
  if (scanRecords(text, visitor, known.text.length) < text.length) out.isClean = false;
  const next = nextNumber(name, out);
  const last = name.last ?? next - 1 + damagedAfterLast;
  if (last >= next) declareDamage(out, next, last);
  return out;
}

function nextNumber(name: SegmentName, decoded: Decoded): number {
  const last = decoded.items.at(-1);
  return last ? last.to + 1 : name.first;
}

function declareDamage(decoded: Decoded, from: number, to: number): void {
  decoded.items.push({ kind: 'gap', from, to, reason: 'corrupt' });
  decoded.damaged += to - from + 1;
}

/** What is not a report of this stream as `append` writes it. */
function decodeRecord(
  stream: string,
  out: Decoded,
  start: number,
  end: number,
  add: (item: Item) => void,
): void {
  const value = isHead(out.text, start) ? undefined : frameIn(out.text, start, end);
  if (value?.t === 'series') out.series.set(value.id, value);
  if (value?.t !== 'gap' || value.stream !== stream) return;
  const { from, to, reason, fromAt, toAt } = value;
  add({ kind: 'gap', from, to, reason, fromAt, toAt });
}

/** Each block begins with a head, which is no frame. */
const HEAD = Buffer.from('{"t":"segment"');
const isHead = (text: Buffer, start: number): boolean =>
  text.compare(HEAD, 0, HEAD.length, start, Math.min(start + HEAD.length, text.length)) === 0;

/** What a record holds, as it would go over the wire: an intact record is no proof that what was written made sense. */
export function frameIn(text: Buffer, start: number, end: number): AgentFrame | undefined {
  try {
    return decodeAgentFrame(text.toString('utf8', start, end));
  } catch {
    return undefined;
  }
}

/** Packs items into the body of a closed segment: each block stands alone, with its head and the series that it uses. */
export function encodeClosed(
  stream: string,
  items: readonly Item[],
  text: Buffer,
  series: ReadonlyMap<string, Series>,
  compressor: Compressor,
): Buffer {
  const blocks: Buffer[] = [];
  let lines: Buffer[] = [];
  let size = 0;
  let declared = new Set<string>();
  const push = (line: Buffer): void => {
    lines.push(line);
    size += line.length;
  };
  const flush = (): void => {
    if (lines.length > 0) blocks.push(packBlock(Buffer.concat(lines), compressor));
    [lines, size, declared] = [[], 0, new Set()];
  };
  for (const item of items) {
    if (size === 0) push(encodeHead(stream, item.from));
    if (item.kind === 'gap') push(encodeRecord(JSON.stringify(gapFrame(stream, item))));
    else {
      const columns = series.get(item.series);
      if (columns && !declared.has(item.series)) push(encodeRecord(JSON.stringify(columns)));
      declared.add(item.series);
      push(recordAt(text, item.start, item.end));
    }
    if (size >= BLOCK_BYTES) flush();
  }
  flush();
  return Buffer.concat(blocks);
}

/** The item that covers `seq`. */
export function itemAt(items: readonly Item[], seq: number): Item | undefined {
  let low = 0;
  let high = items.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const item = items[middle];
    if (!item) return undefined;
    if (item.to < seq) low = middle + 1;
    else if (item.from > seq) high = middle - 1;
    else return item;
  }
  return undefined;
}
