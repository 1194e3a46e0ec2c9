// Backups that are more than files side by side: repositories, physical backups, a folder a day. Pure: walked folders → sets. Promise: what
// belongs to a layout is not proposed again file by file; the file that is written last stands for the backup.

import { type BackupGroup, groupBackups, isDated, type NamedFile } from '../../discover/backup-names.ts';
import { join, type WalkedFolder } from '../../discover/walk.ts';

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
  /** Further keys of its entry. */
  more?: Record<string, unknown>;
}

export interface Layout {
  set: FoundSet;
  /** This folder and all below it. */
  owns: string;
}

const SEGMENT_PATTERN = '[0-9A-F]'.repeat(8);

export function layoutOf(folder: WalkedFolder, all: readonly WalkedFolder[]): Layout[] {
  const known = [restic, borg, pgBackRest, barman].flatMap((layout) => layout(folder, all));
  if (known.length > 0) return known;
  return PHYSICAL.flatMap((mark) => physicalParent(folder, all, mark));
}

const has = (folder: WalkedFolder, ...names: string[]): boolean =>
  names.every((name) => folder.folders.includes(name));
const hasFile = (folder: WalkedFolder, ...names: string[]): boolean =>
  names.every((name) => folder.files.some((file) => file.name === name));

function restic(folder: WalkedFolder, all: readonly WalkedFolder[]): Layout[] {
  if (!has(folder, 'data', 'index', 'keys', 'snapshots') || !hasFile(folder, 'config')) return [];
  const snapshots = join(folder.path, 'snapshots');
  const files = all.find(({ path }) => path === snapshots)?.files ?? [];
  const why = 'restic 仓库：每个快照一个文件';
  const set = {
    ...baseOfSet(folder),
    folder: snapshots,
    pattern: '*',
    depth: 0,
    engine: 'files',
    files,
    why,
  } as const;
  return [{ owns: folder.path, set: { ...set, kind: 'files' } }];
}

function borg(folder: WalkedFolder): Layout[] {
  const index = folder.files.filter((file) => /^(index|hints)\.\d+$/.test(file.name));
  if (!has(folder, 'data') || !hasFile(folder, 'config', 'README') || index.length === 0) return [];
  const files = index.filter((file) => file.name.startsWith('index.'));
  const why = 'borg 仓库：每次备份改写索引';
  const set = {
    ...baseOfSet(folder),
    pattern: 'index.[0-9]*',
    depth: 0,
    engine: 'files',
    files,
    why,
  } as const;
  return [{ owns: folder.path, set: { ...set, kind: 'files' } }];
}

function pgBackRest(folder: WalkedFolder, all: readonly WalkedFolder[]): Layout[] {
  if (!hasFile(folder, 'backup.info', 'backup.info.copy')) return [];
  return [{ owns: folder.path, set: physical(folder, all, PGBACKREST) }];
}

/** `SERVER/base/ID/backup.info` and `SERVER/wals/…`. */
function barman(folder: WalkedFolder, all: readonly WalkedFolder[]): Layout[] {
  if (!has(folder, 'base', 'wals')) return [];
  const base = join(folder.path, 'base');
  const backups = below(base, all).flatMap(({ files }) => files.filter(({ name }) => name === 'backup.info'));
  if (backups.length === 0) return [];
  const wals = join(folder.path, 'wals');
  const segments = below(wals, all).flatMap(({ files }) => files);
  const name = baseOf(folder.path);
  const set = { name, depth: 1, engine: 'postgresql' } as const;
  const whole = { ...set, folder: base, pattern: 'backup.info', kind: 'full', files: backups } as const;
  const logs = {
    ...set,
    name: `${name}-wal`,
    folder: wals,
    pattern: `${SEGMENT_PATTERN}*`,
    kind: 'log',
  } as const;
  return [
    { owns: folder.path, set: { ...whole, why: 'Barman 备份（以其 backup.info 判断）' } },
    { owns: folder.path, set: { ...logs, files: segments, why: 'Barman 的 WAL 归档' } },
  ];
}

function below(parent: string, all: readonly WalkedFolder[]): WalkedFolder[] {
  return all.filter(
    ({ path }) => path.startsWith(`${parent}/`) && !path.slice(parent.length + 1).includes('/'),
  );
}

interface Mark {
  file: string;
  engine: BackupGroup['engine'];
  kind: BackupGroup['kind'];
  why: string;
}
const PGBACKREST: Mark = {
  file: 'backup.manifest',
  engine: 'postgresql',
  kind: 'full',
  why: 'pgBackRest 备份',
};
const XTRABACKUP: Omit<Mark, 'file'> = {
  engine: 'mysql',
  kind: 'full',
  why: 'xtrabackup/mariabackup 物理备份',
};
const PHYSICAL: readonly Mark[] = [
  { ...XTRABACKUP, file: 'xtrabackup_checkpoints' },
  { ...XTRABACKUP, file: 'mariadb_backup_checkpoints', engine: 'mariadb' },
  { file: 'backup_manifest', engine: 'postgresql', kind: 'full', why: 'pg_basebackup 物理备份' },
  { file: 'toc.dat', engine: 'postgresql', kind: 'dump', why: 'pg_dump 目录格式导出' },
];

function physicalParent(folder: WalkedFolder, all: readonly WalkedFolder[], mark: Mark): Layout[] {
  const set = physical(folder, all, mark);
  return set.files.length > 0 ? [{ owns: folder.path, set }] : [];
}

function physical(folder: WalkedFolder, all: readonly WalkedFolder[], mark: Mark): FoundSet {
  const inside = folder.folders.map((name) => join(folder.path, name));
  const files = all
    .filter((other) => inside.includes(other.path))
    .flatMap((other) => other.files.filter((file) => file.name === mark.file));
  const { engine, kind, why } = mark;
  const words = `${why}（以其完成标记文件 ${mark.file} 判断）`;
  return { ...baseOfSet(folder), pattern: mark.file, depth: 1, engine, kind, files, why: words };
}

function baseOfSet({ path }: WalkedFolder): Pick<FoundSet, 'name' | 'folder'> {
  return { name: baseOf(path), folder: path };
}

/** `20260101/`, `20260102/`, … hold one backup each: the sets are those of the parent. */
export function datedFolders(
  parent: WalkedFolder,
  folders: readonly WalkedFolder[],
  isBelievable: (group: BackupGroup) => boolean,
): { set: FoundSet; members: string[] }[] {
  const paths = new Set(parent.folders.filter(isDated).map((name) => join(parent.path, name)));
  if (paths.size < 2) return [];
  const inside = folders.filter((folder) => paths.has(folder.path));
  const members = inside.map((folder) => folder.path);
  const groups = groupBackups(inside.flatMap((folder) => folder.files));
  return groups
    .filter((group) => group.files.length >= 2 || isBelievable(group))
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

export function nameOf(pattern: string, folder: string): string {
  const prefix = pattern.split(/\[0-9|\?{4}|\.[A-Za-z]/)[0] ?? '';
  const name = prefix.replace(/[-_. ?*]+$/, '').replace(/^[-_. ?*]+/, '');
  return (name === '' ? baseOf(folder) : name).slice(0, 56);
}

export function baseOf(path: string): string {
  const base = path.split('/').filter(Boolean).at(-1) ?? 'backup';
  return base.replace(/^\s+|\s+$/g, '').slice(0, 56) || 'backup';
}
