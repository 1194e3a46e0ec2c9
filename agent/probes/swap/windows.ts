// Takes the page files from Win32; without Win32 nothing is known.

import type { Host } from '../probe.ts';
import type { Swap } from './space.ts';

export function windowsSwapReader(host: Host): () => Promise<Swap | undefined> {
  return async () => {
    const memory = host.win32?.memory();
    if (memory === undefined) return undefined;
    return {
      totalBytes: memory.pageFileTotal,
      usedBytes: memory.pageFileTotal - memory.pageFileAvailable,
    };
  };
}
