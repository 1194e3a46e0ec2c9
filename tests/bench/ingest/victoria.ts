// VictoriaMetrics from Debian's package on the same workload, for `--beside victoria-metrics`. It is fed as efficiently as its
// line protocol allows: eight ticks of many agents in one plain POST, several fields in a line, connections kept open. What it
// does not do: it fsyncs nothing before it answers (a crash may take the last seconds with it), it knows no sequence numbers, and
// there is no connection per agent. Its processor time is read when all is flushed to its files and before the merge that is
// forced for the count of bytes; ours includes all packing.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { host as fleetHost, lines, SERIES, STEP_MS } from '../../data/fleet.mjs';
import { until } from '../../../tools/processes.ts';
import { checkEngine, startVictoria, VICTORIA } from '../../support/engines.ts';
import { openScope } from '../../support/scope.ts';
import { folderBytes, memoryMiB, secondsOf } from '../proc.ts';
import { IN_FLIGHT } from './plan.ts';

const AGENTS_PER_POST = 100;
const POSTS_AT_ONCE = 4;
const POLL_MS = 100;
const QUIET_POLLS = 20;

export interface BesideOptions {
  folder: string;
  agents: number;
  ticks: number;
}

/** Before anything is measured: throws when the program is not here. */
export const checkVictoria = (): void => checkEngine(VICTORIA);

export async function measureVictoria({
  folder,
  agents,
  ticks,
}: BesideOptions): Promise<Record<string, number>> {
  const scope = openScope();
  try {
    const data = join(folder, 'victoria-metrics');
    const server = await startVictoria(scope, data, []);
    return await measure(server, { data, agents, ticks });
  } finally {
    await scope.close();
  }
}

async function measure(
  { url, pid }: { url: string; pid: number },
  { data, agents, ticks }: { data: string; agents: number; ticks: number },
): Promise<Record<string, number>> {
  const before = cpuSeconds(pid);
  const startedAt = performance.now();
  await feed(url, agents, ticks);
  await get(url, '/internal/force_flush');
  const sendSeconds = (performance.now() - startedAt) / 1000;
  const spent = cpuSeconds(pid) - before;
  const samples = agents * ticks * SERIES;
  const taken = await metric(url, 'vm_rows_inserted_total{type="influx"}');
  if (taken !== samples) throw new Error(`victoria-metrics took ${taken} samples of ${samples}`);
  await merge(url);
  const diskBytes = folderBytes(join(data, 'data')) + folderBytes(join(data, 'indexdb'));
  const mergedSpent = cpuSeconds(pid) - before;
  return {
    samplesPerCpuSecond: Math.round(samples / spent),
    bytesPerSample: Number((diskBytes / samples).toFixed(4)),
    peakRssMiB: Number(memoryMiB(pid, 'VmHWM').toFixed(1)),
    cpuSeconds: Number(spent.toFixed(2)),
    mergeCpuSeconds: Number((mergedSpent - spent).toFixed(2)),
    sendSeconds: Number(sendSeconds.toFixed(2)),
  };
}

async function feed(url: string, agents: number, ticks: number): Promise<void> {
  const hosts = Array.from({ length: agents }, (_, i) => ({ i, values: fleetHost(i) }));
  const from = Date.now() - ticks * STEP_MS;
  const posts = new Set<Promise<void>>();
  for (let tick = 0; tick < ticks; tick += IN_FLIGHT) {
    for (let first = 0; first < agents; first += AGENTS_PER_POST) {
      let body = '';
      for (const { i, values } of hosts.slice(first, first + AGENTS_PER_POST)) {
        for (let k = tick; k < Math.min(ticks, tick + IN_FLIGHT); k++) {
          body += lines(i, values.next(), from + k * STEP_MS + i);
        }
      }
      const sent = post(url, body).finally(() => posts.delete(sent));
      posts.add(sent);
      if (posts.size >= POSTS_AT_ONCE) await Promise.race(posts);
    }
  }
  await Promise.all(posts);
}

async function post(url: string, body: string): Promise<void> {
  const answer = await fetch(`${url}/write?precision=ms`, { method: 'POST', body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`victoria-metrics: ${answer.status} ${text}`);
}

async function get(url: string, path: string): Promise<string> {
  const answer = await fetch(url + path);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`victoria-metrics: ${path}: ${answer.status} ${text}`);
  return text;
}

async function metric(url: string, name: string): Promise<number> {
  const line = (await get(url, '/metrics')).split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
}

/** It begins some time after the answer and has ended when none has been active for a while. */
async function merge(url: string): Promise<void> {
  await get(url, '/internal/force_merge');
  let quiet = 0;
  const isQuiet = async (): Promise<boolean> => {
    quiet = (await metric(url, 'vm_active_force_merges')) === 0 ? quiet + 1 : 0;
    return quiet === QUIET_POLLS;
  };
  await until('the merge to end', Infinity, isQuiet, POLL_MS);
}

const cpuSeconds = (pid: number): number => secondsOf(readFileSync(`/proc/${pid}/stat`, 'utf8'));
