// A captured machine in a folder. Promise: a path never leads out of the folder, and asking for what was not captured is an
// error that names it, so that a test cannot pass on figures that nobody captured.
//
//   <root>/proc/stat, <root>/etc/fstab, <root>/C/Backup/…   files at their own paths
//   <root>/statfs.json   {path: Statfs | {error: code} | "hangs"}
//   <root>/os.json       {cpuTimes, totalMemory, freeMemory, uptimeSeconds, hostname, loadAverage}
//   <root>/win32.json    {drives, memory, services, process: {pid: …}, interfaces, disks}; absent: no Win32

import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { Host, Statfs, Win32 } from '../probes/probe.ts';

export interface Fixture {
  resolve: (path: string) => string;
  sources: Pick<Host, 'statfs' | 'os' | 'win32'>;
}

type Captured = Record<string, unknown>;

export function openFixture(root: string): Fixture {
  const win32 = readCapture(root, 'win32.json');
  return {
    resolve: (path) =>
      join(root, posix.normalize(`/${path.replaceAll('\\', '/').replace(/^([A-Za-z]):/, '$1')}`)),
    sources: {
      statfs: (path) => capturedStatfs(root, path),
      os: capturedOs(root),
      ...(win32 ? { win32: capturedWin32(win32) } : {}),
    },
  };
}

function readCapture(root: string, file: string): Captured | undefined {
  const path = join(root, file);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Captured) : undefined;
}

async function capturedStatfs(root: string, path: string): Promise<Statfs> {
  const entry = readCapture(root, 'statfs.json')?.[path];
  if (entry === 'hangs') return new Promise(() => {});
  if (typeof entry !== 'object' || entry === null) throw failure('ENOENT', `statfs ${path} was not captured`);
  if ('error' in entry) throw failure(String(entry.error), `statfs ${path}`);
  return entry as Statfs;
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}

function capturedOs(root: string): Host['os'] {
  const value = <T>(key: string): T => entryOf<T>(readCapture(root, 'os.json') ?? {}, key, 'os.json');
  return {
    cpuTimes: () => value('cpuTimes'),
    totalMemory: () => value('totalMemory'),
    freeMemory: () => value('freeMemory'),
    uptimeSeconds: () => value('uptimeSeconds'),
    hostname: () => value('hostname'),
    loadAverage: () => value('loadAverage'),
  };
}

function capturedWin32(capture: Captured): Win32 {
  const value = <T>(key: string): T => entryOf<T>(capture, key, 'win32.json');
  return {
    drives: () => value('drives'),
    memory: () => value('memory'),
    services: () => value('services'),
    process: (pid) => value<Record<string, ReturnType<Win32['process']>>>('process')[String(pid)],
    interfaces: () => value('interfaces'),
    disks: () => value('disks'),
  };
}

function entryOf<T>(capture: Captured, key: string, file: string): T {
  if (!Object.hasOwn(capture, key)) throw failure('ENOENT', `${file} holds no ${key}`);
  return capture[key] as T;
}
