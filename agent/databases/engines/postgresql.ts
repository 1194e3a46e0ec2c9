// PostgreSQL's own word on its archive: pg_stat_archiver. An account that may log in is enough; pg_monitor adds how many segments wait.

import { connectPg } from '../drivers/pg.ts';
import {
  type Complaint,
  type Engine,
  instantOf,
  numberOf,
  type OwnWord,
  type Row,
  textOf,
} from '../engine.ts';

const QUERIES = {
  archiver: `SELECT archived_count, last_archived_wal, last_archived_time, failed_count, last_failed_wal, last_failed_time, current_setting('archive_mode') AS archive_mode, pg_is_in_recovery() AS standby FROM pg_stat_archiver`,
  waiting: `SELECT count(*) AS waiting FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'`,
} as const;

export const POSTGRESQL: Engine = {
  queries: QUERIES,
  connect: connectPg,
  async read({ connection, now }) {
    const [archiver = {}] = await connection.query(QUERIES.archiver);
    // Only for pg_monitor: an account without it still tells the rest.
    const waiting = await connection.query(QUERIES.waiting).catch(() => [] as Row[]);
    return readArchiver(archiver, waiting[0], now);
  },
};

/** A segment of 16 MiB that waits is normal; a queue is an archive that does not keep up. */
const QUEUE = 20;

export function readArchiver(archiver: Row, waiting: Row | undefined, now: number): OwnWord {
  const archivedAt = instantOf(archiver, 'last_archived_time');
  const wal = textOf(archiver, 'last_archived_wal');
  const queue = waiting === undefined ? undefined : numberOf(waiting, 'waiting');
  const failing = instantOf(archiver, 'last_failed_time') > archivedAt;
  const keys = ['archiver', 'off', 'queue'];
  const complaints: Complaint[] = [];
  if (textOf(archiver, 'archive_mode') === 'off') {
    complaints.push({
      key: 'off',
      zh: '数据库没有开启 WAL 归档（archive_mode = off）',
      en: 'archive_mode is off: no WAL is archived',
    });
  }
  if (failing) complaints.push(archiverFails(archiver));
  if (queue !== undefined && queue > QUEUE) {
    complaints.push({
      key: 'queue',
      zh: `有 ${queue} 个 WAL 段等待归档`,
      en: `${queue} WAL segments wait to be archived`,
    });
  }
  const counts = `archived ${numberOf(archiver, 'archived_count')}, failed ${numberOf(archiver, 'failed_count')}${queue === undefined ? '' : `, waiting ${queue}`}`;
  const run = {
    source: 'pg_stat_archiver',
    kind: 'log',
    database: '',
    startedAt: archivedAt,
    finishedAt: archivedAt,
    ok: !failing,
    file: wal,
    text: counts,
  } as const;
  // A history or label file that was archived last says nothing of segments.
  const isSegment = /^[0-9A-F]{24}$/.test(wal);
  return {
    runs: archivedAt === 0 || archivedAt > now + 86_400_000 ? [] : [run],
    complaints,
    keys,
    files: isSegment ? [{ file: wal, at: archivedAt, kind: 'wal' }] : [],
  };
}

function archiverFails(archiver: Row): Complaint {
  const wal = textOf(archiver, 'last_failed_wal');
  const count = numberOf(archiver, 'failed_count');
  return {
    key: 'archiver',
    zh: `WAL 归档失败：${wal}（共失败 ${count} 次）`,
    en: `archiving fails at ${wal} (${count} failures)`,
  };
}
