// The SCIN record inside an MQCI stream: everything that RESTORE HEADERONLY and FILELISTONLY tell, without a server. Behind it
// come the file groups (SFGI) and the files (SFIN), each with its own length. Promise: offsets are checked against the record.

import type { SqlServerChain } from '../../facts.ts';
import { isTime, type Parts } from '../time.ts';
import { pointedText, readGuid } from './block.ts';

export interface Scin {
  checksums: boolean;
  copyOnly: boolean;
  type: SqlServerChain['type'];
  firstLsn: string;
  lastLsn: string;
  checkpointLsn: string;
  databaseBackupLsn: string;
  started: Parts | undefined;
  finished: Parts | undefined;
  version: string;
  internalVersion: number;
  database: string | undefined;
  server: string | undefined;
  bindingId: string | undefined;
  lastForkGuid: string | undefined;
  firstForkGuid: string | undefined;
  forkPointLsn: string | undefined;
  differentialBaseGuid: string | undefined;
  familyGuid: string | undefined;
  files: { logicalName: string; physicalName: string; isLog: boolean; bytes: number; pages: number }[];
}

const SIZE = 0xf0;
const TYPES = 'DILFGPQ';
/** Chunks behind SCIN that a file may have: 32,767 files and as many file groups. */
const MAX_CHUNKS = 65_536;

export function parseScin(data: Buffer): Scin | undefined {
  if (data.length < SIZE || data.toString('latin1', 0, 4) !== 'SCIN') return undefined;
  const type = String.fromCharCode(data[0x57] ?? 0);
  if (!TYPES.includes(type)) return undefined;
  const flags = data.readUInt32LE(8);
  return {
    checksums: (flags & 0x10) !== 0,
    copyOnly: (flags & 0x400) !== 0,
    type: type as SqlServerChain['type'],
    firstLsn: lsn(data, 0x20),
    lastLsn: lsn(data, 0x2a),
    checkpointLsn: lsn(data, 0x34),
    databaseBackupLsn: lsn(data, 0x3e),
    started: mtfDate(data, 0x4d),
    finished: mtfDate(data, 0x52),
    version: `${data[0x1b]}.${data[0x1a]}.${data.readUInt16LE(0x18)}`,
    internalVersion: data.readUInt16LE(0x5e),
    database: pointedText(data, 0x68),
    server: pointedText(data, 0x6c),
    bindingId: readGuid(data, 0x7c),
    lastForkGuid: readGuid(data, 0x9c),
    forkPointLsn: lsn(data, 0xac) === '0' ? undefined : lsn(data, 0xac),
    firstForkGuid: readGuid(data, 0xb8),
    differentialBaseGuid: readGuid(data, 0xc8),
    familyGuid: readGuid(data, 0xe0),
    files: filesOf(data),
  };
}

function filesOf(data: Buffer): Scin['files'] {
  const files: Scin['files'] = [];
  let at = data.readUInt32LE(4);
  for (let i = 0; i < MAX_CHUNKS && at >= 8 && at + 8 <= data.length; i++) {
    const size = data.readUInt32LE(at + 4);
    const chunk = data.subarray(at, at + size);
    if (size < 8 || chunk.length < size) break;
    if (chunk.toString('latin1', 0, 4) === 'SFIN' && size >= 0x38) files.push(fileOf(chunk));
    at += size;
  }
  return files;
}

function fileOf(chunk: Buffer): Scin['files'][number] {
  return {
    logicalName: pointedText(chunk, 0x30) ?? '',
    physicalName: pointedText(chunk, 0x34) ?? '',
    isLog: chunk.readUInt32LE(0x24) === 0,
    bytes: Number(chunk.readBigUInt64LE(0x28)),
    pages: chunk.readUInt32LE(0x18),
  };
}

/** vlf · 10^15 + block · 10^5 + slot, as SQL Server prints it. */
export function lsn(data: Buffer, at: number): string {
  const vlf = BigInt(data.readUInt32LE(at));
  const block = BigInt(data.readUInt32LE(at + 4));
  const slot = BigInt(data.readUInt16LE(at + 8));
  return String(vlf * 10n ** 15n + block * 100_000n + slot);
}

/** 40 bits: year 14, month 4, day 5, hour 5, minute 6, second 6; the server's local time. */
export function mtfDate(data: Buffer, at: number): Parts | undefined {
  const high = data.readUInt8(at) * 256 + data.readUInt8(at + 1);
  const low = data.readUIntBE(at + 2, 3);
  const parts: Parts = {
    year: high >> 2,
    month: ((high & 3) << 2) | (low >> 22),
    day: (low >> 17) & 31,
    hour: (low >> 12) & 31,
    minute: (low >> 6) & 63,
    second: low & 63,
  };
  return isTime(parts) ? parts : undefined;
}
