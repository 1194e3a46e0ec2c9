// Restores a pg_dump (plain, custom, tar, directory) or a pg_dumpall into a new scratch cluster. Promise: roles that the dump names and the
// scratch cluster lacks are no fault of the backup; every other error of the restore is.

import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { NamedError } from '../../../shared/errors.ts';
import type { Driver, Job, Place, Restored, Scratch } from '../driver.ts';
import {
  type Candidate,
  decoding,
  filesOf,
  isCompressed,
  judgeFile,
  type Judged,
  newest,
  sumOf,
} from '../files.ts';
import { lastLines } from '../programs.ts';
import { type Cluster, countRows, quoted, startCluster, type Version, versionFor } from './cluster.ts';

interface Dump {
  file: Judged;
  /** A directory dump; else the file itself. */
  path: string;
  files: readonly Candidate[];
  form: 'plain' | 'archive' | 'directory';
}

export const PG_DUMP: Driver = {
  name: 'pg_dump',
  async find(place) {
    const dump = await findDump(place);
    if (!dump) return undefined;
    const { facts } = dump.file;
    const version = versionFor(majorOf(facts.version), place.config, 'at-least');
    return jobOf(place, dump, version);
  },
};

export function majorOf(version: string | undefined): number | undefined {
  const major = /\d+/.exec(version ?? '')?.[0];
  return major === undefined ? undefined : Number(major);
}

async function findDump(place: Place): Promise<Dump | undefined> {
  const files = await filesOf(place);
  const toc = files.find((f) => basename(f.path) === 'toc.dat');
  const single = files.filter((f) => place.matches(basename(f.path)) && !isMember(f.path, toc?.path));
  const file = await newest(single, isDump);
  if (toc && (!file || toc.mtimeMs > file.mtimeMs)) {
    const folder = dirname(toc.path);
    const members = files.filter((f) => dirname(f.path) === folder);
    return { file: await judgeFile(toc), path: folder, files: members, form: 'directory' };
  }
  if (!file) return undefined;
  const form = /plain|sql/.test(file.format) ? 'plain' : 'archive';
  return { file, path: file.path, files: [file], form };
}

function isMember(path: string, toc: string | undefined): boolean {
  return toc !== undefined && dirname(path) === dirname(toc);
}

function isDump({ format, facts }: Judged): boolean {
  return /pg_dump/.test(format) || (facts.engine === 'postgresql' && facts.kind === 'dump');
}

function jobOf(place: Place, dump: Dump, version: Version): Job {
  const bytes = sumOf(dump.files);
  const { facts, mtimeMs } = dump.file;
  const name = facts.database ?? 'restored';
  // Rows, indexes and the log of loading them.
  const content =
    facts.contentBytes ?? bytes * (dump.form === 'plain' && !isCompressed(dump.file.format) ? 1 : 6);
  return {
    driver: 'pg_dump',
    files: dump.files.map((f) => ({ path: f.path, bytes: f.bytes })),
    bytes,
    needBytes: content * 2 + 256 * 1024 ** 2,
    takenAt: facts.capturedAt ?? facts.startedAt ?? new Date(mtimeMs).toISOString(),
    steps: [
      `initdb (PostgreSQL ${version.major})`,
      'postgres (socket only)',
      dump.form === 'plain' ? `psql < ${dump.path}` : `pg_restore --dbname=${name} ${dump.path}`,
      'SELECT count(*) of every table',
    ],
    restore: (at) => restore(at, { place, dump, version, name }),
  };
}

interface Work {
  place: Place;
  dump: Dump;
  version: Version;
  name: string;
}

async function restore(at: Scratch, { place, dump, version, name }: Work): Promise<Restored> {
  const { config } = place;
  const data = join(at.folder, 'data');
  at.step('initdb');
  await at.programs.run(join(version.bin, 'initdb'), [
    '-D',
    data,
    '-U',
    config.role,
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale=C.UTF-8',
    '--no-sync',
  ]);
  const cluster = await startCluster(at, {
    bin: version.bin,
    data,
    role: config.role,
    options: config.options,
  });
  await load(at, cluster, { dump, version, name });
  return {
    moment: dump.file.facts.capturedAt ?? dump.file.facts.startedAt ?? (await changedAt(dump.path)),
    count: () => countRows(cluster, 'all'),
    stop: cluster.stop,
  };
}

async function changedAt(path: string): Promise<string> {
  return (await stat(path)).mtime.toISOString();
}

async function load(at: Scratch, cluster: Cluster, work: Omit<Work, 'place'>): Promise<void> {
  const { dump, version, name } = work;
  at.step(dump.form === 'plain' ? 'psql' : 'pg_restore');
  if (dump.form === 'plain') {
    const isWhole = await isOfCluster(at, dump);
    if (!isWhole) await cluster.psql('template1', createDatabase(name));
    const args = ['-X', '-q', ...cluster.connect, '-d', isWhole ? 'postgres' : name, '-f', '-'];
    const done = await at.programs.run(
      'bash',
      [...decoding(dump.file.format), join(version.bin, 'psql'), ...args],
      {
        stdin: dump.path,
        anyExit: true,
      },
    );
    return refuseErrors(done.code, done.stderr);
  }
  await cluster.psql('template1', createDatabase(name));
  const args = ['--no-owner', '--no-privileges', '--exit-on-error', ...cluster.connect, '-d', name];
  const program = join(version.bin, 'pg_restore');
  try {
    if (dump.form === 'directory') await at.programs.run(program, [...args, dump.path], { as: 'self' });
    else
      await at.programs.run('bash', [...decoding(dump.file.format), program, ...args], { stdin: dump.path });
  } catch (error) {
    if (!/unsupported version/.test((error as Error).message)) throw error;
    throw new NamedError(
      'DRILL_IMPOSSIBLE',
      `${dump.path} was made by a newer pg_dump: ${(error as Error).message}`,
      {
        cause: error,
        mend: 'Install the PostgreSQL programs of that version, or set programs: FOLDER under drills.',
      },
    );
  }
}

/** A dump of `postgres` finds it there. */
function createDatabase(name: string): string {
  const create = `CREATE DATABASE "${name.replaceAll('"', '""')}" TEMPLATE template0`;
  const exists = `EXISTS (SELECT FROM pg_database WHERE datname = ${quoted(name)})`;
  return `SELECT ${quoted(create)} WHERE NOT ${exists} \\gexec\n`;
}

/** pg_dumpall says so in its head. */
async function isOfCluster(at: Scratch, dump: Dump): Promise<boolean> {
  const args = [...decoding(dump.file.format), 'head', '-c', '4096'];
  const { stdout } = await at.programs.run('bash', args, { stdin: dump.path, anyExit: true });
  return /^-- PostgreSQL database cluster dump\r?$/m.test(stdout);
}

const NO_FAULT =
  /role ".*" (does not exist|already exists)|database ".*" already exists|schema "public" already exists/;

function refuseErrors(code: number | null, stderr: string): void {
  const errors = stderr
    .split('\n')
    .filter((line) => /ERROR:|FATAL:|invalid command|^bash:|gzip:|zstd:|xz:/.test(line));
  const faults = errors.filter((line) => !NO_FAULT.test(line));
  if (faults.length > 0) {
    throw new NamedError(
      'DRILL_FAILED',
      `psql reports ${faults.length} errors; the first: ${faults[0]?.slice(0, 400)}`,
    );
  }
  if (code !== 0)
    throw new NamedError('DRILL_FAILED', `psql ended with ${code ?? 'a signal'}: ${lastLines(stderr)}`);
}
