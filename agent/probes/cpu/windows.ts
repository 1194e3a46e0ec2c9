// Sums what the runtime knows of each processor. Windows counts no iowait and no steal; its interrupt time is already within system time.

import type { Host } from '../probe.ts';
import type { CpuTimes } from './times.ts';

export async function readWindowsTimes(host: Host): Promise<CpuTimes> {
  const sum: CpuTimes = { user: 0, system: 0, idle: 0 };
  for (const cpu of host.os.cpuTimes()) {
    sum.user += cpu.user;
    sum.system += cpu.sys;
    sum.idle += cpu.idle;
  }
  return sum;
}
