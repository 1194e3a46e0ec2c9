// A scratch PostgreSQL cluster: its programs, its settings, its end. Promise: no network, no archiving, no replication, no background
// work of the original; its configuration is ours whole, for the restored one may name paths and libraries of the live server.

import { existsSync, globSync } from 'node:fs';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NamedError } from '../../../shared/errors.ts';
import type { DrillConfig } from '../config.ts';
import type { Scratch } from '../driver.ts';
import { lastLines, type Server } from '../programs.ts';

export interface Version {
  major: number;
  bin: string;
}

const PLACES = ['/usr/lib/postgresql/*/bin', '/usr/pgsql-*/bin', '/usr/local/pgsql/bin'];

/** Installed versions, oldest first; a folder from agent.yaml stands alone. */
export function installed(config: Pick<DrillConfig, 'programs'>): Version[] {
  const folders = config.programs === '' ? PLACES.flatMap((place) => globSync(place)) : [config.programs];
  return folders
    .filter((bin) => existsSync(join(bin, 'postgres')))
    .map((bin) => ({ bin, major: Number(/(\d+)\/bin\/?$/.exec(bin)?.[1] ?? 0) }))
    .sort((a, b) => a.major - b.major);
}

/** `exact`: data files are read by their own major version only; a dump also by newer ones. */
export function versionFor(
  major: number | undefined,
  config: Pick<DrillConfig, 'programs'>,
  need: 'exact' | 'at-least',
): Version {
  const all = installed(config);
  const fits = all.filter(
    (v) => major === undefined || v.major === 0 || (need === 'exact' ? v.major === major : v.major >= major),
  );
  const [found] = need === 'exact' ? fits : fits.slice(-1);
  if (found) return found;
  const here = all.map((v) => v.major).join(', ') || 'none';
  throw new NamedError(
    'DRILL_IMPOSSIBLE',
    `the backup is of PostgreSQL ${major ?? ''}; installed on this machine: ${here}`,
    {
      mend: `Install PostgreSQL ${major ?? ''} (its service need not run), or set programs: FOLDER under drills.`,
    },
  );
}

const PORT = 54_329;

export interface ClusterOptions {
  bin: string;
  data: string;
  role: string;
  options: readonly string[];
  /** Settings beyond ours. */
  settings?: readonly string[];
}

export interface Cluster {
  psql(database: string, sql: string): Promise<string>;
  /** Connection arguments for clients. */
  connect: readonly string[];
  stop(): Promise<void>;
}

const SETTINGS = [
  "listen_addresses = ''",
  'max_connections = 30',
  'shared_buffers = 64MB',
  'max_prepared_transactions = 200',
  'archive_mode = off',
  "shared_preload_libraries = ''",
  'max_logical_replication_workers = 0',
  'autovacuum = off',
  // A crash of the machine loses the scratch instance, which nobody misses.
  'fsync = off',
  'full_page_writes = off',
  'synchronous_commit = off',
  'logging_collector = off',
  "log_destination = 'stderr'",
  "lc_messages = 'C'",
  'hot_standby = off',
  'huge_pages = off',
];

/** Starts it and waits until it takes queries, which after a restore means that recovery has ended. */
export async function startCluster(at: Scratch, options: ClusterOptions): Promise<Cluster> {
  const { data, bin, role } = options;
  const conf = join(at.folder, 'postgresql.conf');
  const hba = join(at.folder, 'pg_hba.conf');
  const log = join(at.folder, 'postgres.log');
  await writeFile(hba, 'local all all trust\n');
  await writeFile(join(at.folder, 'pg_ident.conf'), '');
  const own = [
    `data_directory = ${quoted(data)}`,
    `hba_file = ${quoted(hba)}`,
    `ident_file = ${quoted(join(at.folder, 'pg_ident.conf'))}`,
    `unix_socket_directories = ${quoted(at.folder)}`,
    `port = ${PORT}`,
  ];
  await writeFile(conf, [...SETTINGS, ...own, ...(options.settings ?? []), ''].join('\n'));
  // Settings of the original that were made by ALTER SYSTEM, and those that a restore tool wrote.
  await writeFile(join(data, 'postgresql.auto.conf'), '');
  await writeFile(log, '');
  for (const path of [conf, hba, log, join(at.folder, 'pg_ident.conf'), join(data, 'postgresql.auto.conf')])
    await at.handOver(path);
  const connect = ['-h', at.folder, '-p', String(PORT), '-U', role];
  const server = at.programs.start(join(bin, 'postgres'), ['-c', `config_file=${conf}`, ...options.options], {
    cwd: data,
    log,
  });
  const psql = queries(at, bin, connect);
  await answering(at, { server, log, ask: () => psql('template1', 'SELECT 1') });
  return { psql, connect, stop: () => server.stop('SIGQUIT') };
}

