// Folders that hold the same files: a second copy of backups, or a tree that robocopy or rsync keeps like its source. Pure: walked folders →
// pairs. Promise: found by names, sizes and times of several files, never by the names of the folders alone.

import type { NamedFile } from '../../discover/backup-names.ts';
import { isNamedLikeBackups, type WalkedFolder } from '../../discover/walk.ts';
import { baseOf, type FoundSet } from './layouts.ts';

export interface Mirror {
  from: string;
  to: string;
  /** Files that are the same on both sides. */
  files: number;
}

const LEAST_FILES = 3;
const LEAST_SHARE = 0.6;
/** A file that lies in so many folders tells nothing of two of them. */
const MOST_PLACES = 8;
/** FAT and some shares keep even seconds. */
const TIME_STEP_MS = 2_000;

export function findMirrors(folders: readonly WalkedFolder[]): Mirror[] {
  const pairs = new Map<string, Mirror>();
  for (const { a, b, count } of alike(folders)) {
    const least = Math.min(a.files.length, b.files.length);
    if (count < LEAST_FILES || count < LEAST_SHARE * least) continue;
    const [from, to] = directed(...roots(a.path, b.path));
    const key = `${from}\n${to}`;
    pairs.set(key, { from, to, files: (pairs.get(key)?.files ?? 0) + count });
  }
  return [...pairs.values()].filter(({ from, to }) => from !== '' && to !== '');
}

function alike(folders: readonly WalkedFolder[]): { a: WalkedFolder; b: WalkedFolder; count: number }[] {
  const places = new Map<string, number[]>();
  for (const [index, folder] of folders.entries()) {
    for (const file of folder.files) {
      if (file.size === 0) continue;
      const key = `${file.name}\n${file.size}\n${Math.round(file.mtimeMs / TIME_STEP_MS)}`;
      places.set(key, [...(places.get(key) ?? []), index]);
    }
  }
  const counts = new Map<string, number>();
  for (const indexes of places.values()) {
    if (indexes.length < 2 || indexes.length > MOST_PLACES) continue;
    for (const [i, a] of indexes.entries())
      for (const b of indexes.slice(i + 1)) counts.set(`${a} ${b}`, (counts.get(`${a} ${b}`) ?? 0) + 1);
  }
  return [...counts].flatMap(([pair, count]) => {
    const [a, b] = pair.split(' ').map((index) => folders[Number(index)]);
    return a && b ? [{ a, b, count }] : [];
  });
}

/** `/data/nis/2026/01` and `/mnt/nas/nis/2026/01` are `/data` and `/mnt/nas` of one tree; at least one name stays on each side. */
function roots(a: string, b: string): [string, string] {
  const [left, right] = [a.split('/'), b.split('/')];
  while (left.length > 2 && right.length > 2 && left.at(-1) === right.at(-1)) {
    left.pop();
    right.pop();
  }
  return [left.join('/'), right.join('/')];
}

const COPY_NAME = /copy|mirror|second|remote|nas|usb|robocopy|副本|镜像|异地|^\/(mnt|media)\//i;

/** Which is the copy: the one that is named so, else the one among backups, else the later by name. */
function directed(a: string, b: string): [from: string, to: string] {
  for (const is of [(path: string) => COPY_NAME.test(path), isNamedLikeBackups])
    if (is(a) !== is(b)) return is(a) ? [b, a] : [a, b];
  return a < b ? [a, b] : [b, a];
}

/** Where the copy of this folder lies. */
export function copyOf(folder: string, mirrors: readonly Mirror[]): string | undefined {
  const found = mirrors.find(({ from }) => folder === from || folder.startsWith(`${from}/`));
  return found && found.to + folder.slice(found.from.length);
}

const LEAST_TREE = 10;
const DEEPEST = 8;

/** Trees that are kept like a source that is no backup itself. */
export function mirrorSets(mirrors: readonly Mirror[], folders: readonly WalkedFolder[]): FoundSet[] {
  const trees = mirrors.filter(
    ({ from, to, files }) => files >= LEAST_TREE && isNamedLikeBackups(to) && !isNamedLikeBackups(from),
  );
  return trees.map(({ from, to, files }) => {
    const inside = folders.filter(({ path }) => path === to || path.startsWith(`${to}/`));
    const depth = Math.max(0, ...inside.map(({ path }) => path.slice(to.length).split('/').length - 1));
    return {
      name: baseOf(to),
      folder: to,
      pattern: '*',
      depth: Math.min(DEEPEST, depth),
      engine: 'files',
      kind: 'files',
      files: inside.flatMap((folder): NamedFile[] => folder.files),
      why: `与 ${from} 中 ${files} 个文件同名、同大小、同时间，像是 robocopy 一类的镜像；文件时间是原件的，不是复制的`,
      // Each file is as it was made, by whatever program; their number is that of the source.
      more: { verify: { enabled: false }, keep: 1, schedule: '', maxAge: '8d' },
    };
  });
}
