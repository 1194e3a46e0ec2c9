// Binary logs of MySQL and MariaDB.
//
//   FE 'bin'  ( time[4] type[1] server[4] length[4] next[4] flags[2]  body  CRC-32[4] )*
//
// The first event says whether the others carry a CRC-32; its own leaves the "in use" flag out. The last one is ROTATE, which names
// the next file, or STOP; a file with neither that is marked "in use" is live. Promise: every CRC is recomputed; one event at a time
// is looked at, a long one in pieces.

import { crc32 } from 'node:zlib';
import type { BackupFacts, BinlogChain } from '../../facts.ts';
import type { Cursor } from '../cursor.ts';
import { type Finding, type Format, type Job } from '../format.ts';
import { fromUnix } from '../time.ts';

const MAGIC = Buffer.from([0xfe, 0x62, 0x69, 0x6e]);
const ENCRYPTED = Buffer.from([0xfd, 0x62, 0x69, 0x6e]);
const HEADER = 19;
/** What of an event is looked at. */
const KEPT = 64 * 1024;
const IN_USE = 1;
const TYPE = { query: 2, stop: 3, rotate: 4, format: 15, xid: 16, payload: 40, encryption: 164 } as const;

interface Log {
  serverId: number;
  version: string;
  inUse: boolean;
  checksums: boolean;
  events: number;
  firstAt: number;
  lastAt: number;
  firstCommitAt: number;
  lastCommitAt: number;
  end: number;
  last: 'rotate' | 'stop' | 'other';
  nextFile?: string;
  encrypted: boolean;
}

export const BINLOG: Format = {
  name: 'binlog',
  matches: (head) => head.subarray(0, 4).equals(MAGIC) || head.subarray(0, 4).equals(ENCRYPTED),
  read: readBinlog,
};

type Defect = { content: 'CORRUPT' | 'INCOMPLETE'; reason: string };

async function readBinlog(input: Cursor, job: Job): Promise<Finding> {
  const magic = await input.bytes(4);
  if (magic?.equals(ENCRYPTED))
    return {
      format: 'binlog',
      content: 'UNCONFIRMED',
      reason: 'an encrypted binary log: nothing inside can be read without the keyring',
      layer: 'L1',
      facts: { engine: 'mariadb', kind: 'log', encrypted: true },
    };
  const kept = job.marks.get('binlog');
  const log = (kept?.state as Log | undefined) ?? beginLog();
  if (kept) await input.skip(kept.offset - input.position);
  let defect: Defect | undefined;
  while (!defect && !(await input.atEnd())) {
    defect = await readEvent(log, input);
    if (!defect) {
      log.end = input.position;
      job.marks.set('binlog', input.position, log);
    }
  }
  return {
    format: 'binlog',
    layer: 'L2',
    ...(defect ?? verdictOf(log)),
    facts: factsOf(log, job.name, defect),
  };
}

function beginLog(): Log {
  return {
    serverId: 0,
    version: '',
    inUse: false,
    checksums: false,
    events: 0,
    firstAt: 0,
    lastAt: 0,
    firstCommitAt: 0,
    lastCommitAt: 0,
    end: 4,
    last: 'other',
    encrypted: false,
  };
}

async function readEvent(log: Log, input: Cursor): Promise<Defect | undefined> {
  const at = input.position;
  const cut: Defect = {
    content: 'INCOMPLETE',
    reason: `the file ends inside the event at ${at}; whole events end there`,
  };
  const head = await input.bytes(HEADER);
  if (!head) return cut;
  const length = head.readUInt32LE(9);
  const type = head.readUInt8(4);
  if (length < HEADER)
    return { content: 'CORRUPT', reason: `the event at ${at} says that it is ${length} bytes long` };
  if (log.events === 0 && type !== TYPE.format)
    return { content: 'CORRUPT', reason: 'the first event is no format description' };
  const header = Buffer.from(head);
  const flags = header.readUInt16LE(17);
  if (type === TYPE.format) header.writeUInt16LE(flags & ~IN_USE, 17);
  const body = await readBody(input, header, length - HEADER);
  if (!body) return cut;
  if (type === TYPE.format && log.events === 0) noteFormat(log, body.kept, flags);
  const isCovered = log.checksums && !log.encrypted;
  if (isCovered && body.sum !== body.stored)
    return { content: 'CORRUPT', reason: `the CRC-32 of the event at ${at} does not hold` };
  noteEvent(
    log,
    header,
    type,
    isCovered ? body.kept.subarray(0, Math.max(0, Math.min(KEPT, length - HEADER - 4))) : body.kept,
  );
  return undefined;
}

/** CRC-32 over header and body without the body's last four bytes, which are the stored one. */
async function readBody(
  input: Cursor,
  header: Buffer,
  length: number,
): Promise<{ kept: Buffer; sum: number; stored: number } | undefined> {
  let sum = crc32(header);
  let left = length - 4;
  const parts: Buffer[] = [];
  let kept = 0;
  while (left > 0) {
    const bytes = await input.chunk(left);
    if (!bytes) return undefined;
    sum = crc32(bytes, sum);
    left -= bytes.length;
    if (kept < KEPT) {
      parts.push(Buffer.from(bytes.subarray(0, KEPT - kept)));
      kept += bytes.length;
    }
  }
  const tail = await input.bytes(Math.min(4, length));
  if (!tail) return undefined;
  const stored = tail.length === 4 ? tail.readUInt32LE(0) : -1;
  return { kept: Buffer.concat([...parts, tail]), sum, stored };
}

