// For tests: a day and a night of SQL Server backups as their headers would tell them. A full at 01:00, logs every four hours, a
// differential at 13:00, the next full a day later.

import type { FileVerdict, SqlServerChain } from '../../../shared/backup/facts.ts';

export interface SqlExample {
  path: string;
  type: SqlServerChain['type'];
  startedAt: string;
  finishedAt: string;
  first: string;
  last: string;
  checkpoint: string;
  base: string;
}

/** `vlf:block:slot` as the decimal number that RESTORE HEADERONLY prints. */
export function lsn(text: string): string {
  const [vlf = '0', block = '0', slot = '0'] = text.split(':');
  return String(BigInt(vlf) * 10n ** 15n + BigInt(block) * 10n ** 5n + BigInt(slot));
}

export function sqlVerdict(example: SqlExample, chain: Partial<SqlServerChain> = {}): FileVerdict {
  const { path, type, startedAt, finishedAt } = example;
  return {
    path,
    format: 'mtf',
    content: 'COMPLETE',
    reason: 'closed by its last filemark',
    layer: 'L2',
    facts: {
      bytes: 100_000,
      engine: 'sqlserver',
      kind: type === 'L' ? 'log' : type === 'I' ? 'differential' : 'full',
      database: 'NIS_DEMO',
      server: 'NISDB01',
      version: '15.0.2000',
      startedAt,
      finishedAt,
      checksums: true,
      chain: {
        of: 'sqlserver',
        type,
        firstLsn: lsn(example.first),
        lastLsn: lsn(example.last),
        checkpointLsn: lsn(example.checkpoint),
        databaseBackupLsn: lsn(example.base),
        backupSetGuid: `guid of ${path}`,
        firstForkGuid: 'fork-a',
        lastForkGuid: 'fork-a',
        familyGuid: 'family-1',
        position: 1,
        files: [
          { logicalName: 'NIS', physicalName: 'D:\\data\\NIS.mdf', isLog: false, bytes: 8_000_000 },
          { logicalName: 'NIS_log', physicalName: 'F:\\log\\NIS.ldf', isLog: true, bytes: 1_000_000 },
        ],
        ...chain,
      },
    },
  };
}

const at = (day: number, time: string) => `2025-03-0${day}T${time}+08:00`;
const full = (path: string, day: number, end: string, lsns: [string, string]): SqlExample => ({
  path,
  type: 'D',
  startedAt: at(day, '01:00:00'),
  finishedAt: at(day, end),
  first: lsns[0],
  last: lsns[1],
  checkpoint: lsns[0],
  base: '0:0:0',
});
const log = (path: string, day: number, hour: string, lsns: [string, string], base: string): SqlExample => ({
  path,
  type: 'L',
  startedAt: at(day, `${hour}:00:00`),
  finishedAt: at(day, `${hour}:00:04`),
  first: lsns[0],
  last: lsns[1],
  checkpoint: lsns[0],
  base,
});

export const DAY: readonly SqlExample[] = [
  full('FULL_1.bak', 1, '01:04:10', ['40:100:37', '40:180:1']),
  log('LOG_02.trn', 1, '02', ['36:200:1', '40:300:1'], '40:100:37'),
  log('LOG_06.trn', 1, '06', ['40:300:1', '41:20:1'], '40:100:37'),
  log('LOG_10.trn', 1, '10', ['41:20:1', '41:400:1'], '40:100:37'),
  {
    path: 'DIFF.bak',
    type: 'I',
    startedAt: at(1, '13:00:00'),
    finishedAt: at(1, '13:01:10'),
    first: '42:10:38',
    last: '42:60:1',
    checkpoint: '42:10:38',
    base: '40:100:37',
  },
  log('LOG_14.trn', 1, '14', ['41:400:1', '42:200:1'], '40:100:37'),
  log('LOG_18.trn', 1, '18', ['42:200:1', '43:90:1'], '40:100:37'),
  log('LOG_22.trn', 1, '22', ['43:90:1', '43:500:1'], '40:100:37'),
  full('FULL_2.bak', 2, '01:04:20', ['44:16:40', '44:90:1']),
  log('LOG_26.trn', 2, '02', ['43:500:1', '44:200:1'], '44:16:40'),
];

/** The day without some files. */
export function dayWithout(...paths: string[]): FileVerdict[] {
  return DAY.filter((e) => !paths.includes(e.path)).map((e) => sqlVerdict(e));
}
