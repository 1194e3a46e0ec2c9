// What processes spend and hold, read from /proc, so that the collector is measured as the program that it is, with nothing added
// to it; and what everybody else on this machine spends meanwhile, so that a disturbed figure says so.

import { readdirSync, readFileSync } from 'node:fs';

/** Of Linux on every platform that Node knows. */
const TICKS_PER_SECOND = 100;

export interface Use {
  /** Processor seconds since its start, of all threads and of the main one. */
  cpuSeconds: number;
  mainSeconds: number;
  rssMiB: number;
  peakRssMiB: number;
}

export function useOf(pid: number): Use {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
  return {
    cpuSeconds: spent(`/proc/${pid}/stat`),
    mainSeconds: spent(`/proc/${pid}/task/${pid}/stat`),
    rssMiB: kib('VmRSS') / 1024,
    peakRssMiB: kib('VmHWM') / 1024,
  };
}

function spent(path: string): number {
  // The name in parentheses may hold spaces: what follows it does not.
  const fields = readFileSync(path, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Of a process with all its descendants: a browser is many. */
export function treeCpuSeconds(pid: number): number {
  let seconds = 0;
  try {
    seconds = spent(`/proc/${pid}/stat`);
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      const children = readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean);
      for (const child of children) seconds += treeCpuSeconds(Number(child));
    }
  } catch {
    // It ended while it was read.
  }
  return seconds;
}

/** Processor seconds of the whole machine, waiting left out. */
export function machineSeconds(): number {
  const line = readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '';
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND;
}
