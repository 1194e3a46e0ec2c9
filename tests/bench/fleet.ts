// `npm run bench -- fleet [--agents N] [--minutes M] [--profile FOLDER]`: a fleet in real time on one collector: every agent a
// WebSocket of its own that reports 60 series every 15 s and beats every 10 s, while one live page is watched and four queries a
// second run. Then the collector is restarted: how long until all are back, and that nothing was lost. The collector has its default limits.

import type { ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ADMIN_TOKEN_FILE } from '../../collector/access/tokens.ts';
import type { BenchOptions } from './bench.ts';
import type { FromAgents, ToAgents } from './fleet/messages.ts';
import { watch } from './fleet/watcher.ts';
import { answer, makeKey, numberOf, profiling, start, withChildren } from './ingest/children.ts';
import type { FromCollector, Plan, ToCollector } from './ingest/plan.ts';

export const about =
  '10,000 agents in real time (--agents N, --minutes M): collectorCores, rssMiB, ackP50Ms, ackP99Ms, eventLoopP99Ms, reconnectSeconds';

const AGENTS = 10_000;
const MINUTES = 3;
/** Files that a process needs beside its sockets. */
const OTHER_FILES = 200;

export function bench({ args }: BenchOptions): Promise<Record<string, number>> {
  const agents = numberOf(args, 'agents', AGENTS);
  checkFiles(agents);
  return withChildren((folder, children) =>
    run({ folder, children, agents, minutes: numberOf(args, 'minutes', MINUTES), profile: profiling(args) }),
  );
}

interface Run {
  folder: string;
  children: ChildProcess[];
  agents: number;
  minutes: number;
  profile: string[];
}

/** Node raises the soft limit to the hard one by itself, so that is the one that counts. */
function checkFiles(agents: number): void {
  const limit = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  const needed = agents + OTHER_FILES;
  if (limit !== 'unlimited' && Number(limit) < needed) {
    throw new Error(`${agents} agents need ${needed} open files per process; ulimit -n allows ${limit}`);
  }
}

async function run({ folder, children, agents, minutes, profile }: Run): Promise<Record<string, number>> {
  const plan = join(folder, 'plan.json');
  const data = join(folder, 'data');
  const keys = Array.from({ length: agents }, makeKey);
  writeFileSync(plan, JSON.stringify({ folder: data, agents, ticks: 0, keys } satisfies Plan));
  const startCollector = async (port: string[]): Promise<{ child: ChildProcess; url: string }> => {
    const child = start('ingest/collector', [plan, ...port], profile);
    children.push(child);
    return { child, url: (await answer<FromCollector, 'ready'>(child, 'ready')).url };
  };
  const first = await startCollector([]);
  const fleet = start('fleet/agents', [plan, first.url], []);
  children.push(fleet);
  const connectStartedAt = performance.now();
  await answer<FromAgents, 'open'>(fleet, 'open', first.child);
  const connectSeconds = (performance.now() - connectStartedAt) / 1000;

  const token = readFileSync(join(data, ADMIN_TOKEN_FILE), 'utf8').trim();
  const steady = await measure({ collector: first, fleet, token, agents, minutes });
  const storm = await restart(first, fleet, () => startCollector([new URL(first.url).port]));
  ask(fleet, { do: 'leave' });
  const left = await answer<FromAgents, 'left'>(fleet, 'left');
  await finish(storm.child);
  return {
    ...steady,
    connectSeconds: rounded(connectSeconds),
    ...storm.figures,
    reports: left.reports,
    unacknowledged: left.reports - left.acked,
  };
}

interface Steady {
  collector: { child: ChildProcess; url: string };
  fleet: ChildProcess;
  token: string;
  agents: number;
  minutes: number;
}

