// Restores the newest backup of a pgBackRest repository and replays its WAL to the end. Promise: the repository is read only; archived
// WAL is fetched by pgBackRest itself, and a hole in it is a failure.

import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { NamedError } from '../../../shared/errors.ts';
import type { Driver, Job, Place, Restored, Scratch } from '../driver.ts';
import { replayedTo } from './base-backup.ts';
import {
  BROKEN,
  countRows,
  recoverySettings,
  refuseGap,
  shellQuoted,
  startCluster,
  versionFor,
  writeFetch,
} from './cluster.ts';

interface Repository {
  folder: string;
  stanza: string;
  major: number;
  label: string;
  type: string;
  stoppedAt: number;
  bytes: number;
  repositoryBytes: number;
}

export const PGBACKREST_DRIVER: Driver = {
  name: 'pgbackrest',
  async find(place) {
    const folder = [place.only ?? place.folder, join(place.folder, 'repo')].find((f) =>
      existsSync(join(f, 'backup')),
    );
    if (folder === undefined) return undefined;
    const stanza = await stanzaOf(folder, place);
    if (stanza === undefined) return undefined;
    const repository = await newestBackup(folder, stanza);
    versionFor(repository.major, place.config, 'exact');
    return jobOf(place, repository);
  },
};

async function stanzaOf(folder: string, place: Place): Promise<string | undefined> {
  const names = (await readdir(join(folder, 'backup'))).filter((name) =>
    existsSync(join(folder, 'backup', name, 'backup.info')),
  );
  if (place.config.stanza !== '' || names.length <= 1) return place.config.stanza || names[0];
  throw new NamedError('DRILL_IMPOSSIBLE', `${folder} holds several stanzas: ${names.sort().join(', ')}`, {
    mend: 'Set stanza: NAME under drills in agent.yaml.',
  });
}

async function newestBackup(folder: string, stanza: string): Promise<Repository> {
  const path = join(folder, 'backup', stanza, 'backup.info');
  const text = await readFile(path, 'utf8');
  if (!text.startsWith('[backrest]')) {
    throw new NamedError('DRILL_IMPOSSIBLE', `${path} cannot be read: the repository is encrypted`, {
      mend: 'Drill it with driver: command, which knows the passphrase.',
    });
  }
  const backups = [...text.matchAll(/^(\d{8}-\d{6}F(?:_\d{8}-\d{6}[DI])?)=(\{.*\})$/gm)].map(
    ([, label = '', json = '{}']) => ({
      label,
      ...(JSON.parse(json) as Record<string, unknown>),
    }),
  ) as ({ label: string } & Record<string, unknown>)[];
  const newest = backups.sort(
    (a, b) => Number(b['backup-timestamp-stop']) - Number(a['backup-timestamp-stop']),
  )[0];
  if (!newest) throw new NamedError('DRILL_FAILED', `${path} names no backup`);
  if (newest['backup-error'] === true) {
    throw new NamedError(
      'DRILL_FAILED',
      `${newest.label}: pgBackRest met page checksum errors when it took this backup`,
    );
  }
  return {
    folder,
    stanza,
    label: newest.label,
    type: String(newest['backup-type']),
    major: majorOf(text, newest['db-id']),
    stoppedAt: Number(newest['backup-timestamp-stop']) * 1000,
    bytes: Number(newest['backup-info-size']),
    repositoryBytes: Number(newest['backup-info-repo-size']),
  };
}

