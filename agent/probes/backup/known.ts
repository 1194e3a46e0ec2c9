// What is known of each file of a set, by its path: how it looks from outside, what reading it gave, whether its second copy is equal.
// Pure. Promise: only finished files are in it, the newest LISTED of a set; a verdict stands for one size and one time, and is
// forgotten when either changes; a file that left the newest LISTED counts as gone.

import type { FileVerdict } from '../../../shared/backup/facts.ts';
import type { BackupFileReport } from '../../../shared/backup/reported.ts';
import type { WatchedFile } from '../file-set.ts';

/** Of larger sets only so many are known one by one: ten days of logs every quarter of an hour. */
export const LISTED = 1_000;

export type Verdict = Omit<FileVerdict, 'path'>;

export interface Copy {
  state: NonNullable<BackupFileReport['secondCopy']>;
  at: number;
  /** The copy as it was when it was read; absent when it was missing. */
  bytes?: number;
  modifiedAt?: number;
}

export interface KnownFile {
  path: string;
  bytes: number;
  modifiedAt: number;
  verdict?: Verdict;
  judgedAt?: number;
  /** How often a reading of it was given up, and when the last time. */
  givenUp?: number;
  copy?: Copy;
  /** There is a copy of the same size that nobody has read yet. */
  toCompare?: boolean;
  /** What its content was before it changed: a format that is lost is a sign. */
  formerFormat?: string;
}

export type Known = ReadonlyMap<string, KnownFile>;

export interface Change {
  known: Known;
  /** Paths that left. */
  gone: string[];
  /** Paths that are new or that look different. */
  changed: string[];
}

/** What the listing shows now; `finished` and `writing` are all that it lists. */
export function observeKnown(
  before: Known,
  finished: readonly WatchedFile[],
  writing: readonly WatchedFile[],
): Change {
  const known = new Map<string, KnownFile>();
  const changed: string[] = [];
  const newest = [...finished].sort((a, b) => b.mtimeMs - a.mtimeMs || (a.path < b.path ? 1 : -1));
  for (const { path, size, mtimeMs } of newest.slice(0, LISTED)) {
    const former = before.get(path);
    const modifiedAt = Math.round(mtimeMs);
    if (former?.bytes === size && former.modifiedAt === modifiedAt) {
      known.set(path, former);
      continue;
    }
    changed.push(path);
    const formerFormat = former?.verdict?.format ?? former?.formerFormat;
    known.set(path, { path, bytes: size, modifiedAt, ...(formerFormat !== undefined && { formerFormat }) });
  }
  // What is just being written over stays as it was told, until it is finished.
  for (const { path } of writing) {
    const former = before.get(path);
    if (former) known.set(path, former);
  }
  return { known, gone: [...before.keys()].filter((path) => !known.has(path)), changed };
}

/** Something was learnt of a file as it looked then; of one that changed meanwhile nothing was. */
export function withLearnt(
  known: Known,
  read: Pick<KnownFile, 'path' | 'bytes' | 'modifiedAt'>,
  learnt: Partial<Omit<KnownFile, 'path' | 'bytes' | 'modifiedAt'>> | undefined,
): Known {
  const file = known.get(read.path);
  if (!learnt || file?.bytes !== read.bytes || file.modifiedAt !== read.modifiedAt) return known;
  return new Map(known).set(read.path, { ...file, ...learnt });
}

/** Newest first. */
export function inOrder(known: Known): KnownFile[] {
  return [...known.values()].sort((a, b) => b.modifiedAt - a.modifiedAt || (a.path < b.path ? 1 : -1));
}
