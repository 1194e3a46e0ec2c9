// What Linux tells of a process and of a folder, as benches count it. Sources: proc(5).

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** /proc counts in hundredths of a second. */
const TICKS_PER_SECOND = 100;

type Pid = number | 'self';

/** Resident now, or at its peak. */
export function memoryMiB(pid: Pid, name: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kib = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  if (kib === undefined) throw new Error(`/proc/${pid}/status has no ${name}`);
  return Number(kib) / 1024;
}

/** User and system time in the `stat` of a process or a thread. */
export function secondsOf(stat: string): number {
  // Behind the name: state is field 3, utime and stime are 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Of all files in it and below. */
export function folderBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
