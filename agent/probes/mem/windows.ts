// Takes memory and commit charge from Win32; without Win32 the runtime's own figures, which lack the commit charge.

import type { Host } from '../probe.ts';
import type { Memory } from './memory.ts';

export async function readWindowsMemory(host: Host): Promise<Memory> {
  const memory = host.win32?.memory();
  if (memory === undefined)
    return { totalBytes: host.os.totalMemory(), availableBytes: host.os.freeMemory() };
  return {
    totalBytes: memory.total,
    availableBytes: memory.available,
    committedBytes: memory.commitTotal,
  };
}
