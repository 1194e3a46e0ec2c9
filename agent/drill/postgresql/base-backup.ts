// Restores a pg_basebackup (folder or tar) and replays the archived WAL to its end. Promise: no link of the backup leads out of the
// scratch folder: a backup whose tablespaces cannot be placed there is refused before a server is started on it.

import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { NamedError } from '../../../shared/errors.ts';
import type { Driver, Job, Place, Restored, Scratch } from '../driver.ts';
import { type Candidate, decoding, filesOf, judgeFile, sumOf } from '../files.ts';
import {
  BROKEN,
  type Cluster,
  countRows,
  recoverySettings,
  refuseGap,
  shellQuoted,
  startCluster,
  versionFor,
  writeFetch,
} from './cluster.ts';

interface Base {
  folder: string;
  /** Of a tar backup: its archives; else the folder is copied. */
  tars: readonly Candidate[];
  files: readonly Candidate[];
  manifest?: Candidate;
  contentBytes?: number;
  at: number;
}

export const PG_BASEBACKUP: Driver = {
  name: 'pg_basebackup',
  async find(place) {
    const files = await filesOf(place);
    const base = await findBase(files);
    if (!base) return undefined;
    const major = base.tars.length === 0 ? await majorIn(base.folder) : undefined;
    if (major !== undefined) versionFor(major, place.config, 'exact');
    const logs = place.config.logs || place.folder;
    return jobOf(place, base, await findSegments(logs, base.folder));
  },
};

async function majorIn(folder: string): Promise<number> {
  return Number.parseInt(await readFile(join(folder, 'PG_VERSION'), 'utf8'), 10);
}

const TAR = /(?:^|\/)(?:base|pg_wal|\d+)\.tar(?:\.(?:gz|zst|lz4|xz|bz2))?$/;

async function findBase(files: readonly Candidate[]): Promise<Base | undefined> {
  const head = files.find((f) => /(?:^|\/)(?:base\.tar(?:\.\w+)?|backup_label)$/.test(f.path));
  if (!head) return undefined;
  const folder = dirname(head.path);
  const isTar = basename(head.path) !== 'backup_label';
  const inside = files.filter((f) => f.path.startsWith(`${folder}/`));
  const own = isTar ? inside.filter((f) => dirname(f.path) === folder && TAR.test(f.path)) : inside;
  const manifest = inside.find((f) => f.path === join(folder, 'backup_manifest'));
  const judged = manifest && (await judgeFile(manifest));
  if (judged && /INCOMPLETE|CORRUPT|EMPTY/.test(judged.content)) {
    throw new NamedError('DRILL_FAILED', `${judged.path} is ${judged.content}: ${judged.reason}`);
  }
  return {
    folder,
    tars: isTar ? own : [],
    files: own,
    at: head.mtimeMs,
    ...(manifest && { manifest }),
    ...(judged?.facts.contentBytes !== undefined && { contentBytes: judged.facts.contentBytes }),
  };
}

interface Segments {
  folder: string;
  names: ReadonlySet<string>;
  bytes: number;
}

const SEGMENT = /^([0-9A-F]{24})(?:\.(?:gz|zst|lz4|xz|bz2))?$/;

/** Archived WAL outside of the base itself, in the folder and the folders right below it (Barman's way). */
async function findSegments(folder: string, base: string): Promise<Segments> {
  const names = new Set<string>();
  let bytes = 0;
  const look = async (path: string, below: number): Promise<void> => {
    for (const entry of await readdir(path, { withFileTypes: true }).catch(() => [])) {
      const full = join(path, entry.name);
      if (entry.isDirectory() && below > 0 && full !== base) await look(full, below - 1);
      const name = entry.isFile() ? SEGMENT.exec(entry.name)?.[1] : undefined;
      if (name === undefined) continue;
      names.add(name);
      bytes += (await lstat(full)).size;
    }
  };
  await look(folder, 2);
  return { folder, names, bytes };
}

function jobOf(place: Place, base: Base, wal: Segments): Job {
  const bytes = sumOf(base.files);
  const content = base.contentBytes ?? (base.tars.some((f) => !f.path.endsWith('.tar')) ? bytes * 5 : bytes);
  return {
    driver: 'pg_basebackup',
    files: base.files.length > 20 ? [{ path: base.folder, bytes }] : base.files,
    bytes: bytes + wal.bytes,
    needBytes: content + 512 * 1024 ** 2,
    takenAt: new Date(base.at).toISOString(),
    steps: [
      base.tars.length > 0 ? `tar -x < ${base.tars.map((f) => f.path).join(', ')}` : `cp -a ${base.folder}/.`,
      ...(base.manifest ? ['pg_verifybackup -n'] : []),
      `postgres (socket only), recovering from ${wal.names.size} WAL segments in ${wal.folder}`,
      'SELECT count(*) of every table',
    ],
    restore: (at) => restore(at, { place, base, wal }),
  };
}

interface Work {
  place: Place;
  base: Base;
  wal: Segments;
}

