// Services of Linux by systemd unit, pid file or process name. Promise: one reading shares one look at /proc between all
// services, never starts a child process, and never reads arguments. While a service's main process lives only its own
// processes are read; the whole of /proc is read when one is missing, and once a minute for processes that joined.

import { readEach } from '../each.ts';
import {
  baseName,
  isAlive,
  type ProcessStat,
  readCommandName,
  readPageBytes,
  readProcesses,
  readProgram,
  readStat,
  TICKS_PER_SECOND,
} from '../proc.ts';
import type { Host } from '../probe.ts';
import { findRoot, isInstalled, likelyFolders, readUnitPids, searchFolders, unitName } from './cgroup.ts';
import type { Member, Seen } from './state.ts';

export interface ServiceEntry {
  name: string;
  unit: string;
  process: string;
  pidFile: string;
}

export interface LinuxReader {
  read(signal?: AbortSignal): Promise<Map<string, Seen>>;
}

const RESCAN_MS = 60_000;
const COMM_LENGTH = 15;

type Table = Map<number, ProcessStat>;
/** What one way of looking found; `undefined`: this way cannot be gone here. */
type Found = { up: ProcessStat[]; main: ProcessStat } | { why: string } | undefined;

export function createLinuxReader(host: Host, services: readonly ServiceEntry[]): LinuxReader {
  const seenUp = new Set<string>();
  const scan = createScan(host, services);
  const units = createUnits(host, services);
  let pageBytes: number | undefined;

  const look = async (entry: ServiceEntry, signal?: AbortSignal): Promise<Seen> => {
    let why = '';
    for (const way of [units.find, scan.byPidFile, scan.byName]) {
      const found = await way(entry, signal);
      if (found && 'up' in found) {
        seenUp.add(entry.name);
        const toMember = (process: ProcessStat): Member => memberOf(process, pageBytes ?? 4096);
        return { kind: 'up', main: toMember(found.main), members: found.up.map(toMember) };
      }
      why ||= found?.why ?? '';
    }
    const missing = seenUp.has(entry.name) ? undefined : await missingUnit(host, units, entry);
    if (missing !== undefined) return { kind: 'unreadable', why: missing };
    return { kind: 'down', why };
  };

  return {
    async read(signal) {
      pageBytes ??= await readPageBytes(host);
      await Promise.all([units.begin(), scan.begin(signal)]);
      const out = new Map<string, Seen>();
      for (const entry of services) out.set(entry.name, await look(entry, signal));
      return out;
    },
  };
}

function memberOf(process: ProcessStat, pageBytes: number): Member {
  return {
    id: identityOf(process),
    pid: process.pid,
    rssBytes: process.rssPages * pageBytes,
    cpuSeconds: process.cpuTicks / TICKS_PER_SECOND,
  };
}

function identityOf(process: ProcessStat): string {
  return `${process.pid}:${process.startTicks}`;
}

/** A name that nothing on the machine bears is a mistake in agent.yaml and not a stopped service. */
async function missingUnit(host: Host, units: Units, entry: ServiceEntry): Promise<string | undefined> {
  if (entry.process !== '' || entry.pidFile !== '') return undefined;
  if (entry.unit === '') return '未填写 unit、process 或 pidFile';
  if (!units.available()) return '本机没有运行 systemd，请改用 process 或 pidFile';
  if (await isInstalled(host, unitName(entry.unit))) return undefined;
  return `没有名为 ${unitName(entry.unit)} 的 systemd 单元，请检查 agent.yaml`;
}

/** The oldest process whose parent is not one of them: what the service manager or a person started. */
function mainOf(processes: readonly ProcessStat[]): ProcessStat | undefined {
  const pids = new Set(processes.map((process) => process.pid));
  const heads = processes.filter((process) => !pids.has(process.parent));
  return (heads.length > 0 ? heads : [...processes]).sort(
    (a, b) => a.startTicks - b.startTicks || a.pid - b.pid,
  )[0];
}

function foundIn(processes: readonly ProcessStat[], why: string, mainPid?: number): Found {
  const up = processes.filter(isAlive);
  const main = up.find((process) => process.pid === mainPid) ?? mainOf(up);
  return main ? { up, main } : { why };
}

type Units = ReturnType<typeof createUnits>;

/** The way by systemd's control groups. */
function createUnits(host: Host, services: readonly ServiceEntry[]) {
  const wanted = new Set(services.filter((entry) => entry.unit !== '').map((entry) => unitName(entry.unit)));
  const folders = new Map<string, string>();
  let root: string | undefined;
  let searchedAtMs: number | undefined;

  const search = async (from: string, unit: string): Promise<string | undefined> => {
    const now = host.clock.monotonic();
    if (searchedAtMs === undefined || now - searchedAtMs >= RESCAN_MS) {
      searchedAtMs = now;
      for (const [name, folder] of await searchFolders(host, from, wanted)) folders.set(name, folder);
    }
    return folders.get(unit);
  };
  const pidsOf = async (from: string, unit: string): Promise<number[] | undefined> => {
    const known = folders.get(unit);
    for (const folder of [...(known ? [known] : []), ...likelyFolders(from, unit)]) {
      const pids = await readUnitPids(host, folder);
      if (pids !== undefined) return pids;
    }
    const folder = await search(from, unit);
    return folder === undefined ? undefined : readUnitPids(host, folder);
  };

  return {
    available: () => root !== undefined,
    async begin(): Promise<void> {
      if (wanted.size > 0) root ??= await findRoot(host);
    },
    async find(entry: ServiceEntry): Promise<Found> {
      if (entry.unit === '' || root === undefined) return undefined;
      const unit = unitName(entry.unit);
      const pids = (await pidsOf(root, unit)) ?? [];
      const processes = await readEach(pids, (pid) => readStat(host, pid));
      const mainPid = entry.pidFile === '' ? undefined : await readPidFile(host, entry.pidFile);
      return foundIn(processes, `systemd 单元 ${unit} 没有运行中的进程`, mainPid);
    },
  };
}

