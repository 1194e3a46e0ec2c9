// Restores a mysqldump or mariadb-dump into a new scratch server and replays the binary logs behind it. Promise: the first error of the
// client ends the drill; commands of the client inside the dump are not obeyed.

import { basename, join } from 'node:path';
import type { DumpChain } from '../../../shared/backup/facts.ts';
import type { Driver, Job, Place, Restored, Scratch } from '../driver.ts';
import { type Candidate, decoding, filesOf, isCompressed, type Judged, newest, sumOf } from '../files.ts';
import { type Logs, logsBehind, replay } from './binlogs.ts';
import { countRows, type MariaServer, program, startServer } from './server.ts';

export const MYSQLDUMP: Driver = {
  name: 'mysqldump',
  async find(place) {
    const files = await filesOf(place);
    const wanted = files.filter((f) => place.matches(basename(f.path)) && !/\.\d{6,}$|\.index$/.test(f.path));
    const dump = await newest(wanted, ({ format, facts }) => isDump(format) && facts.engine === 'mariadb');
    if (!dump) return undefined;
    return jobOf(place, dump, await logsOf(place, dump, files));
  },
};

function isDump(format: string): boolean {
  return /mysqldump|^sql\b/.test(format);
}

function chainOf(dump: Judged): DumpChain | undefined {
  return dump.facts.chain?.of === 'dump' ? dump.facts.chain : undefined;
}

async function logsOf(place: Place, dump: Judged, files: readonly Candidate[]): Promise<Logs | undefined> {
  const from = chainOf(dump)?.binlog;
  if (!from) return undefined;
  const { logs } = place.config;
  const all =
    logs === '' ? files : await filesOf({ folder: logs, matches: () => true, config: place.config });
  return logsBehind(all, from);
}

function jobOf(place: Place, dump: Judged, logs: Logs | undefined): Job {
  const { facts } = dump;
  const content = facts.contentBytes ?? dump.bytes * (isCompressed(dump.format) ? 8 : 1);
  const replayed = sumOf(logs?.files ?? []);
  return {
    driver: 'mysqldump',
    files: [dump, ...(logs?.files ?? [])].map(({ path, bytes }) => ({ path, bytes })),
    bytes: dump.bytes + replayed,
    needBytes: content * 2 + replayed + 512 * 1024 ** 2,
    takenAt: facts.startedAt ?? facts.finishedAt ?? new Date(dump.mtimeMs).toISOString(),
    steps: [
      'mariadb-install-db',
      'mariadbd (socket only, no binary log, no events)',
      `mariadb < ${dump.path}`,
      ...(logs
        ? [
            `mariadb-binlog --start-position=${logs.start} ${logs.files.map((f) => f.path).join(' ')} | mariadb`,
          ]
        : []),
      'SELECT COUNT(*) of every table',
    ],
    restore: (at) => restore(at, { place, dump, logs }),
  };
}

interface Work {
  place: Place;
  dump: Judged;
  logs: Logs | undefined;
}

async function restore(at: Scratch, { place, dump, logs }: Work): Promise<Restored> {
  const { config } = place;
  const data = join(at.folder, 'data');
  at.step('mariadb-install-db');
  await at.programs.run(program('mariadb-install-db', config), [
    '--no-defaults',
    `--datadir=${data}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    '--skip-name-resolve',
    ...config.options,
  ]);
  const first = await startServer(at, { data, config });
  const database = await load(at, first, { place, dump });
  // A dump of all databases brings accounts of its own; and a server that starts on what was loaded proves more.
  await first.stop('clean');
  const server = await startServer(at, { data, config });
  if (logs) await replay(at, { config, logs, server, ...(database !== undefined && { database }) });
  return {
    moment:
      logs?.lastCommitAt ??
      dump.facts.capturedAt ??
      dump.facts.startedAt ??
      new Date(dump.mtimeMs).toISOString(),
    count: () => countRows(server),
    stop: () => server.stop('now'),
  };
}

/** The name of the database, where it is the only one. */
async function load(
  at: Scratch,
  server: MariaServer,
  { place, dump }: Omit<Work, 'logs'>,
): Promise<string | undefined> {
  const chain = chainOf(dump);
  const whole = chain?.createsDatabase === true || (chain?.databases?.length ?? 0) > 1;
  const name = dump.facts.database ?? chain?.databases?.[0] ?? 'restored';
  if (!whole) await server.sql(createDatabase(name, chain));
  at.step(`mariadb < ${basename(dump.path)}`);
  const client = [
    program('mariadb', place.config),
    ...server.connect,
    '--binary-mode',
    '--default-character-set=utf8mb4',
    ...(whole ? [] : [name]),
  ];
  await at.programs.run('bash', [...decoding(dump.format), ...client], {
    stdin: dump.path,
    env: { ...server.env },
  });
  return whole && chain?.databases?.length !== 1 ? undefined : name;
}

function createDatabase(name: string, chain: DumpChain | undefined): string {
  const set =
    chain?.characterSet === undefined ? ' CHARACTER SET utf8mb4' : ` CHARACTER SET ${chain.characterSet}`;
  const order = chain?.collation === undefined ? '' : ` COLLATE ${chain.collation}`;
  return `CREATE DATABASE \`${name.replaceAll('`', '``')}\`${set}${order}`;
}
