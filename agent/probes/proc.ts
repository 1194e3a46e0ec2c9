// Reads processes from /proc for the probes and for discovery. Promise: of a command line nothing but the program's own name
// (argv[0]) is ever kept, for arguments may hold passwords; a process that ends while it is read is simply absent.

import { readEach } from './each.ts';
import type { Host } from './probe.ts';

export interface ProcessStat {
  pid: number;
  /** The kernel's short name, at most 15 characters. */
  comm: string;
  state: string;
  parent: number;
  kernelThread: boolean;
  cpuTicks: number;
  /** Clock ticks since boot; with the pid it names one process for the life of the machine. */
  startTicks: number;
  rssPages: number;
}

/** User-space tick of every Linux port that Node runs on. */
export const TICKS_PER_SECOND = 100;
const KERNEL_THREAD = 0x00200000;

/** `/proc/PID/stat` → its fields. The name stands in parentheses and may itself hold spaces and parentheses. */
export function parseStat(text: string): ProcessStat | undefined {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return undefined;
  const pid = Number(text.slice(0, open));
  // rest[0] is field 3 (state) of proc(5).
  const rest = text
    .slice(close + 1)
    .trim()
    .split(' ');
  const field = (n: number): number => Number(rest[n - 3]);
  const [startTicks, rssPages] = [field(22), field(24)];
  if (!Number.isInteger(pid) || !Number.isFinite(startTicks) || !Number.isFinite(rssPages)) return undefined;
  return {
    pid,
    comm: text.slice(open + 1, close),
    state: rest[0] ?? '?',
    parent: field(4),
    kernelThread: (field(9) & KERNEL_THREAD) !== 0,
    cpuTicks: field(14) + field(15),
    startTicks,
    rssPages,
  };
}

/** A dead process waits as a zombie until its parent takes note; it serves nobody. */
export function isAlive(process: ProcessStat): boolean {
  return process.state !== 'Z' && process.state !== 'X' && process.state !== 'x';
}

export async function readStat(host: Host, pid: number): Promise<ProcessStat | undefined> {
  try {
    return parseStat(await host.readText(`/proc/${pid}/stat`));
  } catch {
    return undefined;
  }
}

/** Every process of the machine by pid. Throws when /proc itself cannot be read. */
export async function readProcesses(host: Host, signal?: AbortSignal): Promise<Map<number, ProcessStat>> {
  const pids = (await host.list('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await readEach(pids, (pid) => readStat(host, pid), signal);
  return new Map(found.map((process) => [process.pid, process]));
}

/** The program file, without the note that an upgrade replaced it; undefined when this user may not see it. */
export async function readProgram(host: Host, pid: number): Promise<string | undefined> {
  try {
    return (await host.readLink(`/proc/${pid}/exe`)).replace(/ \(deleted\)$/, '');
  } catch {
    return undefined;
  }
}

/** argv[0] up to its first blank: programs that rewrite their title put arguments behind it. */
export async function readCommandName(host: Host, pid: number): Promise<string | undefined> {
  try {
    const head = Buffer.from(await host.readHead(`/proc/${pid}/cmdline`, 512)).toString('utf8');
    const name = /^[^\0\s]+/.exec(head)?.[0]?.replace(/:$/, '');
    return name === '' ? undefined : name;
  } catch {
    return undefined;
  }
}

export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

/** Kylin and others run arm64 with 64 KiB pages, so the size is asked of the kernel (AT_PAGESZ of the auxiliary vector). */
export async function readPageBytes(host: Host): Promise<number> {
  try {
    const bytes = Buffer.from(await host.readHead('/proc/self/auxv', 1024));
    for (let at = 0; at + 16 <= bytes.length; at += 16) {
      if (bytes.readBigUInt64LE(at) === 6n) return Number(bytes.readBigUInt64LE(at + 8));
    }
  } catch {
    // A fixture root or a hardened kernel has no such file.
  }
  return 4096;
}
