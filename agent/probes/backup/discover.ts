// Proposes backup sets from what the file names, sizes and times in likely places say, each with its reason, and says which
// running database has none. Promise: names, sizes and times only; no file is opened.

import { type BackupGroup, groupBackups, isDated, type NamedFile } from '../../discover/backup-names.ts';
import { findServers } from '../../discover/servers.ts';
import { join, walkLikelyPlaces, type WalkedFolder } from '../../discover/walk.ts';
import { renderDuration, renderSize } from '../../../shared/config/schema.ts';
import type { DiscoveryHost, Finding } from '../probe.ts';
import { renderAge, renderBytes } from '../words.ts';

export interface FoundSet {
  name: string;
  folder: string;
  pattern: string;
  /** Folders below that are searched; 0: none. */
  depth: number;
  engine: BackupGroup['engine'];
  kind: BackupGroup['kind'];
  files: NamedFile[];
  why: string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LARGE_BYTES = 50 * 1024 * 1024;
const MAX_SETS = 60;

export async function discoverBackups(host: DiscoveryHost): Promise<Finding[]> {
  const { folders, isCut } = await walkLikelyPlaces(host);
  const engines = [...new Set((await findServers(host)).flatMap(({ known }) => known.engine ?? []))];
  const sets = withDistinctNames(findSets(folders).map((set) => attribute(set, engines)));
  sets.sort((a, b) => newestAt(b) - newestAt(a));
  const findings = sets.slice(0, MAX_SETS).map((set) => describe(set, host.clock.now()));
  if (isCut || sets.length > MAX_SETS) {
    const what = '目录过多，只查找了一部分';
    findings.push({ what, why: '如还有其他备份目录，请手工加入 sets', config: {} });
  }
  return [...findings, ...(await unprotected(host, sets))];
}

/** An export whose name tells no database belongs to the only one that runs here and is exported so. */
function attribute(set: FoundSet, running: readonly BackupGroup['engine'][]): FoundSet {
  const possible = running.filter((engine) => ['mysql', 'mariadb', 'postgresql'].includes(engine));
  const [only] = possible;
  if (set.engine !== 'other' || set.kind !== 'dump' || possible.length !== 1 || !only) return set;
  return { ...set, engine: only };
}

/** Pure. Whole layouts first; what belongs to one is not proposed again file by file. */
function findSets(folders: readonly WalkedFolder[]): FoundSet[] {
  const layouts = folders.flatMap((folder) => layoutOf(folder, folders));
  const isTaken = (path: string): boolean =>
    layouts.some(({ owns }) => path === owns || path.startsWith(`${owns}/`));
  const rest = folders.filter((folder) => !isTaken(folder.path));
  const dated = rest.flatMap((folder) => datedFolders(folder, rest));
  const inDated = new Set(dated.flatMap(({ members }) => members));
  const flat = rest.filter((folder) => !inDated.has(folder.path)).flatMap(flatSets);
  return [...layouts.map(({ set }) => set), ...dated.map(({ set }) => set), ...flat];
}

/** A group is believed when it has two dated files or more, or one large one. */
function isBelievable(files: readonly NamedFile[], needsDate: boolean): boolean {
  const dated = files.filter((file) => isDated(file.name)).length;
  return dated >= 2 || files.some((file) => file.size >= LARGE_BYTES && (!needsDate || isDated(file.name)));
}

function flatSets(folder: WalkedFolder): FoundSet[] {
  return groupBackups(folder.files)
    .filter((group) => isBelievable(group.files, group.kind === 'files'))
    .map((group) => ({ ...group, name: nameOf(group.pattern, folder.path), folder: folder.path, depth: 0 }));
}

/** `20260101/`, `20260102/`, … hold one backup each: the sets are those of the parent. */
function datedFolders(
  parent: WalkedFolder,
  folders: readonly WalkedFolder[],
): { set: FoundSet; members: string[] }[] {
  const paths = new Set(parent.folders.filter(isDated).map((name) => join(parent.path, name)));
  if (paths.size < 2) return [];
  const inside = folders.filter((folder) => paths.has(folder.path));
  const members = inside.map((folder) => folder.path);
  const groups = groupBackups(inside.flatMap((folder) => folder.files));
  return groups
    .filter((group) => group.files.length >= 2 || isBelievable(group.files, group.kind === 'files'))
    .map((group) => ({
      members,
      set: {
        ...group,
        name: nameOf(group.pattern, parent.path),
        folder: parent.path,
        depth: 1,
        why: `${group.why}，按日期分目录`,
      },
    }));
}

/** Repositories and physical backups: the file that is written last stands for the backup. */
function layoutOf(folder: WalkedFolder, all: readonly WalkedFolder[]): { set: FoundSet; owns: string }[] {
  const { path } = folder;
  const below = (name: string): WalkedFolder | undefined =>
    all.find((other) => other.path === join(path, name));
  const has = (...names: string[]): boolean => names.every((name) => folder.folders.includes(name));
  const hasFile = (...names: string[]): boolean =>
    names.every((name) => folder.files.some((file) => file.name === name));
  const base = { name: baseOf(path), folder: path, kind: 'full' as const };
  if (has('data', 'index', 'keys', 'snapshots') && hasFile('config')) {
    const files = below('snapshots')?.files ?? [];
    const set = {
      ...base,
      folder: join(path, 'snapshots'),
      pattern: '*',
      depth: 0,
      engine: 'files' as const,
      files,
    };
    return [{ owns: path, set: { ...set, kind: 'files', why: 'restic 仓库：每个快照一个文件' } }];
  }
  if (
    has('data') &&
    hasFile('config', 'README') &&
    folder.files.some((file) => /^(index|hints)\.\d+$/.test(file.name))
  ) {
    const files = folder.files.filter((file) => file.name.startsWith('index.'));
    const set = { ...base, pattern: 'index.[0-9]*', depth: 0, engine: 'files' as const, files };
    return [{ owns: path, set: { ...set, kind: 'files', why: 'borg 仓库：每次备份改写索引' } }];
  }
  if (hasFile('backup.info', 'backup.info.copy')) {
    return [
      { owns: path, set: physical(base, folder, all, 'backup.manifest', 'postgresql', 'pgBackRest 备份') },
    ];
  }
  return [
    ...physicalParents(folder, all, 'xtrabackup_checkpoints', 'mysql', 'xtrabackup/mariabackup 物理备份'),
    ...physicalParents(folder, all, 'backup_manifest', 'postgresql', 'pg_basebackup 物理备份'),
  ];
}

function physicalParents(
  folder: WalkedFolder,
  all: readonly WalkedFolder[],
  mark: string,
  engine: BackupGroup['engine'],
  why: string,
): { set: FoundSet; owns: string }[] {
  const base = { name: baseOf(folder.path), folder: folder.path, kind: 'full' as const };
  const set = physical(base, folder, all, mark, engine, why);
  return set.files.length > 0 ? [{ owns: folder.path, set }] : [];
}

function physical(
  base: Pick<FoundSet, 'name' | 'folder' | 'kind'>,
  folder: WalkedFolder,
  all: readonly WalkedFolder[],
  mark: string,
  engine: BackupGroup['engine'],
  why: string,
): FoundSet {
  const inside = folder.folders.map((name) => join(folder.path, name));
  const files = all
    .filter((other) => inside.includes(other.path))
    .flatMap((other) => other.files.filter((file) => file.name === mark));
  return { ...base, pattern: mark, depth: 1, engine, files, why: `${why}（以其完成标记文件 ${mark} 判断）` };
}

function nameOf(pattern: string, folder: string): string {
  const prefix = pattern.split(/\[0-9\]|\.[A-Za-z]/)[0] ?? '';
  const name = prefix.replace(/[-_. ?*]+$/, '').replace(/^[-_. ?*]+/, '');
  return (name === '' ? baseOf(folder) : name).slice(0, 56);
}

function baseOf(path: string): string {
  const base = path.split('/').filter(Boolean).at(-1) ?? 'backup';
  return base.replace(/^\s+|\s+$/g, '').slice(0, 56) || 'backup';
}

function withDistinctNames(sets: readonly FoundSet[]): FoundSet[] {
  const taken = new Set<string>();
  return sets.map((set) => {
    const candidates = [
      set.name,
      `${set.name}-${set.kind}`,
      `${baseOf(set.folder)}-${set.name}`.slice(0, 60),
    ];
    let name = candidates.find((candidate) => !taken.has(candidate));
    for (let n = 2; name === undefined || taken.has(name); n++) name = `${set.name}-${n}`;
    taken.add(name);
    return { ...set, name };
  });
}

function newestAt(set: FoundSet): number {
  return set.files.reduce((newest, file) => Math.max(newest, file.mtimeMs), 0);
}

/** Twice to one and a half times the usual distance between two files, by the steps that people plan in. */
export function proposeMaxAge(mtimes: readonly number[]): number {
  const times = [...mtimes].sort((a, b) => b - a).slice(0, 30);
  const gaps = times
    .slice(1)
    .map((at, i) => (times[i] ?? at) - at)
    .sort((a, b) => a - b);
  const median = gaps[Math.floor(gaps.length / 2)];
  if (median === undefined) return 26 * HOUR_MS;
  if (median < 3 * HOUR_MS) return Math.max(HOUR_MS, Math.ceil((median * 4) / HOUR_MS) * HOUR_MS);
  if (median < 30 * HOUR_MS) return 26 * HOUR_MS;
  if (median < 9 * DAY_MS) return 8 * DAY_MS;
  return Math.min(400, Math.ceil((median * 1.2) / DAY_MS)) * DAY_MS;
}

function describe(set: FoundSet, nowMs: number): Finding {
  const newest = set.files.reduce<NamedFile | undefined>(
    (best, file) => (best && best.mtimeMs >= file.mtimeMs ? best : file),
    undefined,
  );
  const maxAge = proposeMaxAge(set.files.map((file) => file.mtimeMs));
  const age = newest ? nowMs - newest.mtimeMs : 0;
  const latest = newest
    ? `最新 ${newest.name}（${renderBytes(newest.size)}，${renderAge(age)}前）`
    : '尚无文件';
  const late = age > maxAge ? '；注意：按以往间隔，备份可能已经停止' : '';
  const minSize = set.kind === 'full' || set.kind === 'dump' ? leastSize(set.files) : undefined;
  const entry = {
    name: set.name,
    folder: set.folder,
    pattern: set.pattern,
    ...(set.depth > 0 ? { recursive: true, depth: set.depth } : {}),
    engine: set.engine,
    kind: set.kind,
    maxAge: renderDuration(maxAge),
    ...(minSize === undefined ? {} : { minSize: renderSize(minSize) }),
    ...(set.files.length > 1 ? { keep: 2 } : {}),
  };
  return {
    what: `${set.folder} 中有 ${set.files.length} 个文件像备份：${latest}`,
    why: `${set.why}；maxAge 按以往间隔建议${late}`,
    config: { sets: [entry] },
  };
}

/** A quarter of the usual size: an export that failed leaves a file of a few hundred bytes. */
function leastSize(files: readonly NamedFile[]): number | undefined {
  const sizes = files.map((file) => file.size).sort((a, b) => a - b);
  const median = sizes[Math.floor(sizes.length / 2)] ?? 0;
  const least = median / 4;
  if (least < 1024) return undefined;
  const unit = least >= 1024 ** 3 ? 1024 ** 3 : least >= 1024 ** 2 ? 1024 ** 2 : 1024;
  return Math.floor(least / unit) * unit;
}

/** A database that runs and of which no backup was found is the finding that matters most. */
async function unprotected(host: DiscoveryHost, sets: readonly FoundSet[]): Promise<Finding[]> {
  const engines = new Set(sets.map((set) => familyOf(set.engine)));
  // An export of unknown origin may be of any of the SQL databases that people export by script.
  const some = engines.has('other') ? ['mysql', 'postgresql'] : [];
  const servers = (await findServers(host)).filter(({ known }) => known.engine !== undefined);
  const byEngine = new Map(servers.map((server) => [familyOf(server.known.engine ?? 'other'), server]));
  return [...byEngine]
    .filter(([engine]) => !engines.has(engine) && !some.includes(engine))
    .map(([, server]) => ({
      what: `${server.known.zh}正在运行，但没有找到它的备份`,
      why: '请确认备份是否存在、在哪里，并把目录加入 sets；没有备份的数据库无法恢复',
      config: {},
    }));
}

function familyOf(engine: BackupGroup['engine']): BackupGroup['engine'] {
  return engine === 'mariadb' ? 'mysql' : engine;
}
