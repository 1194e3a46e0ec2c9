// Takes disk counters from Win32; without Win32 nothing is known.

import { type Choice, choose } from '../choice.ts';
import type { Host } from '../probe.ts';
import type { DiskTraffic } from './traffic.ts';

export async function readWindowsDisks(host: Host, choice: Choice): Promise<DiskTraffic[]> {
  return choose(host.win32?.disks() ?? [], choice, () => true);
}
