// WAL segments of PostgreSQL 9.5 and later.
//
//   page   magic[2] info[2] timeline[4] address[8] remaining[4]   and on the first: system id[8]@24 segment size[4]@32 page size[4]@36
//   record length[4] xid[4] previous[8] info[1] manager[1] 0[2] CRC-32C[4]  data …   aligned to 8, running on over page borders
//
// Promise: every record's CRC-32C is recomputed up to the end of the segment or to the switch that ends it; the name follows from the
// address, not from the file. Memory is one record, of at most MAX_RECORD.

import type { BackupFacts, WalChain } from '../../facts.ts';
import type { Cursor } from '../cursor.ts';
import { type Finding, type Format, hex, type Job } from '../format.ts';
import { crc32c } from '../sum/crc.ts';
import { isZero } from '../zeros.ts';

const LONG = 40;
const SHORT = 24;
const HEADER = 24;
const MAX_RECORD = 1024 * 1024 * 1024;
/** What of a record is kept to look inside. */
const KEPT = 4096;
const CONTINUED = 1;
const LONG_HEADER = 2;
/** A crash cut the record that would go on here; another takes its place. */
const OVERWRITTEN = 8;
const SEGMENT_NAME = /^([0-9A-F]{8})[0-9A-F]{16}$/;
/** Record formats older than 9.5 differ. */
const FIRST_MAGIC = 0xd087;

export const WAL: Format = { name: 'wal', matches: isSegment, read: readWal };

function isSegment(head: Buffer): boolean {
  if (head.length < LONG) return false;
  const magic = head.readUInt16LE(0);
  const segment = head.readUInt32LE(32);
  const page = head.readUInt32LE(36);
  const isPower = (n: number): boolean => n > 0 && (n & (n - 1)) === 0;
  return (
    magic >= 0xd050 &&
    magic < 0xd200 &&
    (head.readUInt16LE(2) & LONG_HEADER) !== 0 &&
    head.readUInt16LE(2) < 16 &&
    isPower(segment) &&
    segment >= 2 ** 20 &&
    segment <= 2 ** 30 &&
    isPower(page) &&
    page >= 1024 &&
    page <= 65_536
  );
}

interface Segment {
  /** Where the record before began; each record says it of its predecessor. */
  previous: bigint | undefined;
  magic: number;
  /** The highest that a page or a checkpoint names: behind a fork the pages before it keep that of their own. */
  timeline: number;
  address: bigint;
  systemId: bigint;
  bytes: number;
  page: number;
  records: number;
  firstCommit: bigint;
  lastCommit: bigint;
}

/** Why the reading of records stopped. */
type Stop = {
  kind: 'end' | 'switch' | 'zeros' | 'torn' | 'cut' | 'corrupt' | 'recycled';
  at: number;
  reason?: string;
};

async function readWal(input: Cursor, job: Job): Promise<Finding> {
  await input.need(LONG);
  const head = input.peek(LONG);
  const segment: Segment = {
    previous: undefined,
    magic: head.readUInt16LE(0),
    timeline: head.readUInt32LE(4),
    address: head.readBigUInt64LE(8),
    systemId: head.readBigUInt64LE(24),
    bytes: head.readUInt32LE(32),
    page: head.readUInt32LE(36),
    records: 0,
    firstCommit: 0n,
    lastCommit: 0n,
  };
  const pages = new Pages(input, segment);
  const stop =
    segment.magic >= FIRST_MAGIC
      ? await pages.behind(await readRecords(pages, segment))
      : await pages.toEnd();
  await input.drain();
  return {
    format: 'wal',
    ...verdict(segment, stop, input.position, job),
    layer: 'L3',
    facts: factsOf(segment, stop),
  };
}

class PageFault extends Error {
  readonly stop: Stop;
  constructor(stop: Stop) {
    super(stop.kind);
    this.stop = stop;
  }
}

/** The record that was being read ends here, by a page that says so. */
class Overwritten extends Error {}

/** The bytes of records, without the page headers between them. */
class Pages {
  readonly input: Cursor;
  readonly #segment: Segment;
  /** Of the page before. */
  #timeline = 0;
  /** Bytes that the record has yet to come: each page that it runs into says how many. */
  open = 0;
  #left = 0;
  #first = true;

  constructor(input: Cursor, segment: Segment) {
    this.input = input;
    this.#segment = segment;
  }