/** Of the cluster that this backup is of; a repository keeps those before an upgrade. */
function majorOf(text: string, id: unknown): number {
  for (const [, key, json = '{}'] of text.matchAll(/^(\d+)=(\{"db-.*\})$/gm)) {
    const { 'db-version': version } = JSON.parse(json) as { 'db-version'?: string };
    if (key === String(id)) return Number.parseInt(version ?? '0', 10);
  }
  return Number(/^db-version="(\d+)/m.exec(text)?.[1] ?? 0);
}

function jobOf(place: Place, found: Repository): Job {
  return {
    driver: 'pgbackrest',
    files: [{ path: `${found.folder}/backup/${found.stanza}/${found.label}`, bytes: found.repositoryBytes }],
    bytes: found.repositoryBytes,
    needBytes: Math.ceil(found.bytes * 1.1) + 512 * 1024 ** 2,
    takenAt: new Date(found.stoppedAt).toISOString(),
    steps: [
      `pgbackrest --stanza=${found.stanza} --repo1-path=${found.folder} --set=${found.label} --pg1-path=… restore (${found.type})`,
      'postgres (socket only), WAL by pgbackrest archive-get to its end',
      'SELECT count(*) of every table',
    ],
    restore: (at) => restore(at, place, found),
  };
}

async function restore(at: Scratch, place: Place, found: Repository): Promise<Restored> {
  const { config } = place;
  const data = join(at.folder, 'data');
  const { bin } = versionFor(found.major, config, 'exact');
  await refuseUnreadable(at, found);
  await mkdir(data, { mode: 0o700 });
  await at.handOver(data);
  const common = [
    '--no-config',
    `--stanza=${found.stanza}`,
    `--repo1-path=${found.folder}`,
    `--pg1-path=${data}`,
    `--lock-path=${at.folder}/lock`,
    '--log-level-file=off',
    '--log-level-console=warn',
    '--process-max=1',
  ];
  const spaces = join(at.folder, 'tablespaces');
  await at.programs.run('mkdir', ['-p', spaces]);
  at.step(`pgbackrest restore ${found.label}`);
  await at.programs.run('pgbackrest', [
    ...common,
    `--set=${found.label}`,
    `--tablespace-map-all=${spaces}`,
    // Known to restore, refused by archive-get.
    `--spool-path=${at.folder}/spool`,
    'restore',
  ]);
  const get = ['pgbackrest', ...common, 'archive-get'].map(shellQuoted).join(' ');
  const fetch = await writeFetch(at, [
    `${get} "$1" "$2"; code=$?`,
    'if [ $code = 0 ]; then note found "$1"; exit 0; fi',
    // 1: it is not in the archive. Anything else must not look like the archive's end.
    `if [ $code != 1 ]; then note broken "$1"; exit ${BROKEN}; fi`,
  ]);
  const settings = await recoverySettings(at, data, fetch);
  at.step('recovery');
  const cluster = await startCluster(at, { bin, data, role: config.role, options: config.options, settings });
  await refuseGap(at, await segmentsOf(found));
  return {
    moment: (await replayedTo(cluster)) ?? new Date(found.stoppedAt).toISOString(),
    count: () => countRows(cluster, 'logged'),
    stop: cluster.stop,
  };
}

/** The scratch server fetches WAL as its own user. */
async function refuseUnreadable(at: Scratch, found: Repository): Promise<void> {
  const info = join(found.folder, 'archive', found.stanza, 'archive.info');
  const { code } = await at.programs.run('test', ['-r', info], { anyExit: true });
  if (code === 0) return;
  const owner = await stat(info).catch(() => undefined);
  throw new NamedError('DRILL_IMPOSSIBLE', `${info} cannot be read by the user of the scratch instance`, {
    mend: owner
      ? `Set user: under drills to one that may read the repository (it belongs to user id ${owner.uid}).`
      : 'The repository has no archive: take a backup with pgBackRest first.',
  });
}

async function segmentsOf({ folder, stanza }: Repository): Promise<Set<string>> {
  const names = new Set<string>();
  const root = join(folder, 'archive', stanza);
  for (const id of await readdir(root))
    for (const part of await readdir(join(root, id)).catch(() => []))
      for (const name of await readdir(join(root, id, part)).catch(() => []))
        if (/^[0-9A-F]{24}-/.test(name)) names.add(name.slice(0, 24));
  return names;
}
