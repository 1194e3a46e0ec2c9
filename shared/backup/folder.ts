// A folder of backups, read as a set: every file judged by its own content, then by its companions. Promise: one verdict per regular
// file, whatever happens to it; a file that cannot be read gets a verdict that says so; links are not followed out of the folder.

import { lstat, opendir, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FileVerdict } from './facts.ts';
import type { OpenSource } from './node-source.ts';
import type { Finding, Job, Marks } from './read/format.ts';
import { judge, localZone, verdictOf } from './read/index.ts';
import { SET_RULES } from './read/sets/index.ts';
import { type Folder, type Member, nameOf } from './read/sets/set.ts';

export interface FoundFile {
  /** With `/`, relative to the folder. */
  path: string;
  size: number;
  mtimeMs: number;
  /** False for the neighbours of a single file: companions that may be looked at. */
  asked: boolean;
}

export interface Listing {
  root: string;
  files: FoundFile[];
}

/** Folders below each other; a link loop or a hostile tree ends there. */
const MAX_DEPTH = 24;

/** Neighbours of a single file beyond this number are not looked at. */
const MAX_NEIGHBOURS = 5000;

/** Every regular file of a tree in the order of names; of a single file, the file and its neighbours. */
export async function listFiles(path: string): Promise<Listing> {
  const top = await stat(path);
  const files: FoundFile[] = [];
  if (top.isDirectory()) {
    await collect(path, '', 0, files);
    return { root: path, files: files.sort((a, b) => (a.path < b.path ? -1 : 1)) };
  }
  const root = dirname(path);
  files.push({ path: basename(path), size: top.size, mtimeMs: top.mtimeMs, asked: true });
  if (top.isFile()) await neighbours(root, basename(path), files);
  return { root, files };
}

async function neighbours(root: string, own: string, files: FoundFile[]): Promise<void> {
  const names = await readdir(root).catch(() => []);
  if (names.length > MAX_NEIGHBOURS) return;
  for (const name of names) {
    if (name === own) continue;
    const found = await lstat(join(root, name)).catch(() => undefined);
    if (found?.isFile()) files.push({ path: name, size: found.size, mtimeMs: found.mtimeMs, asked: false });
  }
}

async function collect(root: string, below: string, depth: number, files: FoundFile[]): Promise<void> {
  if (depth > MAX_DEPTH) return;
  for await (const entry of await opendir(join(root, below))) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) await collect(root, path, depth + 1, files).catch(() => {});
    else if (entry.isFile()) {
      const found = await lstat(join(root, path)).catch(() => undefined);
      if (found) files.push({ path, size: found.size, mtimeMs: found.mtimeMs, asked: true });
    }
  }
}

/** What an earlier run found, and where it stood. */
export interface Memory {
  recall(file: FoundFile, source: OpenSource): Promise<Finding | undefined>;
  keep(file: FoundFile, source: OpenSource, finding: Finding): Promise<void>;
  marks(file: FoundFile): Marks;
}

export interface FolderOptions extends Partial<Pick<Job, 'deep' | 'zone' | 'decoded'>> {
  open(path: string): Promise<OpenSource>;
  memory?: Memory;
  onFile?(file: FoundFile): void;
}

/** Verdicts of the files that were asked for, by path. */
export async function judgeAll(files: readonly FoundFile[], options: FolderOptions): Promise<FileVerdict[]> {
  const { deep = false, zone = localZone(), open } = options;
  const members = new Map(files.map((file): [string, Member] => [file.path, { ...file }]));
  const judgeMember = async (member: Member): Promise<Finding> => {
    if (!member.finding) {
      options.onFile?.(member);
      member.finding = await judgeFile(member, options);
    }
    return member.finding;
  };
  for (const member of members.values()) if (member.asked) await judgeMember(member);
  const folder: Folder = { members, open, judge: judgeMember, options: { deep, zone } };
  for (const rule of SET_RULES) await rule.apply(folder);
  return [...members.values()].flatMap((m) => (m.asked && m.finding ? [verdictOf(m.path, m.finding)] : []));
}

async function judgeFile(file: FoundFile, options: FolderOptions): Promise<Finding> {
  const { memory, open, ...rest } = options;
  let source: OpenSource | undefined;
  try {
    source = await open(file.path);
    const known = await memory?.recall(file, source);
    if (known) return structuredClone(known);
    const finding = await judge(source, nameOf(file.path), {
      ...rest,
      ...(memory && { marks: memory.marks(file) }),
    });
    await memory?.keep(file, source, finding);
    return finding;
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    return unreadable(error as NodeJS.ErrnoException);
  } finally {
    await source?.close();
  }
}

function unreadable(error: NodeJS.ErrnoException): Finding {
  const why = error.code === undefined ? error.message : `${error.code}: the file cannot be read`;
  return { format: 'unreadable', content: 'UNCONFIRMED', reason: why, layer: 'L0', facts: {} };
}
