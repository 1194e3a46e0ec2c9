// A small volume of its own (tmpfs): it can be filled to the last byte, freed, pulled away and put back. Needs root; a machine that
// refuses fails the story rather than passing it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './programs.ts';
import { atEnd, type Scope } from './scope.ts';

export interface Volume {
  readonly path: string;
  mount(): void;
  /** Lazily, as a pulled cable does: what is open stays open. */
  unmount(): void;
  /** Writes a file until only so many bytes are free; 0 leaves none. */
  fill(leaveBytes: number): void;
  freeBytes(): number;
  /** Removes the filler. */
  free(): void;
}

/** Mounted when it returns; at `path` if given, else in a folder of its own. */
export function openVolume(t: Scope, sizeMiB: number, path?: string): Volume {
  const folder = path ?? join(temporaryFolder(t, 'niswatch-volume'), 'data');
  mkdirSync(folder, { recursive: true });
  const filler = join(folder, 'filler');
  const volume: Volume = {
    path: folder,
    mount() {
      const how = ['-t', 'tmpfs', '-o', `size=${sizeMiB}m`, 'tmpfs', folder];
      const done = spawnSync('mount', how, { encoding: 'utf8' });
      assert.equal(done.status, 0, `this story needs to mount a tmpfs (root): ${done.stderr}`);
    },
    unmount() {
      const done = spawnSync('umount', ['-l', folder], { encoding: 'utf8' });
      assert.equal(done.status, 0, done.stderr);
    },
    fill(leaveBytes) {
      for (let bytes = 1024 ** 2; bytes >= 1; bytes = bytes / 16) {
        while (volume.freeBytes() >= leaveBytes + bytes && append(filler, bytes));
      }
    },
    freeBytes() {
      const { bavail, bsize } = statfsSync(folder);
      return bavail * bsize;
    },
    free: () => rmSync(filler, { force: true }),
  };
  volume.mount();
  atEnd(t, () => spawnSync('umount', ['-l', folder]));
  return volume;
}

function append(path: string, bytes: number): boolean {
  try {
    appendFileSync(path, Buffer.alloc(bytes, 0x66));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}
