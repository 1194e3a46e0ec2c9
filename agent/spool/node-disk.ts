// The real disk under the spool, by synchronous calls of node:fs. Promise: what `sync` and `replace` return from is on the
// device as far as the system can say, the folder's entry included; every failure is thrown, never swallowed.

import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { SpoolDisk } from './spool.ts';

/** Keeps the file that is appended to open between calls. */
export function nodeDisk(): SpoolDisk {
  let open: { path: string; fd: number; isNew: boolean } | undefined;
  const release = (path?: string): void => {
    if (!open || (path !== undefined && open.path !== path)) return;
    const { fd } = open;
    open = undefined;
    closeSync(fd);
  };
  const hold = (path: string): { fd: number; isNew: boolean } => {
    if (open?.path === path) return open;
    release();
    const fd = openSync(path, 'a', 0o600);
    open = { path, fd, isNew: fstatSync(fd).size === 0 };
    return open;
  };
  return {
    list: (folder) => readdirSync(folder),
    read: (path) => readFileSync(path),
    size: (path) => statSync(path).size,
    append(path, data) {
      const { fd } = hold(path);
      writeAll(fd, data);
      return fstatSync(fd).size;
    },
    sync(path) {
      const file = hold(path);
      fdatasyncSync(file.fd);
      if (file.isNew) syncFolder(dirname(path));
      file.isNew = false;
    },
    truncate(path, size) {
      release(path);
      withFile(path, 'r+', (fd) => {
        ftruncateSync(fd, size);
        fsyncSync(fd);
      });
    },
    replace(path, data) {
      const temporary = `${path}.tmp`;
      withFile(temporary, 'w', (fd) => {
        writeAll(fd, data);
        fsyncSync(fd);
      });
      renameSync(temporary, path);
      syncFolder(dirname(path));
    },
    remove(path) {
      release(path);
      rmSync(path, { force: true });
    },
    makeFolder(path) {
      mkdirSync(path, { recursive: true, mode: 0o700 });
    },
    space(folder) {
      const { bavail, blocks, bsize } = statfsSync(folder);
      return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
    },
    release: () => release(),
  };
}

function writeAll(fd: number, data: Uint8Array): void {
  for (let done = 0; done < data.length;) done += writeSync(fd, data, done, data.length - done);
}

function withFile(path: string, flags: string, use: (fd: number) => void): void {
  const fd = openSync(path, flags, 0o600);
  try {
    use(fd);
  } finally {
    closeSync(fd);
  }
}

/** Windows cannot open a folder for this and makes the entry durable by itself (NTFS journal). */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  withFile(folder, 'r', fsyncSync);
}