async function measure({
  collector,
  fleet,
  token,
  agents,
  minutes,
}: Steady): Promise<Record<string, number>> {
  const watcher = watch(collector.url, token, agents);
  // The first round of reports declares its columns everywhere: that is the storm's business, not the steady state's.
  await pass(20_000);
  await readLag(collector.url, token);
  ask(fleet, { do: 'count' });
  const before = await look(collector.child);
  const startedAt = performance.now();
  await pass(minutes * 60_000);
  const seconds = (performance.now() - startedAt) / 1000;
  const after = await look(collector.child);
  const eventLoopP99Ms = await readLag(collector.url, token);
  ask(fleet, { do: 'tell' });
  const told = await answer<FromAgents, 'told'>(fleet, 'told', collector.child);
  const { liveBytes, queryP99Ms } = await watcher.stop();
  return {
    collectorCores: rounded((after.cpuSeconds - before.cpuSeconds) / seconds),
    rssMiB: rounded(after.rssMiB),
    peakRssMiB: rounded(after.peakRssMiB),
    ackP50Ms: told.ackP50Ms,
    ackP99Ms: told.ackP99Ms,
    eventLoopP99Ms: rounded(eventLoopP99Ms),
    queryP99Ms,
    reportsPerSecond: rounded(told.acks / seconds),
    senderLateP99Ms: told.lateP99Ms,
    liveKiBPerSecond: rounded(liveBytes / 1024 / seconds),
    seconds: rounded(seconds),
  };
}

async function restart(
  old: { child: ChildProcess },
  fleet: ChildProcess,
  startAgain: () => Promise<{ child: ChildProcess }>,
): Promise<{ child: ChildProcess; figures: Record<string, number> }> {
  await finish(old.child);
  const downAt = performance.now();
  ask(fleet, { do: 'count' });
  const back = answer<FromAgents, 'open'>(fleet, 'open');
  const { child } = await startAgain();
  const readyAt = performance.now();
  await back;
  const reconnectSeconds = (performance.now() - readyAt) / 1000;
  const use = await look(child);
  await drained(fleet);
  ask(fleet, { do: 'tell' });
  const told = await answer<FromAgents, 'told'>(fleet, 'told', child);
  const figures = {
    restartSeconds: rounded((readyAt - downAt) / 1000),
    reconnectSeconds: rounded(reconnectSeconds),
    drainedSeconds: rounded((performance.now() - readyAt) / 1000),
    stormCpuSeconds: rounded(use.cpuSeconds),
    stormPeakRssMiB: rounded(use.peakRssMiB),
    stormAckP99Ms: told.ackP99Ms,
    stormSenderLateP99Ms: told.lateP99Ms,
  };
  return { child, figures };
}

/** Until the process is gone: its port is free then, and its profile written. */
async function finish(collector: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => collector.once('exit', resolve));
  ask(collector, { do: 'finish' });
  await answer<FromCollector, 'stop'>(collector, 'stop');
  await ended;
}

/** Until no more waits than a moment's reports. */
async function drained(fleet: ChildProcess): Promise<void> {
  for (;;) {
    ask(fleet, { do: 'tell' });
    const { waiting } = await answer<FromAgents, 'told'>(fleet, 'told');
    if (waiting < 200) return;
    await pass(200);
  }
}

function ask(child: ChildProcess, message: ToAgents | ToCollector): void {
  child.send(message);
}

function look(child: ChildProcess): Promise<Extract<FromCollector, { did: 'use' }>> {
  ask(child, { do: 'look' });
  return answer<FromCollector, 'use'>(child, 'use');
}

/** The event loop's delay since it was asked last, 99th percentile, ms; what it waits for its own timer (10 ms) is taken off. */
async function readLag(url: string, token: string): Promise<number> {
  const reply = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  const found = /^niswatch_nodejs_eventloop_lag_p99_seconds ([\d.e+-]+)$/m.exec(await reply.text())?.[1];
  if (found === undefined) throw new Error('/metrics does not tell the event loop lag');
  return Math.max(0, Number(found) * 1000 - 10);
}

const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const rounded = (value: number): number => Number(value.toFixed(2));
