// What this process has spent and held, all its threads together.

import { readFileSync } from 'node:fs';
import type { Spent } from './plan.ts';

export function spentSince(before: NodeJS.CpuUsage): Spent {
  const used = process.cpuUsage(before);
  const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'));
  return { cpuSeconds: (used.user + used.system) / 1e6, peakRssMiB: Number(peak?.[1]) / 1024 };
}
