// Reads the first line of /proc/stat: ticks since boot, summed over all processors.

import type { Host } from '../probe.ts';
import type { CpuTimes } from './times.ts';

export async function readLinuxTimes(host: Host): Promise<CpuTimes> {
  return parseProcStat(await host.readText('/proc/stat'));
}

/** Interrupts count as system and nice as user, so that the parts add up; `guest` is already within `user`. */
export function parseProcStat(text: string): CpuTimes {
  const end = text.indexOf('\n');
  const [name, ...ticks] = text.slice(0, end < 0 ? undefined : end).split(/ +/);
  const [user, nice, system, idle, iowait, irq = 0, softirq = 0, steal = 0] = ticks.map(Number);
  if (
    name !== 'cpu' ||
    user === undefined ||
    nice === undefined ||
    system === undefined ||
    idle === undefined
  ) {
    throw new Error('/proc/stat does not begin with a cpu line');
  }
  return { user: user + nice, system: system + irq + softirq, idle, iowait: iowait ?? 0, steal };
}
