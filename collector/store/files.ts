// The disk as the journal sees it; the fault tests give one that fails. All calls are synchronous and may throw ErrnoException.

import fs from 'node:fs';
import { join } from 'node:path';

export interface Files {
  list(folder: string): string[];
  /** The whole file. `into`, what an earlier call gave, may be used again for it: fresh memory costs more than the reading. */
  read(path: string, into?: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>;
  /** Opens for reading and writing, making the file when it is not there. */
  open(path: string): number;
  /** Writes all bytes at the offset. */
  write(handle: number, data: Uint8Array, offset: number): void;
  /** Returns when the data is on the disk (fdatasync). */
  sync(handle: number): void;
  truncate(handle: number, size: number): void;
  close(handle: number): void;
  remove(path: string): void;
  /** Makes the folder's own entries durable. */
  syncFolder(folder: string): void;
  freeBytes(folder: string): number;
}

/** The next file may be a little longer. */
const SPARE_BYTES = 1024 ** 2;

export const realFiles: Files = {
  list: (folder) => fs.readdirSync(folder).sort(),
  read(path, into) {
    // Not from the shared pool: values are read in place and need their alignment.
    const handle = fs.openSync(path, 'r');
    try {
      const { size } = fs.fstatSync(handle);
      const fits = into !== undefined && into.buffer.byteLength >= size;
      const data = new Uint8Array(fits ? into.buffer : new ArrayBuffer(size + SPARE_BYTES), 0, size);
      let done = 0;
      for (let n = 1; n > 0 && done < data.length; done += n)
        n = fs.readSync(handle, data, done, data.length - done, done);
      return data.subarray(0, done);
    } finally {
      fs.closeSync(handle);
    }
  },
  open: (path) => fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600),
  write(handle, data, offset) {
    for (let done = 0; done < data.length;)
      done += fs.writeSync(handle, data, done, data.length - done, offset + done);
  },
  sync: (handle) => fs.fdatasyncSync(handle),
  truncate: (handle, size) => fs.ftruncateSync(handle, size),
  close: (handle) => fs.closeSync(handle),
  remove: (path) => fs.rmSync(path, { force: true }),
  syncFolder(folder) {
    // Windows cannot open folders; NTFS journals their entries itself.
    if (process.platform === 'win32') return;
    const handle = fs.openSync(folder, 'r');
    try {
      fs.fsyncSync(handle);
    } finally {
      fs.closeSync(handle);
    }
  },
  freeBytes(folder) {
    const s = fs.statfsSync(folder);
    return s.bavail * s.bsize;
  },
};

export function folderBytes(folder: string): number {
  return fs.readdirSync(folder).reduce((sum, name) => sum + fs.statSync(join(folder, name)).size, 0);
}