function noteFormat(log: Log, body: Buffer, flags: number): void {
  const version = body.toString('latin1', 2, 52).split('\0')[0] ?? '';
  log.version = version;
  log.inUse = (flags & IN_USE) !== 0;
  // Servers since 5.6.1 and 5.3 end this event with the algorithm and a CRC.
  log.checksums = body.length > 5 && body[body.length - 5] === 1 && /^(?:[5-9]|\d\d)/.test(version);
}

function noteEvent(log: Log, header: Buffer, type: number, body: Buffer): void {
  const time = header.readUInt32LE(0);
  log.events++;
  log.serverId = header.readUInt32LE(5);
  if (time > 0) {
    log.firstAt ||= time;
    log.lastAt = time;
  }
  log.last = type === TYPE.stop ? 'stop' : type === TYPE.rotate ? 'rotate' : 'other';
  if (type === TYPE.rotate) log.nextFile = body.toString('utf8', 8).replace(/^.*[\\/]/, '');
  if (type === TYPE.encryption) log.encrypted = true;
  const commits = type === TYPE.xid || type === TYPE.payload || (type === TYPE.query && isCommit(body));
  if (!commits || time === 0) return;
  log.firstCommitAt ||= time;
  log.lastCommitAt = time;
}

/** A statement that ends a transaction: COMMIT, or one that commits by itself. */
function isCommit(body: Buffer): boolean {
  if (body.length < 13) return false;
  const start = 13 + body.readUInt16LE(11) + body.readUInt8(8) + 1;
  return !/^(?:BEGIN|SAVEPOINT|XA START|ROLLBACK)/i.test(body.toString('latin1', start, start + 12));
}

function verdictOf(log: Log): Pick<Finding, 'content' | 'reason'> {
  if (log.events === 0) return { content: 'INCOMPLETE', reason: 'no event behind the magic number' };
  if (log.encrypted)
    return { content: 'UNCONFIRMED', reason: 'the events are encrypted: only their frame can be seen' };
  const sums = log.checksums
    ? `CRC-32 of all ${log.events} events recomputed`
    : `${log.events} whole events, written without checksums`;
  if (log.last === 'other') {
    if (log.inUse)
      return {
        content: 'UNCONFIRMED',
        reason: `${sums}; the log is in use: no ROTATE or STOP yet, which is normal for a live file`,
      };
    return {
      content: 'INCOMPLETE',
      reason: `${sums}, but no ROTATE or STOP ends the log, and it is not marked in use`,
    };
  }
  const end = log.last === 'rotate' ? `closed by ROTATE to ${log.nextFile}` : 'closed by STOP';
  return { content: log.checksums ? 'VERIFIED' : 'COMPLETE', reason: `${sums}; ${end}` };
}

function factsOf(log: Log, name: string, defect: Defect | undefined): BackupFacts {
  const { base, sequence } = numberOf(log, name);
  const closed = !defect && log.last !== 'other';
  const chain: BinlogChain = {
    of: 'binlog',
    sequence,
    base,
    serverId: log.serverId,
    firstEventAt: fromUnix(log.firstAt),
    lastEventAt: fromUnix(log.lastAt),
    ...(log.firstCommitAt > 0 && { firstCommitAt: fromUnix(log.firstCommitAt) }),
    ...(log.lastCommitAt > 0 && { lastCommitAt: fromUnix(log.lastCommitAt) }),
    endPosition: log.end,
    end: defect ? 'cut' : closed ? (log.last as 'rotate' | 'stop') : log.inUse ? 'live' : 'cut',
    ...(log.nextFile !== undefined && { nextFile: log.nextFile }),
    checksums: log.checksums,
  };
  return {
    engine: 'mariadb',
    kind: 'log',
    ...(log.version !== '' && { version: log.version }),
    ...(log.firstAt > 0 && { startedAt: fromUnix(log.firstAt) }),
    ...(log.lastAt > 0 && {
      capturedAt: fromUnix(log.lastAt),
      ...(closed && { finishedAt: fromUnix(log.lastAt) }),
    }),
    ...(log.encrypted && { encrypted: true }),
    checksums: log.checksums,
    chain,
  };
}

/** The number by what ROTATE says comes next; otherwise by the name. */
function numberOf(log: Log, name: string): { base: string; sequence: number } {
  const next = /^(.+)\.(\d+)$/.exec(log.nextFile ?? '');
  if (next?.[1] !== undefined) return { base: next[1], sequence: Number(next[2]) - 1 };
  const own = /^(.+?)\.(\d{4,})/.exec(name);
  return { base: own?.[1] ?? name, sequence: Number(own?.[2] ?? 0) };
}