/** The ways by pid file and by process name, over one table of processes. */
function createScan(host: Host, services: readonly ServiceEntry[]) {
  const needed = services.some((entry) => entry.process !== '' || entry.pidFile !== '');
  const held = new Map<string, { pids: number[]; main: string }>();
  let programs = new Map<string, string[]>();
  let table: Table = new Map();
  let scannedAtMs: number | undefined;
  let isFresh = false;
  let ownPid: number | undefined;

  const scan = async (signal?: AbortSignal): Promise<void> => {
    if (isFresh) return;
    table = await readProcesses(host, signal);
    ownPid ??= Number(await host.readLink('/proc/self').catch(() => 'NaN'));
    scannedAtMs = host.clock.monotonic();
    isFresh = true;
    const alive = new Set([...table.values()].map(keyOf));
    programs = new Map([...programs].filter(([key]) => alive.has(key)));
  };

  /** What a service's processes were at the last scan, read anew; undefined when its main process is gone. */
  const reread = async (name: string): Promise<Found> => {
    const known = held.get(name);
    if (!known) return undefined;
    const processes = (await readEach(known.pids, (pid) => readStat(host, pid))).filter(isAlive);
    const main = processes.find((process) => identityOf(process) === known.main);
    return main && { up: processes, main };
  };
  const hold = (name: string, found: Found): Found => {
    if (found && 'up' in found) {
      held.set(name, { pids: found.up.map((process) => process.pid), main: identityOf(found.main) });
    } else held.delete(name);
    return found;
  };

  /** Names beyond the kernel's short one cost two reads a process, so they are kept while the process keeps its short name. */
  const namesOf = async (process: ProcessStat): Promise<string[]> => {
    const known = programs.get(keyOf(process));
    if (known) return known;
    const names = [await readProgram(host, process.pid), await readCommandName(host, process.pid)].filter(
      (name) => name !== undefined,
    );
    programs.set(keyOf(process), names);
    return names;
  };
  const isCalled = async (process: ProcessStat, wanted: string): Promise<boolean> => {
    if (process.kernelThread || process.pid === ownPid || !isAlive(process)) return false;
    if (wanted.startsWith('/')) return (await namesOf(process)).includes(wanted);
    if (process.comm === wanted.slice(0, COMM_LENGTH) && wanted.length <= COMM_LENGTH) return true;
    return (await namesOf(process)).some((name) => baseName(name) === wanted);
  };

  return {
    async begin(signal?: AbortSignal): Promise<void> {
      isFresh = false;
      const due = scannedAtMs === undefined || host.clock.monotonic() - scannedAtMs >= RESCAN_MS;
      if (needed && due) await scan(signal);
    },
    async byPidFile(entry: ServiceEntry, signal?: AbortSignal): Promise<Found> {
      if (entry.pidFile === '') return undefined;
      const pid = await readPidFile(host, entry.pidFile);
      if (pid === undefined) return { why: `进程号文件 ${entry.pidFile} 不存在或没有进程号` };
      const process = await readStat(host, pid);
      const gone = { why: `进程号文件 ${entry.pidFile} 所记的进程 ${pid} 不在运行` };
      if (!process || !isAlive(process)) return gone;
      if (entry.process !== '' && !(await isCalled(process, entry.process)))
        return { why: `进程号文件 ${entry.pidFile} 所记的进程 ${pid} 不是 ${entry.process}` };
      if (!table.has(pid)) await scan(signal);
      const family = await readEach(descendantsOf(table, pid), (child) => readStat(host, child));
      return foundIn([process, ...family], gone.why, pid);
    },
    async byName(entry: ServiceEntry, signal?: AbortSignal): Promise<Found> {
      if (entry.process === '' || entry.pidFile !== '') return undefined;
      const known = isFresh ? undefined : await reread(entry.name);
      if (known) return known;
      await scan(signal);
      const matches: ProcessStat[] = [];
      for (const process of table.values()) {
        if (await isCalled(process, entry.process)) matches.push(process);
      }
      return hold(entry.name, foundIn(matches, `没有名为 ${entry.process} 的进程`));
    },
  };
}

function keyOf(process: ProcessStat): string {
  return `${identityOf(process)}:${process.comm}`;
}

function descendantsOf(table: Table, pid: number): number[] {
  const out = new Set<number>([pid]);
  // Children come after parents when followed from the top, however pids were dealt.
  for (let grew = true; grew;) {
    grew = false;
    for (const process of table.values()) {
      if (out.has(process.parent) && !out.has(process.pid)) {
        out.add(process.pid);
        grew = true;
      }
    }
  }
  out.delete(pid);
  return [...out];
}

async function readPidFile(host: Host, path: string): Promise<number | undefined> {
  try {
    const head = Buffer.from(await host.readHead(path, 64)).toString('latin1');
    const pid = Number(/^\s*(\d+)/.exec(head)?.[1]);
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}