async function restore(at: Scratch, { place, base, wal }: Work): Promise<Restored> {
  const { config } = place;
  const data = join(at.folder, 'data');
  if (base.tars.length > 0) await unpack(at, base, data);
  else await copy(at, base.folder, data);
  await placeTablespaces(at, base, data);
  const { bin } = versionFor(await majorIn(data), config, 'exact');
  if (base.manifest) await verify(at, { base, bin, data });
  const fetch = await writeFetch(at, fetchLines(wal.folder));
  const settings = await recoverySettings(at, data, fetch);
  at.step('recovery');
  const { role, options } = config;
  const cluster = await startCluster(at, { bin, data, role, options, settings });
  await refuseGap(at, wal.names);
  return {
    moment: (await replayedTo(cluster)) ?? new Date(base.at).toISOString(),
    count: () => countRows(cluster, 'logged'),
    stop: cluster.stop,
  };
}

/** The commit that was replayed last; undefined where there was none. */
export async function replayedTo(cluster: Cluster): Promise<string | undefined> {
  const sql = `SELECT to_char(pg_last_xact_replay_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
  return (await cluster.psql('template1', sql)) || undefined;
}

async function unpack(at: Scratch, base: Base, data: string): Promise<void> {
  await at.programs.run('mkdir', ['-m', '700', data]);
  for (const file of base.tars) {
    const name = basename(file.path).replace(/\.tar.*$/, '');
    const into =
      name === 'base'
        ? data
        : name === 'pg_wal'
          ? join(data, 'pg_wal')
          : join(at.folder, 'tablespaces', name);
    at.step(`tar -x ${basename(file.path)}`);
    await at.programs.run('mkdir', ['-p', '-m', '700', into]);
    await at.programs.run('bash', [...decoding(compressionOf(file.path)), 'tar', '-x', '-C', into], {
      stdin: file.path,
    });
  }
  if (base.manifest) await copyFile(at, base.manifest.path, join(data, 'backup_manifest'));
}

function compressionOf(path: string): string {
  const ending = /\.(gz|zst|lz4|xz|bz2)$/.exec(path)?.[1] ?? '';
  return { gz: 'gzip', zst: 'zstd', lz4: 'lz4', xz: 'xz', bz2: 'bzip2' }[ending] ?? '';
}

async function copyFile(at: Scratch, from: string, to: string): Promise<void> {
  await at.programs.run('cp', [from, to], { as: 'self' });
  await at.handOver(to);
}

async function copy(at: Scratch, folder: string, data: string): Promise<void> {
  at.step(`cp -a ${folder}`);
  await mkdir(data);
  await at.programs.run('cp', ['-a', `${folder}/.`, data], { as: 'self' });
  await at.handOver(data);
  await at.programs.run('chmod', ['700', data]);
}

/** Their links and their map name the places of the original, where a live database may lie. */
async function placeTablespaces(at: Scratch, base: Base, data: string): Promise<void> {
  const map = join(data, 'tablespace_map');
  const lines = existsSync(map) ? (await readFile(map, 'utf8')).split('\n').filter(Boolean) : [];
  const links = await readdir(join(data, 'pg_tblspc')).catch(() => [] as string[]);
  const placed = lines.map((line) => {
    const oid = /^(\d+) /.exec(line)?.[1] ?? '';
    const own = join(at.folder, 'tablespaces', oid);
    return existsSync(own) ? `${oid} ${own}` : undefined;
  });
  if (links.length > 0 || placed.includes(undefined)) {
    throw new NamedError(
      'DRILL_IMPOSSIBLE',
      `${base.folder} has tablespaces in folders of their own: a copy would lead to the places of the original`,
      { mend: 'Take the backup with pg_basebackup -Ft or pgBackRest, or drill it with driver: command.' },
    );
  }
  if (placed.length > 0) await writeFile(map, `${placed.join('\n')}\n`);
}

async function verify(
  at: Scratch,
  { base, bin, data }: { base: Base; bin: string; data: string },
): Promise<void> {
  at.step('pg_verifybackup');
  const ignored = base.tars.length > 0 ? ['-i', 'tablespace_map', '-i', 'pg_tblspc'] : [];
  await at.programs.run(join(bin, 'pg_verifybackup'), ['-n', '-q', ...ignored, data]);
}

function fetchLines(folder: string): string[] {
  const places = [
    '$DIR/$1',
    '$DIR/$(echo "$1" | cut -c1-16)/$1',
    '$DIR/wal/$1',
    '$DIR/wals/$(echo "$1" | cut -c1-16)/$1',
  ];
  const decoders = {
    '': 'cat',
    '.gz': 'gzip -dc',
    '.zst': 'zstd -dc',
    '.lz4': 'lz4 -dc',
    '.xz': 'xz -dc',
    '.bz2': 'bzip2 -dc',
  };
  return [
    `DIR=${shellQuoted(folder)}`,
    ...places.flatMap((place) =>
      Object.entries(decoders).map(
        ([ending, decode]) =>
          `f="${place}${ending}"; if [ -e "$f" ]; then ${decode} "$f" > "$2" && note found "$1" && exit 0; note broken "$1"; exit ${BROKEN}; fi`,
      ),
    ),
  ];
}
