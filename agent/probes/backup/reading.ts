// Which file is read to its end next, and what its reading teaches. Pure. Promise: the newest first; a file is read once for each size and
// time; one whose reading was given up is tried again a day later, three times at most; none within the quiet hours.

import type { Verified, VerifyTask } from '../probe.ts';
import type { SetConfig } from './config.ts';
import { COMPARED, copyPath } from './copies.ts';
import type { KnownFile } from './known.ts';

const HOUR_MS = 3_600_000;
const TRIES = 3;
const TRY_AGAIN_MS = 24 * HOUR_MS;

/** Backups that are folders: the file that is written last stands for all that lies beside it. */
const STANDS_FOR_FOLDER =
  /(^|\/)(xtrabackup_checkpoints|mariadb_backup_checkpoints|backup_manifest|toc\.dat)$/;

export function standsForFolder(path: string): boolean {
  return STANDS_FOR_FOLDER.test(path);
}

export interface NextTask {
  /** 0 belongs to the newest file. */
  rank: number;
  task: VerifyTask;
  file: KnownFile;
}

export interface Readable {
  config: Pick<SetConfig, 'folder' | 'secondCopy' | 'verify'>;
  /** Newest first. */
  files: readonly KnownFile[];
}

export function taskFor({ config, files }: Readable, now: number): NextTask | undefined {
  const bytesPerSecond = config.verify.rate;
  for (const [rank, file] of files.entries()) {
    const { path, bytes } = file;
    if (isUnread(file, now)) {
      const wholeFolder = standsForFolder(path);
      return { rank, file, task: { of: 'judge', path, bytes, bytesPerSecond, wholeFolder } };
    }
    if (rank < COMPARED && file.toCompare && file.verdict?.facts.sha256 !== undefined)
      return { rank, file, task: { of: 'digest', path: copyPath(config, path), bytes, bytesPerSecond } };
  }
  return undefined;
}

function isUnread({ verdict, judgedAt = 0, givenUp = 0 }: KnownFile, now: number): boolean {
  if (!verdict) return true;
  if (verdict.format === 'unreadable') return Math.abs(now - judgedAt) >= HOUR_MS;
  return givenUp > 0 && givenUp < TRIES && Math.abs(now - judgedAt) >= TRY_AGAIN_MS;
}

export type Learnt = Partial<Pick<KnownFile, 'verdict' | 'judgedAt' | 'givenUp' | 'copy' | 'toCompare'>>;

/** undefined: nothing, because the file changed while it was read. */
export function learntFrom(
  file: KnownFile,
  task: VerifyTask,
  found: Verified,
  now: number,
): Learnt | undefined {
  if (task.of === 'digest') return comparedWith(file, found, now);
  if (found.givenUp !== undefined) {
    const verdict = {
      format: 'unread',
      content: 'UNCONFIRMED',
      reason: found.givenUp,
      layer: 'L0',
      facts: {},
    } as const;
    return { verdict, judgedAt: now, givenUp: (file.givenUp ?? 0) + 1 };
  }
  const isSame = found.bytes === file.bytes && found.modifiedAt === file.modifiedAt;
  return isSame && found.verdict ? { verdict: found.verdict, judgedAt: now } : undefined;
}

function comparedWith(file: KnownFile, found: Verified, now: number): Learnt {
  const wanted = file.verdict?.facts.sha256;
  // What could not be read is looked at again with the next reading of the set.
  if (found.sha256 === undefined || wanted === undefined) return { toCompare: false };
  const state = found.sha256 === wanted && found.bytes === file.bytes ? 'equal' : 'differs';
  return { copy: { state, at: now, bytes: found.bytes, modifiedAt: found.modifiedAt }, toCompare: false };
}

/** `quiet`: `08:00-12:00` in local time; one that ends before it begins goes over midnight. */
export function isQuiet(quiet: readonly string[], now: number): boolean {
  const at = new Date(now);
  const minute = at.getHours() * 60 + at.getMinutes();
  return quiet.some((span) => {
    const [from = 0, to = 0] = span.split('-').map(minutesOf);
    return from <= to ? minute >= from && minute < to : minute >= from || minute < to;
  });
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}
