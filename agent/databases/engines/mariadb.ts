// MySQL's and MariaDB's own word on their binary logs: which the server has, how long it keeps them, where it stands. The account needs
// BINLOG MONITOR (MariaDB) or REPLICATION CLIENT (MySQL).

import { connectMysql } from '../drivers/mysql.ts';
import { complaint } from '../compare.ts';
import { type Complaint, type Engine, numberOf, type OwnWord, type Row, textOf } from '../engine.ts';

const QUERIES = {
  settings: `SHOW GLOBAL VARIABLES WHERE Variable_name IN ('log_bin', 'expire_logs_days', 'binlog_expire_logs_seconds', 'sync_binlog', 'version')`,
  logs: 'SHOW BINARY LOGS',
  position: 'SHOW MASTER STATUS',
  /** MySQL 8.4 and later know only this one. */
  positionNew: 'SHOW BINARY LOG STATUS',
} as const;

export const MARIADB: Engine = {
  queries: QUERIES,
  connect: connectMysql,
  async read({ connection, config, now }) {
    const settings = await connection.query(QUERIES.settings);
    const isOn = settings.some(
      (row) => textOf(row, 'Variable_name') === 'log_bin' && textOf(row, 'Value') === 'ON',
    );
    const logs = isOn ? await connection.query(QUERIES.logs) : [];
    const position = isOn
      ? await connection.query(QUERIES.position).catch(() => connection.query(QUERIES.positionNew))
      : [];
    return readBinlogs({ settings, logs, position: position[0], copied: config.folder !== '' }, now);
  },
};

export interface BinlogRows {
  settings: readonly Row[];
  logs: readonly Row[];
  position: Row | undefined;
  /** The logs are copied to a folder, which is compared. */
  copied: boolean;
}

export function readBinlogs({ settings, logs, position, copied }: BinlogRows, now: number): OwnWord {
  const setting = (name: string): string =>
    textOf(settings.find((row) => textOf(row, 'Variable_name') === name) ?? {}, 'Value');
  const names = logs.map((row) => textOf(row, 'Log_name'));
  const complaints: Complaint[] = [];
  if (setting('log_bin') !== 'ON') {
    complaints.push({
      key: 'off',
      zh: '数据库没有开启二进制日志（log_bin）',
      en: 'the server writes no binary log (log_bin)',
    });
  }
  const hole = complaint('gap', holesIn(names), {
    zh: '服务器的二进制日志序号不连续，缺',
    en: 'the numbers of the server’s binary logs are not contiguous; missing',
  });
  if (hole) complaints.push(hole);
  // The last one is still written.
  const closed = logs.slice(0, -1);
  const kept = keptFor(setting('binlog_expire_logs_seconds'), setting('expire_logs_days'));
  const at = position === undefined ? '' : `, at ${textOf(position, 'File')}:${textOf(position, 'Position')}`;
  const last = closed.at(-1);
  return {
    runs:
      last === undefined
        ? []
        : [
            {
              source: 'binlog',
              kind: 'log',
              database: '',
              startedAt: now,
              finishedAt: now,
              ok: true,
              bytes: numberOf(last, 'File_size'),
              file: textOf(last, 'Log_name'),
              text: `${logs.length} logs, ${names[0]} to ${names.at(-1)}${at}, kept ${kept}`,
            },
          ],
    complaints,
    keys: ['off', 'gap'],
    files: copied
      ? closed.map((row, i) => ({
          file: textOf(row, 'Log_name'),
          bytes: numberOf(row, 'File_size'),
          // The server gives no times; the order is enough.
          at: i,
          kind: 'binlog',
        }))
      : [],
  };
}

function keptFor(seconds: string, days: string): string {
  if (Number(seconds) > 0) return `${Math.round(Number(seconds) / 3600)} h`;
  return Number(days) > 0 ? `${days} d` : 'for ever';
}

function holesIn(names: readonly string[]): string[] {
  const missing: string[] = [];
  for (let i = 1; i < names.length; i++) {
    const [before, here] = [numbered(names[i - 1]), numbered(names[i])];
    if (!before || !here || before.stem !== here.stem) continue;
    for (let n = before.number + 1; n < here.number && missing.length < 100; n++)
      missing.push(`${here.stem}${String(n).padStart(here.digits, '0')}`);
  }
  return missing;
}

function numbered(name: string | undefined): { stem: string; number: number; digits: number } | undefined {
  const match = /^(.*\.)(\d+)$/.exec(name ?? '');
  return match
    ? { stem: match[1] ?? '', number: Number(match[2]), digits: match[2]?.length ?? 6 }
    : undefined;
}
