// Takes disk counters from Win32; without Win32 nothing is known.

import type { Host } from '../probe.ts';
import type { Choice, DiskTraffic } from './diskio.ts';

export async function readWindowsDisks(host: Host, { exclude }: Choice): Promise<DiskTraffic[]> {
  return (host.win32?.disks() ?? []).filter((disk) => !exclude.includes(disk.name));
}
