// Restores a mariabackup (folder or stream; full, then increments) on the same version, and replays the binary logs behind it. Promise:
// copies are prepared, never the backup; a backup with tables outside of its folder is refused, for they would lead to live files.

import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { LsnChain } from '../../../shared/backup/facts.ts';
import { NamedError } from '../../../shared/errors.ts';
import type { Driver, Job, Place, Restored, Scratch } from '../driver.ts';
import { type Candidate, decoding, filesOf, isCompressed, judgeFile, sumOf } from '../files.ts';
import { type Logs, logsBehind, replay } from './binlogs.ts';
import { countRows, installedVersion, program, startServer } from './server.ts';

interface Part {
  path: string;
  /** Of a stream: how it is packed. */
  stream?: string;
  files: readonly Candidate[];
  chain: LsnChain;
  at: number;
  version?: string;
  kind: 'full' | 'incremental';
}

export const MARIABACKUP: Driver = {
  name: 'mariabackup',
  async find(place) {
    const files = await filesOf(place);
    const parts = [...(await folderParts(files)), ...(await streamParts(place, files))];
    const chain = chainOf(parts);
    if (!chain) return undefined;
    refuseOutside(chain);
    return jobOf(place, chain, await logsOf(place, chain, files));
  },
};

const CHECKPOINTS = /(?:^|\/)(?:xtrabackup|mariadb_backup)_checkpoints$/;
const STREAM = /\.(?:xb|xbstream|mbstream|mbs)(?:\.\w+)?$/;

async function folderParts(files: readonly Candidate[]): Promise<Part[]> {
  const found: Part[] = [];
  for (const file of files.filter((f) => CHECKPOINTS.test(f.path))) {
    const { facts, content, reason } = await judgeFile(file);
    const path = dirname(file.path);
    if (facts.chain?.of !== 'lsn' || content === 'INCOMPLETE') {
      throw new NamedError('DRILL_FAILED', `${file.path} is ${content}: ${reason}`);
    }
    const inside = files.filter((f) => f.path.startsWith(`${path}/`));
    const named = (name: string): Candidate | undefined =>
      inside.find(
        (f) => f.path === join(path, `xtrabackup_${name}`) || f.path === join(path, `mariadb_backup_${name}`),
      );
    const [info, place] = [named('info'), named('binlog_info')];
    const version = info && (await judgeFile(info)).facts.version;
    const told = place && (await judgeFile(place)).facts.chain;
    const binlog = told?.of === 'dump' ? told.binlog : undefined;
    found.push({
      path,
      files: inside,
      chain: { ...facts.chain, ...(binlog && { binlog }) },
      at: file.mtimeMs,
      ...(version !== undefined && { version }),
      kind: facts.chain.fromLsn === '0' ? 'full' : 'incremental',
    });
  }
  return found;
}

async function streamParts(place: Place, files: readonly Candidate[]): Promise<Part[]> {
  const found: Part[] = [];
  for (const file of files.filter((f) => STREAM.test(f.path) && place.matches(basename(f.path)))) {
    const { facts, format, content, reason } = await judgeFile(file);
    if (content === 'INCOMPLETE' || content === 'CORRUPT') {
      throw new NamedError('DRILL_FAILED', `${file.path} is ${content}: ${reason}`);
    }
    if (facts.chain?.of !== 'lsn') continue;
    found.push({
      path: file.path,
      stream: format,
      files: [file],
      chain: facts.chain,
      at: file.mtimeMs,
      ...(facts.version !== undefined && { version: facts.version }),
      kind: facts.chain.fromLsn === '0' ? 'full' : 'incremental',
    });
  }
  return found;
}

/** The newest full backup and the increments that follow it, each from where the one before ends. */
export function chainOf<P extends Pick<Part, 'kind' | 'at' | 'chain'>>(parts: readonly P[]): P[] | undefined {
  const full = parts.filter((p) => p.kind === 'full').sort((a, b) => b.at - a.at)[0];
  if (!full) return undefined;
  const chain = [full];
  for (;;) {
    const end = chain.at(-1)?.chain.toLsn;
    const next = parts
      .filter((p) => p.kind === 'incremental' && p.chain.fromLsn === end && !chain.includes(p))
      .sort((a, b) => b.at - a.at)[0];
    if (!next) return chain;
    chain.push(next);
  }
}

function refuseOutside(chain: readonly Part[]): void {
  const outside = chain.flatMap((p) => p.files).find((f) => /\.isl$|\.qp$/.test(f.path));
  if (!outside) return;
  const why = outside.path.endsWith('.qp') ? 'is packed by qpress' : 'leads to a table outside of the backup';
  throw new NamedError('DRILL_IMPOSSIBLE', `${outside.path} ${why}`, {
    mend: 'Drill it with driver: command.',
  });
}

async function logsOf(
  place: Place,
  chain: readonly Part[],
  files: readonly Candidate[],
): Promise<Logs | undefined> {
  const from = chain.at(-1)?.chain.binlog;
  if (!from) return undefined;
  const { logs } = place.config;
  const inBackup = (path: string): boolean => chain.some((p) => path.startsWith(`${p.path}/`));
  const all =
    logs === '' ? files : await filesOf({ folder: logs, matches: () => true, config: place.config });
  return logsBehind(
    all.filter((f) => !inBackup(f.path)),
    from,
  );
}

