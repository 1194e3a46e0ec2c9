// A disk in memory that fails as real ones do, for the simulation and for tests. What was not synced may vanish, be cut short
// or be torn at a crash; a sync that failed leaves data that can be read but is lost at the crash, whatever is synced later.

import type { SpoolDisk } from './spool.ts';

const NOTHING = Buffer.alloc(0);

export class SimulatedFile {
  size: number;
  /** Up to here it survives a crash. */
  durable: number;
  /** A sync failed: nothing behind `durable` becomes durable any more. */
  isDoomed = false;
  /** Its name is on the device: it may lose its tail, but not vanish. */
  isNamed: boolean;
  /** What was read points into it: bytes that were once written stay as they are. */
  #bytes: Buffer;
  /** Somebody else may write behind our end. */
  #isShared: boolean;

  constructor(data: Buffer = NOTHING, durable = 0, isNamed = false) {
    this.#bytes = data;
    this.#isShared = true;
    this.size = data.length;
    this.durable = durable;
    this.isNamed = isNamed;
  }

  get data(): Buffer {
    return this.#bytes.subarray(0, this.size);
  }

  set data(data: Buffer) {
    this.#bytes = data;
    this.#isShared = true;
    this.size = data.length;
  }

  append(piece: Buffer): void {
    const end = this.size + piece.length;
    if (this.#isShared || end > this.#bytes.length) {
      const wider = Buffer.allocUnsafeSlow(Math.max(2 * end, 1024));
      this.#bytes.copy(wider, 0, 0, this.size);
      this.#bytes = wider;
      this.#isShared = false;
    }
    piece.copy(this.#bytes, this.size);
    this.size = end;
  }

  copy(): SimulatedFile {
    const file = new SimulatedFile(this.data, this.durable, this.isNamed);
    file.isDoomed = this.isDoomed;
    return file;
  }
}

/** Decides by name of call and path whether it fails now, and how. */
export type Fault = (call: keyof SpoolDisk, path: string) => 'EIO' | 'ENOSPC' | 'EACCES' | undefined;

export interface SimulatedDisk extends SpoolDisk {
  readonly files: Map<string, SimulatedFile>;
  fault: Fault;
  totalBytes: number;
  /** Loses what was not synced. `random` returns [0, 1). */
  crash(random: () => number): void;
}

export function simulatedDisk(totalBytes = 1024 ** 4): SimulatedDisk {
  const files = new Map<string, SimulatedFile>();
  const removed = new Map<string, SimulatedFile>();
  const used = (): number => sizeOf(files);
  const must = (path: string): SimulatedFile => files.get(path) ?? fail('ENOENT', 'open', path);
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
      return must(path).data;
    },
    size(path) {
      guard('size', path);
      return must(path).size;
    },
    append(path, data) {
      const code = disk.fault('append', path);
      if (code && code !== 'ENOSPC') fail(code, 'append', path);
      const file = files.get(path) ?? new SimulatedFile();
      files.set(path, file);
      const room = code ? Math.floor(data.length / 2) : disk.totalBytes - used();
      file.append(cutTo(data, Math.max(0, Math.min(room, data.length))));
      if (room < data.length) fail('ENOSPC', 'append', path);
      return file.size;
    },
    sync(path) {
      const file = must(path);
      const code = disk.fault('sync', path);
      if (code) {
        file.isDoomed = true;
        fail(code, 'sync', path);
      }
      if (file.isDoomed) return;
      file.durable = file.size;
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
        files.set(`${path}.tmp`, new SimulatedFile());
        fail(code ?? 'ENOSPC', 'replace', path);
      }
      files.delete(`${path}.tmp`);
      files.set(path, new SimulatedFile(cutTo(data, data.length), data.length, true));
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

function sizeOf(files: ReadonlyMap<string, SimulatedFile>): number {
  let bytes = 0;
  for (const file of files.values()) bytes += file.size;
  return bytes;
}

/** The caller does not touch again what it wrote. */
function cutTo(data: Uint8Array, bytes: number): Buffer {
  if (bytes === data.length && Buffer.isBuffer(data)) return data;
  return Buffer.from(data.buffer, data.byteOffset, bytes);
}

/** In no order that could be relied on. */
function listNames(files: Map<string, SimulatedFile>, folder: string): string[] {
  return [...files.keys()].map((path) => path.slice(folder.length + 1)).reverse();
}

function crashAll(
  files: Map<string, SimulatedFile>,
  removed: Map<string, SimulatedFile>,
  random: () => number,
): void {
  // The folder was not synced after a removal: the file may be back.
  for (const [path, file] of removed) if (!files.has(path) && random() < 0.3) files.set(path, file);
  removed.clear();
  for (const [path, file] of files) crashFile(files, path, file, random);
}

function crashFile(
  files: Map<string, SimulatedFile>,
  path: string,
  file: SimulatedFile,
  random: () => number,
): void {
  const unsynced = file.size - file.durable;
  if (unsynced > 0) {
    const kept = file.isDoomed ? 0 : Math.floor(random() * (unsynced + 1));
    const tail = Buffer.from(file.data.subarray(file.durable, file.durable + kept));
    // Sectors of one write reach the device in any order: a hole reads as zeros.
    if (kept > 0 && random() < 0.3) tail.fill(0, Math.floor(random() * kept), kept);
    file.data = Buffer.concat([file.data.subarray(0, file.durable), tail]);
  }
  if (!file.isNamed && file.size === 0) files.delete(path);
  file.durable = file.size;
  file.isDoomed = false;
}

function fail(code: string, call: string, path: string): never {
  throw Object.assign(new Error(`${code}: ${call} '${path}'`), { code });
}
