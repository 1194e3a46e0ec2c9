// Barman's own word: `barman --format json list-backups all`.

import { openTool } from '../drivers/tool.ts';
import type { Complaint, Engine, OwnWord, Run } from '../engine.ts';

const QUERIES = { list: 'barman --format json list-backups all' } as const;

export const BARMAN: Engine = {
  queries: QUERIES,
  connect: (config, signal) =>
    openTool(config, { program: 'barman', args: ['--format', 'json', 'list-backups', 'all'], signal }),
  async read({ connection, config }) {
    const [servers = {}] = await connection.query('list');
    return readList(servers as Record<string, BarmanBackup[]>, config.folder !== '');
  },
};

export interface BarmanBackup {
  backup_id?: string;
  status?: string;
  /** Seconds, as a number or as text. */
  end_time_timestamp?: number | string;
  size_bytes?: number;
}

export function readList(servers: Readonly<Record<string, BarmanBackup[]>>, looks: boolean): OwnWord {
  const runs = Object.entries(servers).flatMap(([server, backups]) =>
    Array.isArray(backups) ? backups.map((backup) => runOf(server, backup)) : [],
  );
  const failed = runs.filter((run) => !run.ok).map((run) => `${run.database}/${run.file}`);
  const complaints: Complaint[] =
    failed.length === 0
      ? []
      : [
          {
            key: 'failed',
            zh: `Barman 有失败的备份：${failed.join(', ')}`,
            en: `Barman has failed backups: ${failed.join(', ')}`,
          },
        ];
  const done = runs.filter((run) => run.ok);
  return {
    runs,
    complaints,
    keys: ['failed'],
    files: looks
      ? done.map((run) => ({ file: `${run.database}/base/${run.file}`, at: run.finishedAt, kind: 'full' }))
      : [],
  };
}

function runOf(server: string, backup: BarmanBackup): Run {
  const finishedAt = Number(backup.end_time_timestamp ?? 0) * 1000;
  // 20261126T020000: in the server's own zone.
  const [, y, mo, d, h, mi, s] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)$/.exec(backup.backup_id ?? '') ?? [];
  const startedAt = y === undefined ? finishedAt : new Date(`${y}-${mo}-${d}T${h}:${mi}:${s}`).getTime();
  return {
    source: 'barman',
    kind: 'full',
    database: server,
    startedAt,
    finishedAt: finishedAt || startedAt,
    ok: /^DONE$|^WAITING_FOR_WALS$/.test(backup.status ?? 'DONE'),
    ...(backup.size_bytes !== undefined && { bytes: backup.size_bytes }),
    file: backup.backup_id ?? '',
    ...(backup.status !== undefined && { text: backup.status }),
  };
}
