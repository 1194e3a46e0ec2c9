// What this process has spent and held, all its threads together, and which of them spent it.

import { readdirSync, readFileSync } from 'node:fs';
import { memoryMiB, secondsOf } from '../proc.ts';
import type { Spent } from './plan.ts';

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
    peakRssMiB: memoryMiB('self', 'VmHWM'),
  });
}

const seconds = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1e6;

function helperSeconds(): number {
  let spent = 0;
  for (const thread of readdirSync('/proc/self/task')) {
    const stat = statOf(thread);
    if (!stat.includes(`(${HELPER})`)) continue;
    spent += secondsOf(stat);
  }
  return spent;
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
