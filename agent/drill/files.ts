// The files of a backup folder, newest first, and what they are. Promise: opened for reading only; the newest backup is taken as it is:
// a bad one is said to be bad, never passed over for an older one.

import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { BackupFacts, Content } from '../../shared/backup/facts.ts';
import { type FoundFile, listFiles } from '../../shared/backup/folder.ts';
import { openSource } from '../../shared/backup/node-source.ts';
import { judge } from '../../shared/backup/read/index.ts';
import { NamedError } from '../../shared/errors.ts';
import type { Place } from './driver.ts';

export interface Candidate {
  path: string;
  bytes: number;
  mtimeMs: number;
}

export interface Judged extends Candidate {
  format: string;
  content: Content;
  reason: string;
  facts: BackupFacts;
}

/** Newest first. */
export async function filesOf(place: Place): Promise<Candidate[]> {
  if (!existsSync(place.folder)) {
    throw new NamedError('DRILL_IMPOSSIBLE', `${place.folder} does not exist`, {
      mend: 'Correct the folder of the set in agent.yaml, or mount it.',
    });
  }
  const { root, files } = await listFiles(place.only ?? place.folder);
  const wanted = files.filter((file) => file.asked);
  return wanted.map((file) => candidate(root, file)).sort((a, b) => b.mtimeMs - a.mtimeMs);
}

function candidate(root: string, file: FoundFile): Candidate {
  return { path: join(root, file.path), bytes: file.size, mtimeMs: file.mtimeMs };
}

export async function judgeFile(file: Candidate): Promise<Judged> {
  const source = await openSource(file.path);
  try {
    const { format, content, reason, facts } = await judge(source, basename(file.path));
    return { ...file, format, content, reason, facts };
  } finally {
    await source.close();
  }
}

export async function headOf(path: string, bytes: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

const BAD: ReadonlySet<Content> = new Set(['INCOMPLETE', 'CORRUPT', 'EMPTY', 'NO_DATA']);
/** A log or a note beside the dumps is looked at and passed over; there is an end to that. */
const LOOKS = 40;

/** The newest file for which `isBackup` holds. Throws DRILL_FAILED when that one is known to be bad. */
export async function newest(
  files: readonly Candidate[],
  isBackup: (file: Judged) => boolean,
): Promise<Judged | undefined> {
  for (const file of files.slice(0, LOOKS)) {
    const judged = await judgeFile(file);
    const nothingInside =
      judged.content === 'EMPTY' && /\.(sql|dump|dmp|backup|pgdump|custom)(\.\w+)?$/i.test(file.path);
    if (!isBackup(judged) && !nothingInside) continue;
    if (BAD.has(judged.content)) {
      throw new NamedError('DRILL_FAILED', `${judged.path} is ${judged.content}: ${judged.reason}`);
    }
    return judged;
  }
  return undefined;
}

const DECODERS: readonly [RegExp, string][] = [
  [/gzip/, 'gzip -dc'],
  [/zstd/, 'zstd -dc'],
  [/xz/, 'xz -dc'],
  [/bzip2/, 'bzip2 -dc'],
  [/lz4/, 'lz4 -dc'],
];

/** bash that decodes its standard input and hands it to the program that follows as arguments. */
export function decoding(format: string): string[] {
  const decoder = DECODERS.find(([pattern]) => pattern.test(format))?.[1];
  return ['-c', decoder ? `set -o pipefail; ${decoder} | "$@"` : 'exec "$@"', 'drill'];
}

export function isCompressed(format: string): boolean {
  return DECODERS.some(([pattern]) => pattern.test(format));
}

export function sumOf(files: readonly { bytes: number }[]): number {
  return files.reduce((sum, file) => sum + file.bytes, 0);
}
