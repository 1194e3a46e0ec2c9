// A disk in memory that fails as real ones do, for the simulation and for tests. What was not synced may vanish, be cut short
// or be torn at a crash; a sync that failed leaves data that can be read but is lost at the crash, whatever is synced later.

import type { SpoolDisk } from './spool.ts';

interface File {
  data: Buffer;
  /** Up to here it survives a crash. */
  durable: number;
  /** A sync failed: nothing behind `durable` becomes durable any more. */
  isDoomed: boolean;
  /** Its name is on the device: it may lose its tail, but not vanish. */
  isNamed: boolean;
}

/** Decides by name of call and path whether it fails now, and how. */
export type Fault = (call: keyof SpoolDisk, path: string) => 'EIO' | 'ENOSPC' | 'EACCES' | undefined;

export interface SimulatedDisk extends SpoolDisk {
  readonly files: Map<string, File>;
  fault: Fault;
  totalBytes: number;
  /** Loses what was not synced. `random` returns [0, 1). */
  crash(random: () => number): void;
}

export function simulatedDisk(totalBytes = 1024 ** 4): SimulatedDisk {
  const files = new Map<string, File>();
  const removed = new Map<string, File>();
  const used = (): number => files.values().reduce((sum, f) => sum + f.data.length, 0);
  const must = (path: string): File => files.get(path) ?? fail('ENOENT', 'open', path);
  const guard = (call: keyof SpoolDisk, path: string): void => {
    const code = disk.fault(call, path);
    if (code) fail(code, call, path);
  };
  const disk: SimulatedDisk = {
    files,
    fault: () => undefined,
    totalBytes,
    list(folder) {
      guard('list', folder);
      return listNames(files, folder);
    },
    read(path) {
      guard('read', path);
      return Buffer.from(must(path).data);
    },
    size(path) {
      guard('size', path);
      return must(path).data.length;
    },
    append(path, data) {
      const code = disk.fault('append', path);
      if (code && code !== 'ENOSPC') fail(code, 'append', path);
      const file = files.get(path) ?? { data: Buffer.alloc(0), durable: 0, isDoomed: false, isNamed: false };
      files.set(path, file);
      const room = code ? Math.floor(data.length / 2) : disk.totalBytes - used();
      file.data = Buffer.concat([file.data, data.subarray(0, Math.max(0, room))]);
      if (room < data.length) fail('ENOSPC', 'append', path);
      return file.data.length;
    },
    sync(path) {
      const file = must(path);
      const code = disk.fault('sync', path);
      if (code) {
        file.isDoomed = true;
        fail(code, 'sync', path);
      }
      if (file.isDoomed) return;
      file.durable = file.data.length;
      file.isNamed = true;
    },
    truncate(path, size) {
      guard('truncate', path);
      const file = must(path);
      file.data = file.data.subarray(0, size);
      file.durable = Math.min(file.durable, size);
    },
    replace(path, data) {
      const code = disk.fault('replace', path);
      if (code || disk.totalBytes - used() < data.length) {
        files.set(`${path}.tmp`, { data: Buffer.alloc(0), durable: 0, isDoomed: false, isNamed: false });
        fail(code ?? 'ENOSPC', 'replace', path);
      }
      files.delete(`${path}.tmp`);
      files.set(path, { data: Buffer.from(data), durable: data.length, isDoomed: false, isNamed: true });
    },
    remove(path) {
      guard('remove', path);
      const file = files.get(path);
      if (file) removed.set(path, file);
      files.delete(path);
    },
    makeFolder(path) {
      guard('makeFolder', path);
    },
    space(folder) {
      guard('space', folder);
      return { freeBytes: Math.max(0, disk.totalBytes - used()), totalBytes: disk.totalBytes };
    },
    crash: (random) => crashAll(files, removed, random),
  };
  return disk;
}

/** In no order that could be relied on. */
function listNames(files: Map<string, File>, folder: string): string[] {
  return [...files.keys()].map((path) => path.slice(folder.length + 1)).reverse();
}

function crashAll(files: Map<string, File>, removed: Map<string, File>, random: () => number): void {
  // The folder was not synced after a removal: the file may be back.
  for (const [path, file] of removed) if (!files.has(path) && random() < 0.3) files.set(path, file);
  removed.clear();
  for (const [path, file] of files) crashFile(files, path, file, random);
}

function crashFile(files: Map<string, File>, path: string, file: File, random: () => number): void {
  const unsynced = file.data.length - file.durable;
  if (unsynced > 0) {
    const kept = file.isDoomed ? 0 : Math.floor(random() * (unsynced + 1));
    const tail = Buffer.from(file.data.subarray(file.durable, file.durable + kept));
    // Sectors of one write reach the device in any order: a hole reads as zeros.
    if (kept > 0 && random() < 0.3) tail.fill(0, Math.floor(random() * kept), kept);
    file.data = Buffer.concat([file.data.subarray(0, file.durable), tail]);
  }
  if (!file.isNamed && file.data.length === 0) files.delete(path);
  file.durable = file.data.length;
  file.isDoomed = false;
}

function fail(code: string, call: string, path: string): never {
  throw Object.assign(new Error(`${code}: ${call} '${path}'`), { code });
}
