// Processor use. Promise: percentages over the time since the previous reading; the first reading says nothing, because the
// mean since boot would hide what happens now.
//
// `active` is all but idle, as Telegraf counts it: user + system + iowait + steal.

import type { MetricName } from '../../../shared/catalogue.ts';
import type { Values } from '../../../shared/config/schema.ts';
import type { Host, Probe, ProbeUnit, Sample } from '../probe.ts';
import { probeSection } from '../section.ts';
import type { CpuTimes } from './times.ts';
import { readLinuxTimes } from './linux.ts';
import { readWindowsTimes } from './windows.ts';

const CONFIG = probeSection('Processor use.', 15_000, {});

export const CPU: ProbeUnit<typeof CONFIG.fields> = {
  name: 'cpu',
  config: CONFIG,
  metrics: ['cpu_usage_user', 'cpu_usage_system', 'cpu_usage_iowait', 'cpu_usage_steal', 'cpu_usage_active'],
  open,
};

function open(_config: Values<typeof CONFIG.fields>, host: Host): Probe {
  const readTimes = host.platform === 'win32' ? readWindowsTimes : readLinuxTimes;
  let previous: CpuTimes | undefined;
  return {
    async read() {
      const times = await readTimes(host);
      const samples = previous ? usageBetween(previous, times) : [];
      previous = times;
      return { samples };
    },
  };
}

/** Shares of the time between two readings, percent; empty when no time has passed or the counters began anew. */
export function usageBetween(before: CpuTimes, after: CpuTimes): Sample[] {
  // The kernel may let iowait run back a little: never below zero.
  const user = Math.max(0, after.user - before.user);
  const system = Math.max(0, after.system - before.system);
  const idle = Math.max(0, after.idle - before.idle);
  const iowait = Math.max(0, (after.iowait ?? 0) - (before.iowait ?? 0));
  const steal = Math.max(0, (after.steal ?? 0) - (before.steal ?? 0));
  const total = user + system + idle + iowait + steal;
  if (total <= 0 || after.idle + after.user < before.idle + before.user) return [];
  const share = (metric: MetricName, part: number): Sample => ({ metric, value: (part / total) * 100 });
  return [
    share('cpu_usage_user', user),
    share('cpu_usage_system', system),
    ...(after.iowait === undefined ? [] : [share('cpu_usage_iowait', iowait)]),
    ...(after.steal === undefined ? [] : [share('cpu_usage_steal', steal)]),
    share('cpu_usage_active', total - idle),
  ];
}
