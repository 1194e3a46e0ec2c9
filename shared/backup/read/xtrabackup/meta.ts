// The small text files that mariabackup and xtrabackup write beside the data. Promise: parsed as `key = value`, unknown keys ignored.

import type { BackupFacts, BackupKind, LsnChain } from '../../facts.ts';
import { inZone, parseLocal } from '../time.ts';

export function parsePairs(text: string): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const line of text.split('\n')) {
    const at = line.indexOf('=');
    if (at > 0) pairs.set(line.slice(0, at).trim(), line.slice(at + 1).trim());
  }
  return pairs;
}

export interface Meta {
  checkpoints?: string | undefined;
  info?: string | undefined;
  binlogInfo?: string | undefined;
}

export function metaFacts(meta: Meta, zone: string): BackupFacts {
  const points = parsePairs(meta.checkpoints ?? '');
  const info = parsePairs(meta.info ?? '');
  const time = (key: string): string | undefined => {
    const parts = parseLocal(info.get(key) ?? '');
    return parts && inZone(parts, zone);
  };
  const startedAt = time('start_time');
  const finishedAt = time('end_time');
  const version = info.get('server_version');
  const chain = chainOf(points, info, meta.binlogInfo ?? info.get('binlog_pos') ?? '');
  const notices = finishedAt === undefined ? [] : [`times carry no zone; ${zone} was taken`];
  const type = points.get('backup_type');
  return {
    engine: 'mariadb',
    kind: kindOf(type, info.get('incremental')),
    ...(version !== undefined && { version }),
    ...(startedAt !== undefined && { startedAt }),
    ...(finishedAt !== undefined && { finishedAt, capturedAt: finishedAt }),
    ...(notices.length > 0 && { notices }),
    ...(chain && { chain }),
  };
}

function kindOf(type: string | undefined, incremental: string | undefined): BackupKind {
  if (type === 'incremental' || incremental === 'Y') return 'incremental';
  return type === undefined && incremental === undefined ? 'metadata' : 'full';
}

function chainOf(
  points: Map<string, string>,
  info: Map<string, string>,
  binlog: string,
): LsnChain | undefined {
  const fromLsn = points.get('from_lsn') ?? info.get('innodb_from_lsn');
  const toLsn = points.get('to_lsn') ?? info.get('innodb_to_lsn');
  const at = parseBinlogInfo(binlog);
  if (fromLsn === undefined || toLsn === undefined) return undefined;
  const lastLsn = points.get('last_lsn');
  const backupType = points.get('backup_type');
  return {
    of: 'lsn',
    fromLsn,
    toLsn,
    ...(lastLsn !== undefined && { lastLsn }),
    ...(backupType !== undefined && {
      prepared: backupType === 'full-prepared' || backupType === 'log-applied',
    }),
    ...(at && { binlog: at }),
  };
}

const BINLOG_LINE = /^(\S+\.\d+)\t(\d+)(?:\t(\S+))?\s*$/m;
const BINLOG_WORDS = /filename '([^']+)', position '(\d+)'(?:, GTID of the last change '([^']+)')?/;

export function parseBinlogInfo(text: string): LsnChain['binlog'] {
  const found = BINLOG_LINE.exec(text) ?? BINLOG_WORDS.exec(text);
  if (found?.[1] === undefined) return undefined;
  return { file: found[1], position: Number(found[2]), ...(found[3] !== undefined && { gtid: found[3] }) };
}
