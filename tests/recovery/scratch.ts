// Real database servers for the recovery tests, as a user that is not root: PostgreSQL and mariadbd refuse to be started by root. Each
// has its own folder and socket, and is stopped by the test that started it.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chownSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder, until } from '../support/programs.ts';
import { atEnd, type Scope } from '../support/scope.ts';

/** `nobody`, when the tests run as root. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
const POSTGRES_BIN = globSync('/usr/lib/postgresql/*/bin').sort().at(-1) ?? '';
const ENV = {
  ...process.env,
  PATH: `${POSTGRES_BIN}:${process.env.PATH}:/usr/sbin`,
  HOME: '/tmp',
  LC_ALL: 'C.UTF-8',
};

export function scratchFolder(t: Scope, name: string): string {
  const folder = temporaryFolder(t, name);
  if (NOBODY.uid !== undefined) chownSync(folder, NOBODY.uid, NOBODY.gid);
  return folder;
}

/** Runs lines of bash and returns what they print; throws with all of it when they fail. */
export function sh(lines: string, env: Record<string, string> = {}): string {
  const done = spawnSync('bash', ['-ec', lines], {
    ...NOBODY,
    cwd: '/tmp',
    encoding: 'utf8',
    env: { ...ENV, ...env },
    timeout: 240_000,
    maxBuffer: 64 * 1024 ** 2,
  });
  if (done.status === 0) return done.stdout;
  throw new Error(`exit ${done.status ?? done.signal} of:\n${lines}\n${done.stdout}\n${done.stderr}`);
}

export interface MariaDb {
  folder: string;
  socket: string;
  sql(text: string): string;
  stop(): Promise<void>;
}

/** `folder`: a data folder that is there already, else a new one. */
export async function startMariaDb(
  t: Scope,
  options: { folder?: string; flags?: string[] } = {},
): Promise<MariaDb> {
  const folder = options.folder ?? scratchFolder(t, 'nismy');
  const data = join(folder, 'data');
  const socket = join(folder, 's');
  sh(
    `mariadb-install-db --no-defaults --datadir=${data} --auth-root-authentication-method=normal --skip-test-db > /dev/null`,
  );
  const flags = [
    '--no-defaults',
    `--datadir=${data}`,
    `--socket=${socket}`,
    '--skip-networking',
    ...(options.flags ?? []),
  ];
  const child = spawn('mariadbd', [...flags, `--pid-file=${folder}/pid`], {
    ...NOBODY,
    env: ENV,
    stdio: 'ignore',
  });
  const stop = () => ended(child);
  atEnd(t, stop);
  const sql = (text: string) =>
    sh(`mariadb --no-defaults --socket=${socket} -u root -N -B <<'END'\n${text}\nEND`);
  await until('MariaDB to answer', 30_000, () => answers(() => sql('SELECT 1')));
  return { folder, socket, sql, stop };
}

function answers(ask: () => unknown): boolean {
  try {
    ask();
    return true;
  } catch {
    return false;
  }
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((done) => {
    child.once('exit', () => done());
    child.kill('SIGTERM');
  });
}

/** A server that printed commands started: stopped by the id in its file. */
export function stopByPidFile(t: Scope, file: string, signal: NodeJS.Signals = 'SIGTERM'): void {
  atEnd(t, async () => {
    const pid = pidIn(file);
    if (!pid) return;
    process.kill(pid, signal);
    await until(`process ${pid} to end`, 30_000, () => !answers(() => process.kill(pid, 0)));
  });
}

function pidIn(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8').split('\n')[0]);
  } catch {
    return 0;
  }
}

export interface Postgres {
  folder: string;
  data: string;
  port: number;
  psql(text: string): string;
}

export function startPostgres(t: Scope, settings: readonly string[]): Postgres {
  const folder = scratchFolder(t, 'nispg');
  const data = join(folder, 'data');
  const port = 54_000;
  sh(`initdb -D ${data} -A trust -U nobody -E UTF8 --locale=C --wal-segsize=1 --no-sync > /dev/null`);
  const lines = [
    `listen_addresses = ''`,
    `unix_socket_directories = '${folder}'`,
    `port = ${port}`,
    'fsync = off',
    ...settings,
  ];
  sh(
    `cat >> ${data}/postgresql.conf <<'END'\n${lines.join('\n')}\nEND\npg_ctl -D ${data} -l ${folder}/log -w start > /dev/null`,
  );
  atEnd(t, () => sh(`pg_ctl -D ${data} -m immediate -w stop > /dev/null`));
  return {
    folder,
    data,
    port,
    psql: (text) =>
      sh(
        `psql -h ${folder} -p ${port} -U nobody -d postgres -X -A -t -q -v ON_ERROR_STOP=1 <<'END'\n${text}\nEND`,
      ),
  };
}