  /** Passes a page header where one is due. */
  async border(): Promise<void> {
    if (this.#left > 0) return;
    const at = this.input.position;
    const { bytes, page } = this.#segment;
    if (at >= bytes) throw new PageFault({ kind: 'end', at });
    const size = this.#first ? LONG : SHORT;
    const head = await this.input.bytes(size);
    if (!head) throw new PageFault({ kind: 'cut', at: at + this.input.available });
    if (isZero(head)) throw new PageFault({ kind: this.open > 0 ? 'torn' : 'zeros', at });
    this.#check(head, at);
    this.#left = page - size;
    const info = head.readUInt16LE(2);
    const open = head.readUInt32LE(16);
    if ((info & CONTINUED) === 0 ? open !== 0 : open === 0)
      throw new PageFault({
        kind: 'corrupt',
        at,
        reason: `the header of the page at ${hex(at)} contradicts itself`,
      });
    if (this.#first) this.open = open;
    else if ((info & OVERWRITTEN) !== 0) this.open = 0;
    this.#first = false;
    if ((info & OVERWRITTEN) !== 0) throw new Overwritten();
    if (open !== this.open)
      throw new PageFault({
        kind: 'corrupt',
        at,
        reason: `the page at ${hex(at)} goes on with ${open} bytes of a record that has ${this.open} to come`,
      });
  }

  #check(head: Buffer, at: number): void {
    const { magic, address } = this.#segment;
    const padding = head.readUInt32LE(20);
    const corrupt = (reason: string): PageFault => new PageFault({ kind: 'corrupt', at, reason });
    if (head.readUInt16LE(0) !== magic || padding !== 0) throw corrupt(`no page header at ${hex(at)}`);
    const own = head.readBigUInt64LE(8);
    if (own !== address + BigInt(at)) {
      const reason = `the page at ${hex(at)} says that it lies at ${own.toString(16)}`;
      throw own < address ? new PageFault({ kind: 'recycled', at, reason }) : corrupt(reason);
    }
    const timeline = head.readUInt32LE(4);
    if (timeline < this.#timeline)
      throw corrupt(`the page at ${hex(at)} is of timeline ${timeline}, behind ${this.#timeline}`);
    this.#timeline = timeline;
    this.#segment.timeline = Math.max(timeline, this.#segment.timeline);
  }

  /** The next `count` bytes, handed over in pieces. */
  async take(count: number, each?: (bytes: Buffer) => void): Promise<void> {
    let left = count;
    while (left > 0) {
      await this.border();
      const at = this.input.position;
      const bytes = await this.input.chunk(Math.min(left, this.#left));
      if (!bytes) throw new PageFault({ kind: 'cut', at });
      each?.(bytes);
      left -= bytes.length;
      this.#left -= bytes.length;
      this.open = Math.max(0, this.open - bytes.length);
    }
  }

  /** To the next multiple of eight. */
  async align(): Promise<void> {
    const pad = -this.input.position & 7;
    if (pad > 0 && this.#left > 0) await this.take(Math.min(pad, this.#left));
  }

  /** Behind the switch, or the last record, nothing but page headers and zeros is written. */
  async behind(stop: Stop): Promise<Stop> {
    if (stop.kind !== 'switch' && stop.kind !== 'zeros') return stop;
    const { page, magic, bytes } = this.#segment;
    while (this.input.position < bytes) {
      const at = this.input.position;
      const part = await this.input.bytes(Math.min(page - (at % page), bytes - at));
      if (!part) return stop;
      const header = at % page === 0 && part.length >= SHORT && part.readUInt16LE(0) === magic ? SHORT : 0;
      if (isZero(part.subarray(header))) continue;
      if (stop.kind === 'zeros') return { ...stop, kind: 'recycled' };
      return {
        kind: 'corrupt',
        at,
        reason: `behind the switch at ${hex(stop.at)} there is content at ${hex(at)}`,
      };
    }
    return stop;
  }

  /** Only the page headers. */
  async toEnd(): Promise<Stop> {
    try {
      for (;;) {
        // Of records of this version nothing is known.
        this.open = 0;
        await this.take(this.#segment.page - (this.#first ? LONG : SHORT));
      }
    } catch (error) {
      if (!(error instanceof PageFault)) throw error;
      return error.stop;
    }
  }
}

async function readRecords(pages: Pages, segment: Segment): Promise<Stop> {
  try {
    const overwritten = (): void => void (segment.previous = undefined);
    let stop = await unlessOverwritten(overwritten, async () => {
      await pages.border();
      await pages.take(pages.open);
    });
    while (!stop)
      stop = await unlessOverwritten(overwritten, async () => {
        await pages.align();
        const found = await readRecord(pages, segment);
        if (!found) segment.records++;
        return found;
      });
    return stop;
  } catch (error) {
    if (!(error instanceof PageFault)) throw error;
    return error.stop;
  }
}

/** What a crash cut counts for nothing; reading goes on in the page that says so. */
async function unlessOverwritten(
  then: () => void,
  read: () => Promise<Stop | undefined | void>,
): Promise<Stop | undefined> {
  try {
    return (await read()) ?? undefined;
  } catch (error) {
    if (!(error instanceof Overwritten)) throw error;
    then();
    return undefined;
  }
}

async function readRecord(pages: Pages, segment: Segment): Promise<Stop | undefined> {
  pages.open = 0;
  await pages.border();
  const at = pages.input.position;
  const head = Buffer.alloc(HEADER);
  let filled = 0;
  await pages.take(4, (bytes) => void (filled += bytes.copy(head, filled)));
  const length = head.readUInt32LE(0);
  if (length === 0) return { kind: 'zeros', at };
  if (length < HEADER || length > MAX_RECORD)
    return { kind: 'corrupt', at, reason: `the record at ${hex(at)} says that it is ${length} bytes long` };
  pages.open = length - 4;
  await pages.take(HEADER - 4, (bytes) => void (filled += bytes.copy(head, filled)));
  let sum = -1;
  const kept: Buffer[] = [];
  let keptBytes = 0;
  await pages.take(length - HEADER, (bytes) => {
    sum = crc32c(bytes, sum);
    if (keptBytes < KEPT) kept.push(Buffer.from(bytes));
    keptBytes += bytes.length;
  });
  sum = ~crc32c(head.subarray(0, 20), sum);
  if (sum >>> 0 !== head.readUInt32LE(20))
    return { kind: 'corrupt', at, reason: `the CRC-32C of the record at ${hex(at)} does not hold` };
  const previous = head.readBigUInt64LE(8);
  if (segment.previous !== undefined && previous !== segment.previous)
    return {
      kind: 'corrupt',
      at,
      reason: `the record at ${hex(at)} follows one at ${lsnText(previous)}, not that before it`,
    };
  segment.previous = segment.address + BigInt(at);
  const manager = head.readUInt8(17);
  const info = head.readUInt8(16);
  if (manager === 0 && (info & 0xf0) === 0x40) {
    segment.records++;
    return { kind: 'switch', at };
  }
  if (manager === 1) noteCommit(segment, info, Buffer.concat(kept));
  if (manager === 0 && TELL_TIMELINE.includes(info & 0xf0)) noteTimeline(segment, Buffer.concat(kept));
  return undefined;
}

/** Checkpoints, and the end of a recovery: the first record behind a fork. */
const TELL_TIMELINE = [0x00, 0x10, 0x90];

function noteTimeline(segment: Segment, body: Buffer): void {
  const data = mainData(body);
  if (data && data.length >= 12) segment.timeline = Math.max(segment.timeline, data.readUInt32LE(8));
}

/** COMMIT and COMMIT PREPARED begin their main data with the time. */
function noteCommit(segment: Segment, info: number, body: Buffer): void {
  const operation = info & 0x70;
  if (operation !== 0x00 && operation !== 0x30) return;
  const data = mainData(body);
  if (!data || data.length < 8) return;
  const time = data.readBigInt64LE(0);
  segment.firstCommit ||= time;
  if (time > segment.lastCommit) segment.lastCommit = time;
}

/** Behind the headers of the record's parts; a commit has no blocks. */
function mainData(body: Buffer): Buffer | undefined {
  let at = 0;
  while (at < body.length) {
    const id = body[at];
    if (id === 255) return body.subarray(at + 2, at + 2 + (body[at + 1] ?? 0));
    if (id === 254) return at + 5 <= body.length ? body.subarray(at + 5) : undefined;
    if (id === 253) at += 3;
    else if (id === 252) at += 5;
    else return undefined;
  }
  return undefined;
}

function verdict(segment: Segment, stop: Stop, size: number, job: Job): Pick<Finding, 'content' | 'reason'> {
  const sums = `CRC-32C of ${segment.records} records recomputed`;
  const { bytes } = segment;
  if (size < bytes)
    return { content: 'INCOMPLETE', reason: `${size} of ${bytes} bytes of the segment; ${sums}` };
  const at = hex(stop.at);
  if (size > bytes) return { content: 'CORRUPT', reason: `${size} bytes, more than a segment of ${bytes}` };
  if (stop.kind === 'corrupt') return { content: 'CORRUPT', reason: `${stop.reason}; ${sums} before it` };
  const named = SEGMENT_NAME.exec(job.name)?.[1];
  if (named !== undefined && Number.parseInt(named, 16) < segment.timeline)
    return {
      content: 'CORRUPT',
      reason: `its pages are of timeline ${segment.timeline}, later than that in its name; ${sums}`,
    };
  if (stop.kind === 'torn')
    return { content: 'INCOMPLETE', reason: `a record breaks off at ${at}, zeros behind it; ${sums}` };
  if (stop.kind === 'zeros')
    return {
      content: 'UNCONFIRMED',
      reason: `${sums}; behind ${at} lie zeros and no switch closes it: the segment is not finished, or was cut and filled up`,
    };
  if (stop.kind === 'recycled' || job.name.endsWith('.partial'))
    return {
      content: 'UNCONFIRMED',
      reason: `${sums}; behind ${at} lies older content: the segment is not finished`,
    };
  if (segment.magic < FIRST_MAGIC)
    return { content: 'COMPLETE', reason: 'all page headers hold; records of this version are not read' };
  if (VERSIONS[segment.magic] === undefined)
    return { content: 'UNCONFIRMED', reason: `${sums}; its pages are of no version that is known` };
  const end = {
    end: 'to the end of the segment',
    switch: `up to the switch at ${at}`,
    cut: '',
  }[stop.kind];
  return { content: 'VERIFIED', reason: `${sums} ${end}; page addresses and timeline agree` };
}

/** Microseconds since 2000, as ISO text. */
function commitTime(micros: bigint): string {
  const unix = micros + 946_684_800_000_000n;
  const seconds = unix / 1_000_000n;
  const fraction = String(unix % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '');
  const base = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${base}${fraction === '' ? '' : `.${fraction}`}Z`;
}

export function lsnText(address: bigint): string {
  return `${(address >> 32n).toString(16).toUpperCase()}/${(address & 0xffffffffn).toString(16).toUpperCase()}`;
}

const digits = (value: bigint): string => value.toString(16).toUpperCase().padStart(8, '0');

export function segmentName(timeline: number, address: bigint, bytes: number): string {
  const perFile = 2n ** 32n / BigInt(bytes);
  const number = address / BigInt(bytes);
  return `${digits(BigInt(timeline))}${digits(number / perFile)}${digits(number % perFile)}`;
}

const VERSIONS: Record<number, string> = {
  0xd087: '9.5',
  0xd093: '9.6',
  0xd097: '10',
  0xd098: '11',
  0xd101: '12',
  0xd106: '13',
  0xd10d: '14',
  0xd110: '15',
  0xd113: '16',
  0xd116: '17',
  0xd118: '18',
};

function factsOf(segment: Segment, stop: Stop): BackupFacts {
  const { timeline, address, bytes, firstCommit, lastCommit } = segment;
  const name = segmentName(timeline, address, bytes);
  const version = VERSIONS[segment.magic];
  const chain: WalChain = {
    of: 'wal',
    systemId: String(segment.systemId),
    timeline,
    segment: name,
    segmentBytes: bytes,
    startLsn: lsnText(address),
    ...(firstCommit !== 0n && { firstCommitAt: commitTime(firstCommit) }),
    ...(lastCommit !== 0n && { lastCommitAt: commitTime(lastCommit) }),
    validBytes: stop.kind === 'end' ? bytes : stop.at,
  };
  return {
    engine: 'postgresql',
    kind: 'log',
    ...(version !== undefined && { version }),
    ...(lastCommit !== 0n && { capturedAt: commitTime(lastCommit) }),
    checksums: true,
    chain,
  };
}
