// SQL Server's own word: msdb's history of backups and the files they went to; of new full backups, when asked for, RESTORE HEADERONLY or
// VERIFYONLY. The account needs SELECT on msdb.dbo.backupset and backupmediafamily; RESTORE needs CREATE DATABASE permission.

import { SQLSERVER_KINDS } from '../../../shared/backup/sqlserver-kinds.ts';
import { connectTds } from '../drivers/tds.ts';
import {
  type Complaint,
  type Connection,
  type Engine,
  instantOf,
  numberOf,
  type OwnWord,
  type Row,
  type Run,
  textOf,
} from '../engine.ts';

const QUERIES = {
  // Times of msdb are the server's local ones: the database itself turns them into UTC, as far as its present offset tells.
  history: `SELECT s.database_name, s.type, s.is_copy_only, s.is_damaged, s.has_backup_checksums, DATEADD(MINUTE, DATEDIFF(MINUTE, GETDATE(), GETUTCDATE()), s.backup_start_date) AS started, DATEADD(MINUTE, DATEDIFF(MINUTE, GETDATE(), GETUTCDATE()), s.backup_finish_date) AS finished, s.backup_size, s.compressed_backup_size, s.position, m.physical_device_name, m.device_type, m.family_sequence_number FROM msdb.dbo.backupset AS s JOIN msdb.dbo.backupmediafamily AS m ON m.media_set_id = s.media_set_id WHERE s.backup_finish_date > DATEADD(HOUR, -{hours}, GETDATE()) ORDER BY s.backup_finish_date, m.family_sequence_number`,
  header: "RESTORE HEADERONLY FROM DISK = N'{file}'",
  verify: "RESTORE VERIFYONLY FROM DISK = N'{file}'",
} as const;

/** What was verified in this process: a file is read once. */
const verified = new Set<string>();

export const SQLSERVER: Engine = {
  queries: QUERIES,
  connect: connectTds,
  async read({ connection, config, now }) {
    const hours = Math.ceil(config.history / 3_600_000);
    const rows = await connection.query(QUERIES.history.replace('{hours}', String(hours)));
    const word = readHistory(rows, now - config.history);
    if (config.verify === 'off') return word;
    const complaints = await verifyNew(connection, word, config.verify);
    return { ...word, complaints: [...word.complaints, ...complaints], keys: [...word.keys, 'verify'] };
  },
};

export function readHistory(rows: readonly Row[], since: number): OwnWord {
  const runs = rows.map(runOf);
  const damaged = rows
    .filter((row) => isYes(row, 'is_damaged'))
    .map((row) => textOf(row, 'physical_device_name'));
  const toNul = runs.filter((run) => run.kind === 'log' && /^nul:?$/i.test(run.file ?? ''));
  const complaints: Complaint[] = [];
  if (damaged.length > 0) {
    const names = damaged.slice(0, 3).join(', ');
    complaints.push({
      key: 'damaged',
      zh: `备份时数据库已有损坏页：${names}`,
      en: `the database was damaged when it was backed up: ${names}`,
    });
  }
  if (toNul.length > 0) {
    const names = [...new Set(toNul.map((run) => run.database))].join(', ');
    complaints.push({
      key: 'nul',
      zh: `日志备份写到了 NUL，日志链已断：${names}`,
      en: `a log backup went to NUL, which breaks the chain: ${names}`,
    });
  }
  return {
    runs,
    complaints,
    keys: ['damaged', 'nul'],
    files: rows.flatMap((row) => fileOf(row, rows)),
    since,
  };
}

function isYes(row: Row, key: string): boolean {
  return row[key] === true || row[key] === 1;
}

function runOf(row: Row): Run {
  const type = textOf(row, 'type');
  const copyOnly = isYes(row, 'is_copy_only') ? ', copy only' : '';
  const checked = isYes(row, 'has_backup_checksums') ? 'with checksums' : 'without checksums';
  return {
    source: 'msdb',
    kind: (SQLSERVER_KINDS as Readonly<Record<string, Run['kind']>>)[type] ?? 'full',
    database: textOf(row, 'database_name'),
    startedAt: instantOf(row, 'started'),
    finishedAt: instantOf(row, 'finished'),
    ok: !isYes(row, 'is_damaged'),
    bytes: numberOf(row, 'compressed_backup_size') || numberOf(row, 'backup_size'),
    file: textOf(row, 'physical_device_name'),
    text: `type ${type}, ${checked}${copyOnly}`,
  };
}

const DISK = new Set([2, 102]);

/** The size is told for the whole set: comparable only where one set fills one file, without stripes. */
function fileOf(row: Row, rows: readonly Row[]): OwnWord['files'] {
  const file = textOf(row, 'physical_device_name');
  if (!DISK.has(numberOf(row, 'device_type')) || /^nul:?$/i.test(file)) return [];
  const striped = rows.some(
    (other) =>
      numberOf(other, 'family_sequence_number') > 1 &&
      instantOf(other, 'finished') === instantOf(row, 'finished'),
  );
  const bytes = numberOf(row, 'compressed_backup_size');
  return [
    {
      file,
      at: instantOf(row, 'finished'),
      kind: `${textOf(row, 'database_name')} ${textOf(row, 'type')}`,
      ...(!striped && bytes > 0 && { bytes }),
    },
  ];
}

/** The newest full backup of each database, once. */
async function verifyNew(
  connection: Connection,
  word: OwnWord,
  how: 'header' | 'full',
): Promise<Complaint[]> {
  const newest = new Map<string, string>();
  for (const run of word.runs) if (run.kind === 'full' && run.file) newest.set(run.database, run.file);
  const bad: string[] = [];
  for (const file of newest.values()) {
    if (verified.has(file)) continue;
    try {
      await connection.query(filled(QUERIES.header, file));
      if (how === 'full') await connection.query(filled(QUERIES.verify, file));
      verified.add(file);
    } catch (error) {
      bad.push(`${file} (${(error as Error).message.slice(0, 200)})`);
    }
  }
  if (bad.length === 0) return [];
  return [
    {
      key: 'verify',
      zh: `SQL Server 无法读取备份文件：${bad.join('; ')}`,
      en: `SQL Server cannot read the backup: ${bad.join('; ')}`,
    },
  ];
}

function filled(query: string, file: string): string {
  return query.replace('{file}', () => file.replaceAll("'", "''"));
}
