// What the blocks of an MTF file tell, gathered set by set and turned into facts. Promise: nothing is guessed; a set whose MQCI
// record could not be read has no chain.

import { SQLSERVER_KINDS } from '../../sqlserver-kinds.ts';
import type { BackupFacts, SqlServerChain } from '../../facts.ts';
import { inZone, type Parts, withOffset } from '../time.ts';
import { pointedText, readGuid } from './block.ts';
import { parseScin, type Scin } from './scin.ts';

export interface Tape {
  mediaSet?: string | undefined;
  /** Stripes of the media set, and which one this is. */
  count?: number;
  number?: number;
}

export interface SetSeen {
  name?: string | undefined;
  user?: string | undefined;
  guid?: string | undefined;
  position: number;
  /** Minutes east of UTC. */
  offset?: number;
  scin?: Scin;
  /** MSLS was there · the file mark behind the data · ESET · the file mark behind it. */
  last: boolean;
  marked: boolean;
  ended: boolean;
  closed: boolean;
  finished: boolean;
  zone: string;
  inLast: boolean;
}

export function beginSet(): SetSeen {
  return {
    position: 1,
    last: false,
    marked: false,
    ended: false,
    closed: false,
    finished: false,
    zone: 'UTC',
    inLast: false,
  };
}

export function noteTape(tape: Tape, _head?: Buffer, raid?: Buffer): void {
  if (!raid || raid.length < 26) return;
  tape.mediaSet = readGuid(raid, 0);
  tape.count = raid.readUInt16LE(20);
  tape.number = raid.readUInt16LE(24);
}

/** `what` is a block's type with its header, or a stream's id with its data where they were kept. */
export function noteSet(set: SetSeen, what: string, head?: Buffer, data?: Buffer, zone = 'UTC'): void {
  set.zone = zone;
  if (what === 'SSET' && head && head.length >= 96) noteStart(set, head);
  if (what === 'MSLS') set.last = set.inLast = true;
  if (what === 'ESET' && set.marked) set.ended = true;
  if (what !== 'MQCI' || !data) return;
  const scin = parseScin(data);
  if (!scin) return;
  set.scin = scin;
  if (set.inLast && scin.finished) set.finished = true;
}

function noteStart(set: SetSeen, head: Buffer): void {
  set.position = head.readUInt16LE(62);
  set.name = pointedText(head, 64);
  set.user = pointedText(head, 76);
  const quarters = head.readInt8(95);
  if (quarters !== 127) set.offset = quarters * 15;
  const at = head.readUInt16LE(46);
  if (head.readUInt16LE(44) >= 16 && at + 16 <= head.length) set.guid = readGuid(head, at);
}

export function factsOf(tape: Tape, sets: readonly SetSeen[]): BackupFacts {
  const each = sets.map((set) => setFacts(tape, set));
  const last = each.at(-1) ?? { engine: 'sqlserver' as const };
  return each.length > 1 ? { ...last, sets: each } : last;
}

function setFacts(tape: Tape, set: SetSeen): BackupFacts {
  const { scin } = set;
  const facts: BackupFacts = { engine: 'sqlserver' };
  if (!scin) return facts;
  const time = (parts: Parts | undefined): string | undefined =>
    parts && (set.offset === undefined ? inZone(parts, set.zone) : withOffset(parts, set.offset));
  const finished = set.finished ? time(scin.finished) : undefined;
  const captured = scin.type === 'L' ? time(scin.started) : finished;
  return {
    ...facts,
    kind: SQLSERVER_KINDS[scin.type],
    ...(scin.database !== undefined && { database: scin.database }),
    ...(scin.server !== undefined && { server: scin.server }),
    version: scin.version,
    ...defined({ startedAt: time(scin.started), finishedAt: finished, capturedAt: captured }),
    checksums: scin.checksums,
    ...noticesOf(set, scin),
    chain: chainOf(tape, set, scin),
  };
}

function noticesOf(set: SetSeen, scin: Scin): Pick<BackupFacts, 'notices'> {
  const notices = [
    ...(scin.checksums ? [] : ['made without CHECKSUM: use BACKUP … WITH CHECKSUM']),
    ...(set.offset === undefined ? ['the file gives no time zone; that of this machine was taken'] : []),
  ];
  return notices.length > 0 ? { notices } : {};
}

function chainOf(tape: Tape, set: SetSeen, scin: Scin): SqlServerChain {
  const { count = 1, number = 1, mediaSet = '' } = tape;
  return {
    of: 'sqlserver',
    type: scin.type,
    firstLsn: scin.firstLsn,
    lastLsn: scin.lastLsn,
    checkpointLsn: scin.checkpointLsn,
    databaseBackupLsn: scin.databaseBackupLsn,
    backupSetGuid: set.guid ?? '',
    ...defined({
      differentialBaseGuid: scin.differentialBaseGuid,
      familyGuid: scin.familyGuid,
      bindingId: scin.bindingId,
      firstForkGuid: scin.firstForkGuid,
      lastForkGuid: scin.lastForkGuid,
      forkPointLsn: scin.forkPointLsn,
    }),
    copyOnly: scin.copyOnly,
    internalVersion: scin.internalVersion,
    position: set.position,
    ...(count > 1 && { stripe: { number, count, mediaSet } }),
    files: scin.files.map(({ logicalName, physicalName, isLog, bytes }) => ({
      logicalName,
      physicalName,
      isLog,
      bytes,
    })),
  };
}

function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
