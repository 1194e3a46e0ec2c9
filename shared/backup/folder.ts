// A folder of backups, read as a set: every file judged by its own content, then by its companions. Promise: one verdict per regular
// file, whatever happens to it; a file that cannot be read gets a verdict that says so; links are not followed out of the folder.

import { lstat, opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileVerdict } from './facts.ts';
import type { OpenSource } from './node-source.ts';
import type { Finding, Job, Marks } from './read/format.ts';
import { judge, localZone, verdictOf } from './read/index.ts';
import { SET_RULES } from './read/sets/index.ts';
import { type Folder, type Member, nameOf } from './read/sets/set.ts';

export interface FoundFile {
  /** With `/`, relative to the folder; empty for a file that was asked for itself. */
  path: string;
  size: number;
  mtimeMs: number;
}

/** Folders below each other; a link loop or a hostile tree ends there. */
const MAX_DEPTH = 24;

/** Every regular file of a tree in the order of names; a single file is a tree of its own. */
export async function listFiles(root: string): Promise<{ files: FoundFile[]; isFolder: boolean }> {
  const top = await stat(root);
  if (!top.isDirectory())
    return { files: [{ path: '', size: top.size, mtimeMs: top.mtimeMs }], isFolder: false };
  const files: FoundFile[] = [];
  await collect(root, '', 0, files);
  return { files: files.sort((a, b) => (a.path < b.path ? -1 : 1)), isFolder: true };
}

async function collect(root: string, below: string, depth: number, files: FoundFile[]): Promise<void> {
  if (depth > MAX_DEPTH) return;
  for await (const entry of await opendir(join(root, below))) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) await collect(root, path, depth + 1, files).catch(() => {});
    else if (entry.isFile()) {
      const found = await lstat(join(root, path)).catch(() => undefined);
      if (found) files.push({ path, size: found.size, mtimeMs: found.mtimeMs });
    }
  }
}

/** What an earlier run found, and where it stood. */
export interface Memory {
  recall(file: FoundFile, source: OpenSource): Promise<Finding | undefined>;
  keep(file: FoundFile, source: OpenSource, finding: Finding): Promise<void>;
  marks(file: FoundFile): Marks;
}

export interface FolderOptions extends Partial<Pick<Job, 'deep' | 'zone'>> {
  open(path: string): Promise<OpenSource>;
  memory?: Memory;
  onFile?(file: FoundFile): void;
}

/** Verdicts of a file (`''`) or of all files of a folder, by path. */
export async function judgeAll(
  files: readonly FoundFile[],
  name: string,
  options: FolderOptions,
): Promise<FileVerdict[]> {
  const { deep = false, zone = localZone(), open } = options;
  const members = new Map<string, Member>();
  for (const file of files) {
    options.onFile?.(file);
    const finding = await judgeFile(file, file.path === '' ? name : nameOf(file.path), options);
    members.set(file.path, { ...file, finding });
  }
  const folder: Folder = { members, open, options: { deep, zone } };
  for (const rule of SET_RULES) await rule.apply(folder);
  return [...members.values()].map((member) => verdictOf(member.path, member.finding));
}

async function judgeFile(file: FoundFile, name: string, options: FolderOptions): Promise<Finding> {
  const { memory, open, ...rest } = options;
  let source: OpenSource | undefined;
  try {
    source = await open(file.path);
    const known = await memory?.recall(file, source);
    if (known) return structuredClone(known);
    const finding = await judge(source, name, { ...rest, ...(memory && { marks: memory.marks(file) }) });
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
