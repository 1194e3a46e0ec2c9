// What this process has spent and held, all its threads together, and which of them spent it.

import { readdirSync, readFileSync } from 'node:fs';
import type { Spent } from './plan.ts';

/** /proc counts in hundredths of a second. */
const TICKS_PER_SECOND = 100;
/** V8's own threads: they sweep and mark beside the program, and compile it. */
const HELPER = 'node-V8Worker';

/** Begins to count; the answer is what was spent since. Called by the main thread. */
export function countSpent(): () => Spent {
  const all = process.cpuUsage();
  const main = process.threadCpuUsage();
  const helpers = helperSeconds();
  return () => ({
    cpuSeconds: seconds(process.cpuUsage(all)),
    mainCpuSeconds: seconds(process.threadCpuUsage(main)),
    helperCpuSeconds: helperSeconds() - helpers,
    peakRssMiB: peakRssMiB(),
  });
}

const seconds = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1e6;

function peakRssMiB(): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;
}

function helperSeconds(): number {
  let ticks = 0;
  for (const thread of readdirSync('/proc/self/task')) {
    const stat = statOf(thread);
    if (!stat.includes(`(${HELPER})`)) continue;
    // Behind the name: state is field 3 of proc(5), utime and stime are 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / TICKS_PER_SECOND;
}

/** Empty when the thread ended meanwhile. */
function statOf(thread: string): string {
  try {
    return readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}
