// The journal of this agent's run on disk, in `run.json`. Promise: a reader sees the old text or the new one, or nothing that can be
// believed; a full disk does not make the sign of life stale.

import {
  closeSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { isTellable, type RunRecord } from './journal.ts';

export function journalPath(dataFolder: string): string {
  return join(dataFolder, 'run.json');
}

/** undefined when there is none or a crash left it damaged: then nothing is known of the last life, which is the truth. */
export function readRun(path: string): RunRecord | undefined {
  try {
    const run = JSON.parse(readFileSync(path, 'utf8')) as RunRecord | null;
    return run && isTellable(run) ? run : undefined;
  } catch {
    return undefined;
  }
}

/** Files are padded with blanks to whole pieces and some room: a full disk lets what exists be written over, but not grow. */
const PIECE_BYTES = 4096;
const ROOM_BYTES = 1024;

/**
 * Atomic where the disk has room: a reader sees the old text or the new one. On a full disk it is written over in place, since
 * a stale sign of life would say that the agent died; a crash in between leaves a damaged file, of which nothing is believed.
 */
export function writeWhole(path: string, value: unknown): void {
  const json = JSON.stringify(value);
  const bytes = Buffer.byteLength(json) + 1;
  const pieces = Math.ceil((bytes + ROOM_BYTES) / PIECE_BYTES);
  const text = (sizeBytes: number): string => `${json}${' '.repeat(sizeBytes - bytes)}\n`;
  try {
    writeFileSync(`${path}.new`, text(pieces * PIECE_BYTES), { mode: 0o640 });
    renameSync(`${path}.new`, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    rmSync(`${path}.new`, { force: true });
    const sizeBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (bytes > sizeBytes) throw error;
    overwrite(path, text(sizeBytes));
  }
}

function overwrite(path: string, text: string): void {
  const file = openSync(path, 'r+');
  try {
    writeSync(file, text, 0);
  } finally {
    closeSync(file);
  }
}
