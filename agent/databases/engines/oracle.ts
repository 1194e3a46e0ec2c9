// Oracle's own word: RMAN's jobs and the archived logs with their numbers. The account needs SELECT on these two views, no more.

import { complaint } from '../compare.ts';
import { connectOracle } from '../drivers/oracle.ts';
import {
  type Complaint,
  type Engine,
  instantOf,
  numberOf,
  type OwnWord,
  type Row,
  type Run,
  textOf,
} from '../engine.ts';

const QUERIES = {
  jobs: `SELECT session_key, input_type, status, CAST(FROM_TZ(CAST(start_time AS TIMESTAMP), TO_CHAR(SYSTIMESTAMP, 'TZR')) AT TIME ZONE 'UTC' AS DATE) AS started, CAST(FROM_TZ(CAST(end_time AS TIMESTAMP), TO_CHAR(SYSTIMESTAMP, 'TZR')) AT TIME ZONE 'UTC' AS DATE) AS finished, input_bytes, output_bytes, output_device_type FROM v$rman_backup_job_details WHERE start_time > SYSDATE - {days} ORDER BY session_key`,
  archived: `SELECT thread#, sequence#, resetlogs_change#, name, blocks * block_size AS bytes, backup_count, deleted FROM v$archived_log WHERE standby_dest = 'NO' AND first_time > SYSDATE - {days} ORDER BY resetlogs_change#, thread#, sequence#`,
} as const;

export const ORACLE: Engine = {
  queries: QUERIES,
  connect: connectOracle,
  async read({ connection, config, now }) {
    const days = (config.history / 86_400_000).toFixed(2);
    const jobs = await connection.query(QUERIES.jobs.replace('{days}', days));
    const archived = await connection.query(QUERIES.archived.replaceAll('{days}', days));
    return readRman(jobs, archived, now);
  },
};

export function readRman(jobs: readonly Row[], archived: readonly Row[], now: number): OwnWord {
  const runs = jobs
    .filter((row) => !textOf(row, 'STATUS').startsWith('RUNNING'))
    .map((row) => runOf(row, now));
  const newest = new Map(jobs.map((row): [string, Row] => [textOf(row, 'INPUT_TYPE'), row]));
  const failed = [...newest].filter(([, row]) => /^FAILED|WITH ERRORS$/.test(textOf(row, 'STATUS')));
  const complaints = [
    complaint(
      'failed',
      failed.map(([type, row]) => `${type} (${textOf(row, 'STATUS')})`),
      {
        zh: 'RMAN 最近一次作业失败',
        en: 'the last RMAN job failed',
      },
    ),
    complaint('gap', gapsIn(archived), {
      zh: '归档日志序号不连续，缺',
      en: 'the numbers of the archived logs are not contiguous; missing',
    }),
    complaint('unsaved', deletedUnsaved(archived), {
      zh: '归档日志未备份就被删除',
      en: 'archived logs were deleted before they were backed up',
    }),
  ].filter((found): found is Complaint => found !== undefined);
  return { runs, complaints, keys: ['failed', 'gap', 'unsaved'], files: [] };
}

const KINDS: readonly [RegExp, Run['kind']][] = [
  [/^DB FULL/, 'full'],
  [/^DB INCR/, 'incremental'],
  [/^ARCHIVELOG/, 'log'],
  [/^(CONTROLFILE|SPFILE)/, 'metadata'],
];

function runOf(row: Row, now: number): Run {
  const [type, status] = [textOf(row, 'INPUT_TYPE'), textOf(row, 'STATUS')];
  return {
    source: 'v$',
    kind: KINDS.find(([pattern]) => pattern.test(type))?.[1] ?? 'full',
    database: '',
    startedAt: instantOf(row, 'STARTED') || now,
    finishedAt: instantOf(row, 'FINISHED') || instantOf(row, 'STARTED') || now,
    ok: status === 'COMPLETED' || status === 'COMPLETED WITH WARNINGS',
    bytes: numberOf(row, 'OUTPUT_BYTES'),
    text: `${type}: ${status}`,
  };
}

/** Within one thread and one incarnation. */
function gapsIn(archived: readonly Row[]): string[] {
  const missing: string[] = [];
  const last = new Map<string, number>();
  for (const row of archived) {
    const line = `${textOf(row, 'RESETLOGS_CHANGE#')}/${textOf(row, 'THREAD#')}`;
    const here = numberOf(row, 'SEQUENCE#');
    const before = last.get(line) ?? here;
    for (let n = before + 1; n < here && missing.length < 100; n++)
      missing.push(`thread ${textOf(row, 'THREAD#')} seq ${n}`);
    last.set(line, Math.max(before, here));
  }
  return missing;
}

function deletedUnsaved(archived: readonly Row[]): string[] {
  return archived
    .filter((row) => textOf(row, 'DELETED') === 'YES' && numberOf(row, 'BACKUP_COUNT') === 0)
    .map((row) => `thread ${textOf(row, 'THREAD#')} seq ${textOf(row, 'SEQUENCE#')}`);
}
