// Reads /proc/meminfo.

import { parseNamedNumbers } from '../named-numbers.ts';
import type { Host } from '../probe.ts';
import type { Memory } from './memory.ts';

const WANTED = new Set([
  'MemTotal',
  'MemFree',
  'MemAvailable',
  'Buffers',
  'Cached',
  'SReclaimable',
  'Shmem',
  'Committed_AS',
]);

export async function readLinuxMemory(host: Host): Promise<Memory> {
  return parseMeminfo(await host.readText('/proc/meminfo'));
}

export function parseMeminfo(text: string): Memory {
  const numbers = parseNamedNumbers(text, WANTED);
  const bytes = (name: string): number => (numbers.get(name) ?? 0) * 1024;
  const totalBytes = bytes('MemTotal');
  if (totalBytes === 0) throw new Error('/proc/meminfo holds no MemTotal');
  const committed = numbers.get('Committed_AS');
  return {
    totalBytes,
    availableBytes: numbers.has('MemAvailable') ? bytes('MemAvailable') : estimateAvailable(bytes),
    // As free(1) shows it: the slabs that the kernel gives back are cache too.
    cachedBytes: bytes('Cached') + bytes('SReclaimable'),
    ...(committed === undefined ? {} : { committedBytes: committed * 1024 }),
  };
}

/** Kernels before 3.14 (RHEL 6) have no MemAvailable. Shared memory sits in Cached but cannot be given back. */
function estimateAvailable(bytes: (name: string) => number): number {
  const reclaimable = bytes('Buffers') + bytes('Cached') + bytes('SReclaimable') - bytes('Shmem');
  return Math.min(bytes('MemTotal'), bytes('MemFree') + Math.max(0, reclaimable));
}
