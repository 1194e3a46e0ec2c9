// A scratch MariaDB server: its programs, its settings, its end. Promise: no network, no option files, no events, no replication, no
// binary log; its own account comes with its start, whatever accounts the backup brings.

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NamedError } from '../../../shared/errors.ts';
import type { DrillConfig } from '../config.ts';
import type { Scratch } from '../driver.ts';
import { lastLines } from '../programs.ts';

const USER = 'niswatch_drill';
const PLACES = ['/usr/sbin', '/usr/bin', '/usr/local/bin', '/usr/local/mysql/bin'];

/** Full path where it is known, else the name, which PATH may find. */
export function program(name: string, config: Pick<DrillConfig, 'programs'>): string {
  const folders = config.programs === '' ? PLACES : [config.programs];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? name;
}

/** `10.11` of the installed server. */
export async function installedVersion(at: Scratch, config: DrillConfig): Promise<string> {
  const { stdout } = await at.programs.run(program('mariadbd', config), ['--no-defaults', '--version']);
  return /Ver (\d+\.\d+)/.exec(stdout)?.[1] ?? '';
}

export interface MariaServer {
  sql(text: string, database?: string): Promise<string>;
  /** What a client needs to connect. */
  connect: readonly string[];
  env: Readonly<Record<string, string>>;
  stop(how: 'clean' | 'now'): Promise<void>;
}

export interface ServerOptions {
  data: string;
  config: DrillConfig;
  /** What the data files need to be read. */
  flags?: readonly string[];
}

const FLAGS = [
  '--skip-networking',
  '--skip-log-bin',
  '--skip-slave-start',
  '--event-scheduler=DISABLED',
  '--innodb-buffer-pool-size=128M',
  // A crash of the machine loses the scratch instance, which nobody misses.
  '--innodb-flush-log-at-trx-commit=0',
  '--max-allowed-packet=1G',
  '--local-infile=0',
  '--performance-schema=0',
  '--console',
];

export async function startServer(at: Scratch, options: ServerOptions): Promise<MariaServer> {
  const { data, config } = options;
  const socket = join(at.folder, 's');
  const log = join(at.folder, 'mariadb.log');
  const init = join(at.folder, 'init.sql');
  const password = randomBytes(16).toString('hex');
  await writeFile(
    init,
    `CREATE OR REPLACE USER '${USER}'@'localhost' IDENTIFIED BY '${password}';\nGRANT ALL PRIVILEGES ON *.* TO '${USER}'@'localhost' WITH GRANT OPTION;\n`,
    { mode: 0o600 },
  );
  await writeFile(log, '', { flag: 'a' });
  for (const path of [init, log]) await at.handOver(path);
  const server = at.programs.start(
    program('mariadbd', config),
    [
      '--no-defaults',
      `--datadir=${data}`,
      `--socket=${socket}`,
      `--pid-file=${join(at.folder, 'pid')}`,
      `--init-file=${init}`,
      ...FLAGS,
      ...(options.flags ?? []),
      ...config.options,
    ],
    { cwd: data, log },
  );
  const connect = ['--no-defaults', `--socket=${socket}`, `--user=${USER}`];
  const env = { MYSQL_PWD: password };
  const sql = async (text: string, database?: string): Promise<string> => {
    const args = [...connect, '-N', '-B', '--raw', ...(database === undefined ? [] : [database])];
    return (await at.programs.run(program('mariadb', config), args, { input: text, env })).stdout.trimEnd();
  };
  await at.until(async () => {
    const ended = server.ended();
    if (ended !== undefined) {
      throw new NamedError(
        'DRILL_FAILED',
        `the restored MariaDB does not start (${ended}): ${await tail(log)}`,
      );
    }
    return sql('SELECT 1').then(
      () => true,
      () => {
        at.signal.throwIfAborted();
        return false;
      },
    );
  });
  return { sql, connect, env, stop: (how) => server.stop(how === 'clean' ? 'SIGTERM' : 'SIGKILL') };
}

async function tail(log: string): Promise<string> {
  const lines = (await readFile(log, 'utf8')).split('\n');
  const telling = lines.filter((line) => /\[ERROR\]|got signal|Assertion/.test(line));
  return lastLines((telling.length > 0 ? telling : lines).join('\n'), 3);
}

const SYSTEM = `'mysql', 'information_schema', 'performance_schema', 'sys'`;

/** Every row of every table counted, which reads every page of its index; `database.table`. */
export async function countRows(server: MariaServer): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  const list = await server.sql(
    `SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND table_schema NOT IN (${SYSTEM}) ORDER BY 1, 2`,
  );
  for (const line of list.split('\n').filter(Boolean)) {
    const [schema = '', table = ''] = line.split('\t');
    const name = (part: string): string => `\`${part.replaceAll('`', '``')}\``;
    found.set(
      `${schema}.${table}`,
      Number(await server.sql(`SELECT COUNT(*) FROM ${name(schema)}.${name(table)}`)),
    );
  }
  return found;
}