function jobOf(place: Place, chain: readonly Part[], logs: Logs | undefined): Job {
  const bytes = sumOf(chain.flatMap((p) => p.files));
  const grows = chain.some((p) => p.stream !== undefined && isCompressed(p.stream)) ? 6 : 1.2;
  const replayed = sumOf(logs?.files ?? []);
  const paths = chain.map((p) => ({ path: p.path, bytes: sumOf(p.files) }));
  return {
    driver: 'mariabackup',
    files: [...paths, ...(logs?.files ?? []).map((f) => ({ path: f.path, bytes: f.bytes }))],
    bytes: bytes + replayed,
    needBytes: Math.ceil(bytes * grows) + replayed + 512 * 1024 ** 2,
    takenAt: new Date(chain.at(-1)?.at ?? 0).toISOString(),
    steps: [
      ...chain.map(
        (p, i) =>
          `${p.stream ? 'mbstream -x <' : 'cp -a'} ${p.path}; mariadb-backup --prepare${i > 0 ? ' --incremental-dir=…' : ''}`,
      ),
      'mariadbd (socket only, no binary log, no events)',
      ...(logs
        ? [
            `mariadb-binlog --start-position=${logs.start} ${logs.files.map((f) => f.path).join(' ')} | mariadb`,
          ]
        : []),
      'SELECT COUNT(*) of every table',
    ],
    restore: (at) => restore(at, { place, chain, logs }),
  };
}

interface Work {
  place: Place;
  chain: readonly Part[];
  logs: Logs | undefined;
}

async function restore(at: Scratch, { place, chain, logs }: Work): Promise<Restored> {
  const { config } = place;
  await refuseOtherVersion(at, { place, chain });
  const data = join(at.folder, 'data');
  for (const [i, part] of chain.entries()) {
    const into = i === 0 ? data : join(at.folder, `inc${i}`);
    await unpack(at, { place, part, into });
    if (existsSync(join(into, 'ibdata1.isl')))
      refuseOutside([{ ...part, files: [{ path: join(into, 'ibdata1.isl'), bytes: 0, mtimeMs: 0 }] }]);
    at.step(`mariadb-backup --prepare ${basename(part.path)}`);
    await prepare(at, { place, data, ...(i > 0 && { increment: into }) });
  }
  const server = await startServer(at, { data, config, flags: await ownFlags(data) });
  if (logs) await replay(at, { config, logs, server });
  return {
    moment: logs?.lastCommitAt ?? new Date(chain.at(-1)?.at ?? 0).toISOString(),
    count: () => countRows(server),
    stop: () => server.stop('now'),
  };
}

async function refuseOtherVersion(at: Scratch, { place, chain }: Omit<Work, 'logs'>): Promise<void> {
  const own = await installedVersion(at, place.config);
  const of = /^\d+\.\d+/.exec(chain[0]?.version ?? '')?.[0];
  if (of === undefined || of === own) return;
  throw new NamedError(
    'DRILL_IMPOSSIBLE',
    `${chain[0]?.path} is of version ${chain[0]?.version}; installed on this machine: MariaDB ${own}`,
    { mend: `Install MariaDB ${of} (its service need not run), or set programs: FOLDER under drills.` },
  );
}

async function unpack(
  at: Scratch,
  { place, part, into }: { place: Place; part: Part; into: string },
): Promise<void> {
  await mkdir(into);
  await at.handOver(into);
  if (part.stream !== undefined) {
    at.step(`mbstream -x ${basename(part.path)}`);
    const args = [...decoding(part.stream), program('mbstream', place.config), '-x', '-C', into];
    await at.programs.run('bash', args, { stdin: part.path });
    return;
  }
  at.step(`cp -a ${part.path}`);
  await at.programs.run('cp', ['-a', `${part.path}/.`, into], { as: 'self' });
  await at.handOver(into);
}

async function prepare(
  at: Scratch,
  { place, data, increment }: { place: Place; data: string; increment?: string },
): Promise<void> {
  const { stderr } = await at.programs.run(program('mariadb-backup', place.config), [
    '--no-defaults',
    '--prepare',
    `--target-dir=${data}`,
    ...(increment === undefined ? [] : [`--incremental-dir=${increment}`]),
  ]);
  if (!/completed OK!/.test(stderr)) {
    throw new NamedError(
      'DRILL_FAILED',
      `mariadb-backup --prepare did not say completed OK!: ${stderr.trim().slice(-300)}`,
    );
  }
}

/** How the data files were laid out, by the backup's own words; nothing of it names a place outside. */
async function ownFlags(data: string): Promise<string[]> {
  const text = await readFile(join(data, 'backup-my.cnf'), 'utf8').catch(() => '');
  return [
    ...text.matchAll(
      /^(innodb_(?:data_file_path|page_size|undo_tablespaces|checksum_algorithm|compression_algorithm))=([^/\n]+)$/gm,
    ),
  ].map(([, key = '', value = '']) => `--${key.replaceAll('_', '-')}=${value}`);
}
