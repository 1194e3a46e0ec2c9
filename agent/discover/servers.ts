// Finds the servers that run on this machine and the ports they listen on. Promise: reads only; looks at the machine once per
// discovery, whichever unit asks first; knows a program by its name and never by its arguments.

import {
  baseName,
  isAlive,
  type ProcessStat,
  readCommandName,
  readProcesses,
  readProgram,
} from '../probes/proc.ts';
import type { Host } from '../probes/probe.ts';
import { KNOWN_SERVERS, type KnownServer } from './known.ts';
import { type Listener, readListeners } from './listeners.ts';

export interface FoundServer {
  /** Unique on this machine. */
  name: string;
  known: KnownServer;
  /** Its processes that no other of it started; more than one without a unit cannot be told apart by name. */
  pids: number[];
  /** The kernel's or the program's name, as the service unit matches it. */
  process: string;
  /** systemd unit that holds it. */
  unit?: string;
  /** Windows service name. */
  windows?: string;
  listens: Listener[];
}

const found = new WeakMap<Host, Promise<FoundServer[]>>();

export function findServers(host: Host): Promise<FoundServer[]> {
  const known = found.get(host);
  if (known) return known;
  const looking = host.platform === 'win32' ? findOnWindows(host) : findOnLinux(host);
  found.set(host, looking);
  return looking;
}

async function findOnWindows(host: Host): Promise<FoundServer[]> {
  const running = (host.win32?.services() ?? []).filter((service) => service.state === 'running');
  return running.flatMap((service) => {
    const known = KNOWN_SERVERS.find((server) => server.windows?.test(service.name));
    if (!known) return [];
    return [
      { name: service.name, known, pids: [service.pid], process: '', windows: service.name, listens: [] },
    ];
  });
}

interface Named {
  stat: ProcessStat;
  names: string[];
  unit: string | undefined;
}

async function findOnLinux(host: Host): Promise<FoundServer[]> {
  const processes = await readNamed(host);
  const own = callers(processes, Number(await host.readLink('/proc/self').catch(() => 'NaN')));
  const others = processes.filter(({ stat, unit }) => !own.has(stat.pid) && !unit?.startsWith('niswatch-'));
  const servers: FoundServer[] = [];
  for (const known of KNOWN_SERVERS) {
    const matches = others.filter(({ names }) => names.some((name) => known.program?.test(name)));
    servers.push(...serversOf(known, matches));
  }
  servers.push(...(await customUnits(host, others, servers)));
  const listeners = await readListeners(
    host,
    servers.flatMap((server) => server.pids),
  );
  return withDistinctNames(servers).map((server) => ({
    ...server,
    listens: server.pids.flatMap((pid) => listeners.get(pid) ?? []),
  }));
}

/** This process, and those above it that run the same program, such as npm: they end with it and serve nobody. */
function callers(processes: readonly Named[], self: number): Set<number> {
  const byPid = new Map(processes.map((process) => [process.stat.pid, process]));
  const program = byPid.get(self)?.names[1];
  const own = new Set([self]);
  const seen = new Set<number>();
  for (let at = byPid.get(self); at && !seen.has(at.stat.pid); at = byPid.get(at.stat.parent)) {
    seen.add(at.stat.pid);
    if (program !== undefined && at.names.includes(program)) own.add(at.stat.pid);
  }
  return own;
}

async function readNamed(host: Host): Promise<Named[]> {
  const out: Named[] = [];
  for (const stat of (await readProcesses(host)).values()) {
    if (stat.kernelThread || !isAlive(stat)) continue;
    const paths = [await readProgram(host, stat.pid), await readCommandName(host, stat.pid)];
    const names = paths.filter((path) => path !== undefined).map(baseName);
    out.push({ stat, names: [stat.comm, ...names], unit: await readUnit(host, stat.pid) });
  }
  return out;
}

/** The unit whose control group holds the process; a person's session is none. */
async function readUnit(host: Host, pid: number): Promise<string | undefined> {
  const text = await host.readText(`/proc/${pid}/cgroup`).catch(() => '');
  for (const line of text.split('\n')) {
    const path = /^(?:0::|\d+:name=systemd:)(.*)$/.exec(line)?.[1];
    const unit = path === undefined ? undefined : /\/([^/]+\.service)(?:\/|$)/.exec(path)?.[1];
    if (unit !== undefined && !/^(user@|docker-)/.test(unit)) return unit;
  }
  return undefined;
}

/** One server per unit and, outside of systemd, one per program: what stands at the head of its family of processes. */
function serversOf(known: KnownServer, matches: readonly Named[]): FoundServer[] {
  const pids = new Set(matches.map(({ stat }) => stat.pid));
  const heads = matches.filter(({ stat }) => !pids.has(stat.parent));
  heads.sort((a, b) => a.stat.startTicks - b.stat.startTicks || a.stat.pid - b.stat.pid);
  const byPlace = new Map<string, FoundServer>();
  for (const { stat, names, unit } of heads) {
    const process = names.find((name) => known.program?.test(name)) ?? stat.comm;
    const place = unit ?? process;
    const before = byPlace.get(place);
    if (before) {
      before.pids.push(stat.pid);
      continue;
    }
    const server = { name: known.name, known, pids: [stat.pid], process, listens: [] };
    byPlace.set(place, unit === undefined ? server : { ...server, unit });
  }
  return [...byPlace.values()];
}

/** Units written for this machine: a file of its own in /etc/systemd/system, where packages only place links. */
async function customUnits(
  host: Host,
  processes: readonly Named[],
  servers: readonly FoundServer[],
): Promise<FoundServer[]> {
  const seen = new Set(servers.map((server) => server.unit));
  const out: FoundServer[] = [];
  for (const { stat, names, unit } of processes) {
    if (unit === undefined || seen.has(unit)) continue;
    seen.add(unit);
    const isOwn = (await isOwnFile(host, unit)) || (await isOwnFile(host, unit.replace(/@.*$/, '@.service')));
    if (!isOwn) continue;
    const known: KnownServer = {
      name: unit.replace(/\.service$/, ''),
      zh: '本机自建的 systemd 服务',
      role: 'application',
    };
    out.push({ name: known.name, known, pids: [stat.pid], process: names[0] ?? '', unit, listens: [] });
  }
  return out;
}

async function isOwnFile(host: Host, unit: string): Promise<boolean> {
  const path = `/etc/systemd/system/${unit}`;
  const isLink = await host.readLink(path).then(
    () => true,
    () => false,
  );
  if (isLink) return false;
  return host.stat(path).then(
    ({ kind }) => kind === 'file',
    () => false,
  );
}

function withDistinctNames(servers: readonly FoundServer[]): FoundServer[] {
  const count = new Map<string, number>();
  for (const { name } of servers) count.set(name, (count.get(name) ?? 0) + 1);
  const taken = new Set<string>();
  return servers.map((server) => {
    const several = (count.get(server.name) ?? 0) > 1;
    let name = several && server.unit ? server.unit.replace(/\.service$/, '') : server.name;
    if (several && !server.unit) name = server.process;
    for (let n = 2; taken.has(name); n++) name = `${server.name}-${n}`;
    taken.add(name);
    return { ...server, name };
  });
}
