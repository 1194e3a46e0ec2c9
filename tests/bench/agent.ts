// `npm run bench -- agent [--minutes N]`: the compiled agent as it runs at a hospital (its flags, the default probes every 15 s, this
// machine's volumes, a real nginx as service, port and page, a backup folder), linked to a real collector process. The window
// begins when its first readings are stored; what the start cost is told apart.
//
// Child processes are counted twice: by looking every 100 ms at /proc/PID/task/*/children, and by the page faults of children
// that were waited for (field cminflt of /proc/PID/stat), which no child is short enough to escape.

import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOnce } from '../../tools/processes.ts';
import { openNginx, type Nginx } from '../support/nginx.ts';
import {
  type AgentProgram,
  type CollectorProgram,
  startAgent,
  startCollector,
  temporaryFolder,
  until,
} from '../support/programs.ts';
import type { Scope } from '../support/scope.ts';
import { memoryMiB } from './proc.ts';
import type { BenchOptions } from './bench.ts';

export const about =
  'the agent at rest, 10 min (--minutes N): rssMiB, peakRssMiB, cpuSecondsPerHour, childProcesses, startCpuSeconds, seconds, reports';

const MINUTES = 10;
const LOOK_MS = 100;

export async function bench({ args }: BenchOptions): Promise<Record<string, number>> {
  const at = args.indexOf('--minutes');
  const minutes = at < 0 ? MINUTES : Number(args[at + 1]);
  if (!(minutes > 0)) throw new Error(`--minutes ${args[at + 1] ?? ''}: a number above 0 is needed`);
  const closing: (() => unknown)[] = [];
  const scope: Scope = { after: (run) => closing.push(run) };
  try {
    return await measure(scope, minutes);
  } finally {
    for (const close of closing) await close();
  }
}

async function measure(scope: Scope, minutes: number): Promise<Record<string, number>> {
  const nginx = await openNginx(scope);
  await nginx.start();
  const collector = await startCollector(scope, { log: { level: 'error' } });
  const agent = await startAgent(scope, collector, { config: subjects(nginx, backups(scope)) });
  await until('the first readings to be stored', 60_000, async () => {
    const latest = await collector.api<{ values: Record<string, number> }>(
      `/api/v1/hosts/${agent.hostId()}/latest`,
    );
    return latest.values['service_up{name="nginx"}'] === 1;
  });
  await until('the backups to be read to their end', 120_000, () =>
    Promise.resolve(allRead(join(agent.folder, 'data'))),
  );

  const ticksPerSecond = Number(await runOnce(['getconf', 'CLK_TCK']));
  const before = readUse(agent.pid);
  const sentBefore = await reportsStored(collector);
  const startedAt = performance.now();
  const children = await watchChildren(agent, minutes * 60_000);
  const seconds = (performance.now() - startedAt) / 1000;
  const after = readUse(agent.pid);
  const hidden = children.size === 0 && after.childFaults > before.childFaults ? 1 : 0;
  return {
    rssMiB: mib(agent.pid, 'VmRSS'),
    peakRssMiB: mib(agent.pid, 'VmHWM'),
    cpuSecondsPerHour: rounded(((after.ticks - before.ticks) / ticksPerSecond / seconds) * 3600),
    childProcesses: children.size + hidden,
    startCpuSeconds: rounded(before.ticks / ticksPerSecond),
    seconds: rounded(seconds),
    reports: (await reportsStored(collector)) - sentBefore,
  };
}

const BACKUPS = 14;

/** The window is of an agent at rest: what a first start has to read is read before, by a process that has ended then. */
function allRead(folder: string): boolean {
  const file = join(folder, 'backup-files.jsonl');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  return lines.filter((line) => line.includes('"judgedAt"')).length >= BACKUPS;
}

function backups(scope: Scope): string {
  const folder = join(temporaryFolder(scope, 'niswatch-bench-agent'), 'backups');
  mkdirSync(folder);
  for (let day = 0; day < BACKUPS; day++) {
    const path = join(folder, `nis-2026-11-${String(day + 1).padStart(2, '0')}.sql.gz`);
    writeFileSync(path, Buffer.alloc(64 * 1024, day));
    const seconds = Date.now() / 1000 - (BACKUPS - day) * 86_400 + 3600;
    utimesSync(path, seconds, seconds);
  }
  return folder;
}

/** No intervals: every probe at its default. */
function subjects({ pidFile, port, url }: Nginx, folder: string): Record<string, unknown> {
  return {
    probes: {
      service: { services: [{ name: 'nginx', pidFile }] },
      port: { targets: [{ name: 'web', port }] },
      http: { targets: [{ name: 'web', url }] },
      backup: { sets: [{ name: 'nis-full', folder, pattern: 'nis-*.sql.gz' }] },
    },
  };
}

async function reportsStored({ url, token }: CollectorProgram): Promise<number> {
  const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token()}` } });
  const found = /^niswatch_ingest_reports\S* (\d+)$/m.exec(await answer.text())?.[1];
  if (found === undefined) throw new Error('/metrics does not count reports');
  return Number(found);
}

/** Process ids of every child that was seen; a line of figures each minute. */
async function watchChildren(agent: AgentProgram, forMs: number): Promise<Set<number>> {
  const seen = new Set<number>();
  const startedAt = performance.now();
  let told = 0;
  await until(
    `${forMs} ms to pass`,
    forMs + 60_000,
    () => {
      if (!agent.running()) throw new Error(`the agent ended:\n${agent.output().slice(-2000)}`);
      for (const pid of childrenOf(agent.pid)) seen.add(pid);
      const elapsedMs = performance.now() - startedAt;
      const minute = Math.floor(elapsedMs / 60_000);
      if (minute > told) {
        told = minute;
        process.stdout.write(`${String(minute).padStart(3)} min  rss ${mib(agent.pid, 'VmRSS')} MiB\n`);
      }
      return elapsedMs >= forMs;
    },
    LOOK_MS,
  );
  return seen;
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    try {
      const text = readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8');
      return text.split(' ').filter(Boolean).map(Number);
    } catch {
      // The thread ended between the two readings.
      return [];
    }
  });
}

function readUse(pid: number): { ticks: number; childFaults: number } {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // Behind the name, which may hold anything, field 3 of proc(5) stands first.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (n: number): number => Number(fields[n - 3]);
  return { ticks: field(14) + field(15), childFaults: field(11) };
}

const mib = (pid: number, name: 'VmRSS' | 'VmHWM'): number => rounded(memoryMiB(pid, name));

const rounded = (value: number): number => Number(value.toFixed(2));
