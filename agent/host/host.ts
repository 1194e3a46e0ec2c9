// The Host: the machine as probes see it. Promise: no child process; with a fixture root nothing outside that folder is read,
// and what no file holds (statfs, the runtime's own figures, Win32) comes from captures in the root: `statfs.json`, `os.json`, `win32.json`.
//
// Files of /proc and /sys are read synchronously: the kernel makes them on the spot, and a trip through the thread pool costs
// ten times as much as the read. All else may hang on a dead disk or server and therefore stays asynchronous.

import { readFileSync } from 'node:fs';
import { lstat, open, readdir, readFile, readlink, stat, statfs } from 'node:fs/promises';
import os from 'node:os';
import type { Clock } from '../../shared/clock.ts';
import type { ClockMeasurement, DataFolder, FileStat, Host, Statfs, Verifier } from '../probes/probe.ts';
import { openFixture } from './fixture.ts';
import { openWin32 } from './win32.ts';

export interface HostOptions {
  clock: Clock;
  /** A folder of captured files to read in place of the machine. */
  root?: string;
  /** Default: the platform this process runs on. */
  platform?: Host['platform'];
  /** What the link last measured; the clock probe reports it. */
  clockOffset?: () => ClockMeasurement | undefined;
  data?: DataFolder;
  verifier?: Verifier;
}

/** The real machine, or the captured one below `root`. Never throws: what cannot be had is missing or rejects when read. */
export function openHost(options: HostOptions): Host {
  const platform = options.platform ?? (process.platform === 'win32' ? 'win32' : 'linux');
  const { clock, data, verifier } = options;
  const base = { platform, clock, ...(data && { data }), ...(verifier && { verifier }) };
  const offset = options.clockOffset ? { clockOffset: options.clockOffset } : {};
  if (options.root === undefined) return { ...base, ...offset, ...openMachine(platform) };
  const fixture = openFixture(options.root);
  return { ...base, ...offset, ...openFiles(fixture.resolve), ...fixture.sources };
}

type Files = Pick<Host, 'readText' | 'readHead' | 'list' | 'stat' | 'readLink'>;

function openMachine(platform: Host['platform']): Omit<Host, 'platform' | 'clock'> {
  const win32 = platform === 'win32' ? openWin32() : undefined;
  return {
    ...openFiles((path) => path),
    statfs: readStatfs,
    os: {
      cpuTimes: () => os.cpus().map((cpu) => cpu.times),
      totalMemory: os.totalmem,
      freeMemory: os.freemem,
      uptimeSeconds: os.uptime,
      hostname: os.hostname,
      loadAverage: os.loadavg,
    },
    ...(win32 ? { win32 } : {}),
  };
}

function openFiles(resolve: (path: string) => string): Files {
  return {
    readText: (path, signal) => readText(path, resolve(path), signal),
    readHead: (path, bytes) => readHead(resolve(path), bytes),
    list: (path) => readdir(resolve(path)),
    stat: (path) => readStat(resolve(path)),
    readLink: (path) => readlink(resolve(path)),
  };
}

async function readText(path: string, resolved: string, signal?: AbortSignal): Promise<string> {
  if (path.startsWith('/proc/') || path.startsWith('/sys/')) return readFileSync(resolved, 'utf8');
  return readFile(resolved, { encoding: 'utf8', ...(signal ? { signal } : {}) });
}

async function readHead(path: string, bytes: number): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const buffer = new Uint8Array(bytes);
    let filled = 0;
    while (filled < bytes) {
      const { bytesRead } = await file.read(buffer, filled, bytes - filled, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  } finally {
    await file.close();
  }
}

/** Follows links, but a link whose target is gone is `other` and not an error: a folder listing may hold such. */
async function readStat(path: string): Promise<FileStat> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return lstat(path);
    throw error;
  });
  return {
    size: found.size,
    mtimeMs: found.mtimeMs,
    kind: found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other',
    inode: found.ino,
    device: found.dev,
  };
}

async function readStatfs(path: string): Promise<Statfs> {
  const found = await statfs(path);
  // Blocks are counted in fragments, which on network volumes are smaller than the preferred block (df counts so too).
  const blockBytes = found.frsize || found.bsize;
  return {
    totalBytes: found.blocks * blockBytes,
    freeBytes: found.bfree * blockBytes,
    availableBytes: found.bavail * blockBytes,
    inodes: found.files,
    inodesFree: found.ffree,
  };
}
