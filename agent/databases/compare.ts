// The database's history against the files on disk. Pure. Promise: what retention removes in order is no disagreement; a hole in it, a
// file that is smaller than its run wrote, and a file that no run made are, each with the first few names.

import type { Complaint, ExpectedFile } from './engine.ts';

export interface FileOnDisk {
  /** Full path. */
  path: string;
  bytes: number;
  modifiedAt: number;
}

export interface Comparing {
  expected: readonly ExpectedFile[];
  /** By the file as `expected` names it; undefined: it is not there. */
  seen: ReadonlyMap<string, FileOnDisk | undefined>;
  /** Everything in the set's folder; empty when no folder is configured. */
  folder: readonly FileOnDisk[];
  /** The history is whole since then. */
  since?: number;
  ignores?: RegExp;
}

export const FILE_KEYS = ['missing', 'smaller', 'unrecorded'] as const;

/** A file that was written within this time may still be on its way into the history. */
const SETTLE_MS = 15 * 60_000;

export function compareHistory(given: Comparing, now: number): Complaint[] {
  return [missing(given), smaller(given), unrecorded(given, now)].filter((found) => found !== undefined);
}

/** Old ones go first: missing is what is newer than some file of its kind that is still there, and the newest of all. */
function missing({ expected, seen }: Comparing): Complaint | undefined {
  const lost: ExpectedFile[] = [];
  for (const kind of new Set(expected.map((file) => file.kind))) {
    const ordered = expected.filter((file) => file.kind === kind).sort((a, b) => a.at - b.at);
    const oldest = ordered.findIndex((file) => seen.get(file.file) !== undefined);
    const kept = oldest < 0 ? ordered.slice(-1) : ordered.slice(oldest);
    lost.push(...kept.filter((file) => seen.get(file.file) === undefined));
  }
  return complaint(
    'missing',
    lost.map((file) => file.file),
    {
      zh: '数据库记录了备份，但磁盘上没有文件',
      en: 'the database recorded a backup whose file is not there',
    },
  );
}

function smaller({ expected, seen }: Comparing): Complaint | undefined {
  const short = expected.flatMap((file) => {
    const found = seen.get(file.file);
    if (found === undefined || file.bytes === undefined || found.bytes >= file.bytes) return [];
    return [`${file.file} (${found.bytes} < ${file.bytes})`];
  });
  return complaint('smaller', short, {
    zh: '文件比数据库记录的小',
    en: 'the file is smaller than the database recorded',
  });
}

function unrecorded({ expected, folder, since, ignores }: Comparing, now: number): Complaint | undefined {
  if (since === undefined) return undefined;
  const known = new Set(expected.map((file) => baseOf(file.file)));
  const stray = folder.filter(
    (file) =>
      file.modifiedAt > since &&
      file.modifiedAt < now - SETTLE_MS &&
      !known.has(baseOf(file.path)) &&
      ignores?.test(baseOf(file.path)) !== true,
  );
  return complaint(
    'unrecorded',
    stray.map((file) => file.path),
    {
      zh: '磁盘上有文件，但数据库没有这次备份的记录',
      en: 'a file is there of which the database has no record',
    },
  );
}

function baseOf(path: string): string {
  return (path.split(/[/\\]/).at(-1) ?? path).toLowerCase();
}

const NAMED = 3;

export function complaint(
  key: string,
  names: readonly string[],
  words: { zh: string; en: string },
): Complaint | undefined {
  if (names.length === 0) return undefined;
  const some = names.slice(0, NAMED).join(', ');
  const more = names.length > NAMED;
  return {
    key,
    zh: `${words.zh}：${some}${more ? ` 等 ${names.length} 个` : ''}`,
    en: `${words.en}: ${some}${more ? ` and ${names.length - NAMED} more` : ''}`,
  };
}