export function quoted(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

function queries(at: Scratch, bin: string, connect: readonly string[]) {
  return async (database: string, sql: string): Promise<string> => {
    const args = ['-X', '-q', '-A', '-t', '-F', '\t', '-v', 'ON_ERROR_STOP=1', ...connect, '-d', database];
    const { stdout } = await at.programs.run(join(bin, 'psql'), args, { input: sql });
    return stdout.trimEnd();
  };
}

interface Starting {
  server: Server;
  log: string;
  ask: () => Promise<string>;
}

async function answering(at: Scratch, { server, log, ask }: Starting): Promise<void> {
  await at.until(async () => {
    const ended = server.ended();
    if (ended !== undefined) {
      throw new NamedError(
        'DRILL_FAILED',
        `the restored PostgreSQL does not start (${ended}): ${await tail(log)}`,
      );
    }
    try {
      await ask();
      return true;
    } catch (error) {
      const said = (error as Error).message;
      if (/role ".*" does not exist/.test(said)) {
        throw new NamedError('DRILL_IMPOSSIBLE', `the restored cluster has no such role: ${said}`, {
          cause: error,
          mend: 'Set role: NAME of its superuser under drills in agent.yaml.',
        });
      }
      at.signal.throwIfAborted();
      return false;
    }
  });
}

/** What it says to our own asking. */
const WAITING =
  /the database system is (?:starting up|not yet accepting connections|not accepting connections)/;

async function tail(log: string): Promise<string> {
  const lines = (await readFile(log, 'utf8')).split('\n');
  const telling = lines.filter((line) => /FATAL|PANIC|ERROR/.test(line) && !WAITING.test(line));
  return lastLines((telling.length > 0 ? telling : lines).join('\n'), 3);
}

const NO_SYSTEM = `n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%' AND n.nspname NOT LIKE 'pg\\_temp%'`;

/** Every row of every table counted, which reads every page of them; `database.schema.table`. */
export async function countRows(
  cluster: Cluster,
  persistence: 'all' | 'logged',
): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  const kept = persistence === 'all' ? `c.relpersistence <> 't'` : `c.relpersistence = 'p'`;
  const databases = await cluster.psql(
    'template1',
    'SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY 1',
  );
  for (const database of databases.split('\n').filter(Boolean)) {
    const questions = await cluster.psql(
      database,
      `SELECT format('SELECT %L, count(*) FROM ONLY %I.%I;', n.nspname || '.' || c.relname, n.nspname, c.relname)
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind IN ('r', 'm') AND ${kept} AND ${NO_SYSTEM} ORDER BY 1`,
    );
    const answers = await cluster.psql(database, questions);
    for (const line of answers.split('\n').filter(Boolean)) {
      const cut = line.lastIndexOf('\t');
      found.set(`${database}.${line.slice(0, cut)}`, Number(line.slice(cut + 1)));
    }
  }
  return found;
}

/** The lines that make a copy of data files recover from an archive to the end of what is there. */
export async function recoverySettings(at: Scratch, data: string, fetch: string): Promise<string[]> {
  await writeFile(join(data, 'recovery.signal'), '');
  await at.handOver(join(data, 'recovery.signal'));
  // For the server the first word decides nothing: it is run by its shell.
  const command = `sh ${shellQuoted(fetch)} %f "%p"`;
  return [`restore_command = ${quoted(command)}`, "recovery_target_timeline = 'latest'"];
}

export function shellQuoted(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

/** The exit code of a fetch that makes recovery stop with an error: smaller ones mean that the archive ends there. */
export const BROKEN = 200;

/** Writes the script that brings one WAL file, and notes of each whether it was there. */
export async function writeFetch(at: Scratch, body: readonly string[]): Promise<string> {
  const path = join(at.folder, 'fetch.sh');
  const notes = join(at.folder, 'fetched');
  await writeFile(
    path,
    [`note() { echo "$1 $2" >> ${shellQuoted(notes)}; }`, ...body, 'note missing "$1"', 'exit 1', ''].join(
      '\n',
    ),
  );
  await appendFile(notes, '');
  await at.handOver(path);
  await at.handOver(notes);
  return path;
}

/** Throws when recovery ended at a segment that is missing although later ones are there. */
export async function refuseGap(at: Scratch, segments: Iterable<string>): Promise<void> {
  const notes = (await readFile(join(at.folder, 'fetched'), 'utf8')).split('\n');
  const names = (word: string): string[] =>
    notes.flatMap((note) => new RegExp(`^${word} ([0-9A-F]{24})$`).exec(note)?.[1] ?? []);
  const last = names('found').sort().at(-1) ?? '';
  const missing = names('missing').find((name) => name > last);
  if (missing === undefined) return;
  const later = [...segments].filter((name) => name.slice(0, 8) === missing.slice(0, 8) && name > missing);
  if (later.length === 0) return;
  throw new NamedError(
    'DRILL_FAILED',
    `WAL segment ${missing} is missing although ${later.length} later ones are there: recovery ended before it`,
  );
}
