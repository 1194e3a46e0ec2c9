// The second copy of each of the newest files: there or not, equal or not. Promise: a copy is called different only when it was quiet, so
// that one that is just being written is missing and nothing worse; a folder that cannot be reached is unknown, not missing.

import type { FileStat, Host } from '../probe.ts';
import type { SetConfig } from './config.ts';
import { type Copy, inOrder, type Known, type KnownFile } from './known.ts';

/** How many of the newest files are compared: the copies of older ones were when they were new. */
export const COMPARED = 10;
/** A copy that changed within this is still being written. */
const QUIET_MS = 10 * 60_000;
const WAIT_MS = 5_000;

export type CopyPlace = Pick<SetConfig, 'folder' | 'secondCopy'>;

export function copyPath({ folder, secondCopy }: CopyPlace, path: string): string {
  const below = path.slice(folder.replace(/(?<=.)[/\\]+$/, '').length);
  return `${secondCopy.replace(/[/\\]+$/, '')}${below.startsWith('/') ? '' : '/'}${below}`;
}

/** Marks the files whose copy must be read, and those whose copy is missing or of another size. */
export async function lookAtCopies(
  host: Host,
  place: CopyPlace,
  known: Known,
): Promise<{ known: Known; changed: string[] }> {
  if (place.secondCopy === '') return { known, changed: [] };
  const next = new Map(known);
  const changed: string[] = [];
  for (const file of inOrder(known).slice(0, COMPARED)) {
    const found = await within(host, lookAt(host, place, file.path)).catch(() => 'unreachable' as const);
    // The others would hang or fail as well.
    if (found === 'unreachable') break;
    const judged = judgeCopy(file, found, host.clock.now());
    if (judged === file) continue;
    next.set(file.path, judged);
    changed.push(file.path);
  }
  return { known: next, changed };
}

/** What looking at a copy from outside says of it; the same file when that is nothing new. */
export function judgeCopy(file: KnownFile, found: FileStat | undefined, now: number): KnownFile {
  const missing: Copy = file.copy?.state === 'missing' ? file.copy : { state: 'missing', at: now };
  const as = (copy: Copy): KnownFile =>
    copy === file.copy && !file.toCompare ? file : { ...file, copy, toCompare: false };
  if (found?.kind !== 'file') return as(missing);
  const modifiedAt = Math.round(found.mtimeMs);
  if (file.copy?.bytes === found.size && file.copy.modifiedAt === modifiedAt) return as(file.copy);
  // A tool that keeps the original's time sets it at its end.
  const isQuiet = modifiedAt === file.modifiedAt || now - modifiedAt >= QUIET_MS;
  if (!isQuiet) return as(missing);
  if (found.size !== file.bytes) return as({ state: 'differs', at: now, bytes: found.size, modifiedAt });
  if (file.toCompare) return file;
  // Until it was read nothing is said of it.
  const { copy: _copy, ...rest } = file;
  return { ...rest, toCompare: true };
}

/** undefined: there is no such file. Rejects when the folder of copies cannot be reached. */
async function lookAt(host: Host, place: CopyPlace, path: string): Promise<FileStat | undefined> {
  return host.stat(copyPath(place, path)).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    await host.stat(place.secondCopy);
    return undefined;
  });
}

function within<T>(host: Host, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = host.clock.after(WAIT_MS, () => reject(new Error('no answer')));
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}
