// What the fleet benches share: a collector program, a process of agents that are linked to it, and windows in which both are
// measured apart from each other and from everybody else on this machine.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CollectorProgram } from '../../support/programs.ts';
import { atEnd, type Scope } from '../../support/scope.ts';
import { makeKey } from '../ingest/children.ts';
import type { Plan } from '../ingest/plan.ts';
import { askCollector, type Own, prepareCollector, storedRows } from './collector.ts';
import { type DiskProbe, probeDisk } from './disk.ts';
import { type Generator, startGenerator, type Told } from './generator.ts';
import { machineSeconds, type Use, useOf } from './use.ts';

/** Files that a process needs beside its sockets. */
const OTHER_FILES = 200;
/** One source address has some 28,000 ports, and a restart leaves as many waiting as there were. */
const MOST_AGENTS = 14_000;

export interface Stage {
  readonly scope: Scope;
  readonly collector: CollectorProgram;
  readonly generator: Generator;
  readonly disk: DiskProbe;
  readonly connectSeconds: number;
}

export interface StageOptions {
  scope: Scope;
  agents: number;
  /** Reports are dated so much before the present until the agents miss some. */
  shiftMs?: number;
  /** Node's flags for the collector, and for the agents' processes. */
  flags?: readonly string[];
  generatorFlags?: readonly string[];
  /** Keys of further hosts that are enrolled and that the agents' process leaves alone. */
  more?: Plan['keys'];
  say: (line: string) => void;
}

/** All agents are connected when it resolves. */
export async function openStage(options: StageOptions): Promise<Stage> {
  const { scope, agents, say } = options;
  checkRoom(agents);
  const keys = [...Array.from({ length: agents }, makeKey), ...(options.more ?? [])];
  const collector = await prepareCollector(scope, { keys }, options.flags);
  await collector.start();
  const plan = join(collector.folder, 'plan.json');
  writeFileSync(plan, JSON.stringify({ folder: collector.folder, agents, ticks: 0, keys } satisfies Plan));
  const { url } = collector;
  const { shiftMs = 0, generatorFlags: own = [] } = options;
  const generator = startGenerator({ scope, agents, plan, url, shiftMs, flags: own });
  const disk = await probeDisk(collector.folder);
  atEnd(scope, () => disk.stop());
  const stage = { scope, collector, generator, disk, connectSeconds: 0 };
  const startedAt = performance.now();
  await waitFor(generator, say, 'all agents to be connected', ({ open }) => open === agents);
  return { ...stage, connectSeconds: (performance.now() - startedAt) / 1000 };
}

/** Node raises the soft limit to the hard one by itself, so that is the one that counts. */
function checkRoom(agents: number): void {
  if (!(agents >= 1 && agents <= MOST_AGENTS)) {
    throw new Error(
      `--agents ${agents}: from 1 to ${MOST_AGENTS}, as many as the ports of one address allow`,
    );
  }
  const limit = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  const needed = agents + OTHER_FILES;
  if (limit !== 'unlimited' && Number(limit) < needed) {
    throw new Error(`${agents} agents need ${needed} open files per process; ulimit -n allows ${limit}`);
  }
}

const LOOK_MS = 500;
const SAY_MS = 10_000;

/** Looks until it is so; says how far it is now and then. */
export async function waitFor(
  generator: Generator,
  say: (line: string) => void,
  what: string,
  done: (told: Told) => boolean,
): Promise<Told> {
  let saidAt = performance.now();
  for (;;) {
    const told = await generator.tell();
    if (done(told)) return told;
    if (performance.now() - saidAt >= SAY_MS) {
      saidAt = performance.now();
      const behind = told.agentsBehind > 0 ? `, ${told.agentsBehind} agents behind` : '';
      const held = `${told.held} reports not acknowledged`;
      say(`waiting for ${what}: ${told.open} of ${generator.agents} connected, ${held}${behind}`);
    }
    await pass(LOOK_MS);
  }
}

export const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** No report is lost or stored twice: throws when what is on the collector's disk, but for strangers', is not what the agents made. */
export async function closeStage(
  stage: Stage,
  say: (line: string) => void,
  strangers: readonly string[] = [],
): Promise<{ reports: number }> {
  const { generator } = stage;
  generator.hush();
  const isEmpty = ({ held }: Told): boolean => held === 0;
  const { reports } = await waitFor(generator, say, 'the last reports to be acknowledged', isEmpty);
  await generator.leave();
  await stage.collector.stop();
  const rows = await storedRows(stage.collector, strangers);
  if (rows !== reports) throw new Error(`${reports} reports were made and acknowledged, ${rows} are stored`);
  return { reports };
}

interface Mark {
  at: number;
  collector: Use;
  generator: number;
  machine: number;
  ourselves: NodeJS.CpuUsage;
}

export interface Window {
  seconds: number;
  told: Told;
  own: Own;
  /** Processors used: by the collector (all its threads, and its main one), by the generator, by others on this machine. */
  collectorCores: number;
  collectorMainCores: number;
  collectorCpuSeconds: number;
  generatorCores: number;
  othersCores: number;
  rssMiB: number;
  peakRssMiB: number;
  diskSyncP99Ms: number;
  diskSyncMaxMs: number;
}

/** Starts a window; the function that it returns ends it. A `fresh` collector has nothing of before to be forgotten. */
export async function openWindow(
  stage: Stage,
  { fresh = false }: { fresh?: boolean } = {},
): Promise<() => Promise<Window>> {
  if (!fresh) await askCollector(stage.collector);
  stage.generator.count();
  stage.disk.count();
  const before = mark(stage);
  return async () => {
    const after = mark(stage);
    const told = await stage.generator.tell();
    const own = await askCollector(stage.collector);
    const seconds = (after.at - before.at) / 1000;
    const spent = (of: (mark: Mark) => number): number => of(after) - of(before);
    const collector = spent((m) => m.collector.cpuSeconds);
    const bench = process.cpuUsage(before.ourselves);
    const generator = spent((m) => m.generator) + (bench.user + bench.system) / 1e6;
    return {
      seconds,
      told,
      own,
      collectorCores: collector / seconds,
      collectorMainCores: spent((m) => m.collector.mainSeconds) / seconds,
      collectorCpuSeconds: collector,
      generatorCores: generator / seconds,
      othersCores: Math.max(0, spent((m) => m.machine) - collector - generator) / seconds,
      rssMiB: after.collector.rssMiB,
      peakRssMiB: after.collector.peakRssMiB,
      diskSyncP99Ms: stage.disk.quantile(0.99),
      diskSyncMaxMs: stage.disk.quantile(1),
    };
  };
}

function mark({ collector, generator }: Stage): Mark {
  return {
    at: performance.now(),
    collector: useOf(collector.pid),
    generator: generator.cpuSeconds(),
    machine: machineSeconds(),
    ourselves: process.cpuUsage(),
  };
}

const BUSY = 0.9;
const LATE_MS = 100;

/** Whether the latencies say more about the generator than about the collector; says so when it is the case. */
export function isGeneratorLimited({ told }: Window, say: (line: string) => void): boolean {
  const limited = told.loopBusy > BUSY || Math.max(told.loopP99Ms, told.lateP99Ms) > LATE_MS;
  if (limited) {
    const busy = `${Math.round(told.loopBusy * 100)} % busy`;
    const lateMs = Math.round(Math.max(told.loopP99Ms, told.lateP99Ms));
    const late = `late by ${lateMs} ms at the 99th percentile`;
    say(
      `the generator was the bottleneck (${busy}, ${late}): the latencies are upper bounds of the collector's`,
    );
  }
  return limited;
}

/** What every fleet bench tells of a window. */
export function figuresOf(window: Window, say: (line: string) => void): Record<string, number> {
  const { told, own } = window;
  return {
    collectorCores: rounded(window.collectorCores),
    collectorMainCores: rounded(window.collectorMainCores),
    rssMiB: rounded(window.rssMiB),
    peakRssMiB: rounded(window.peakRssMiB),
    ackP50Ms: told.ackP50Ms,
    ackP99Ms: told.ackP99Ms,
    ackMaxMs: told.ackMaxMs,
    loopP99Ms: rounded(own.loopP99Ms),
    loopMaxMs: rounded(own.loopMaxMs),
    reportsPerSecond: rounded(told.acks / window.seconds),
    generatorCores: rounded(window.generatorCores),
    generatorLoopP99Ms: rounded(told.loopP99Ms),
    generatorLateP99Ms: told.lateP99Ms,
    generatorLimited: isGeneratorLimited(window, say) ? 1 : 0,
    othersCores: rounded(window.othersCores),
    diskSyncP99Ms: window.diskSyncP99Ms,
    diskSyncMaxMs: window.diskSyncMaxMs,
    seconds: rounded(window.seconds),
  };
}

/** The keys of `figuresOf`, for a bench's help. */
export const WINDOW_KEYS = `
  collectorCores      processors that the collector used, all its threads; collectorMainCores: its main thread
  rssMiB, peakRssMiB  its memory at the end of the window, and the most since its start
  ackP50Ms, ackP99Ms, ackMaxMs
                      from a report's making (with an open link) to its acknowledgement, in the agents' process
  loopP99Ms, loopMaxMs
                      how late the collector's event loop was
  reportsPerSecond    live reports acknowledged
  generatorCores      processors that the agents' process and the bench used
  generatorLoopP99Ms, generatorLateP99Ms
                      how late the generator's event loop was, and its reports were made
  generatorLimited    1 when the generator was the bottleneck: the latencies are upper bounds then
  othersCores         processors that everybody else on this machine used meanwhile
  diskSyncP99Ms, diskSyncMaxMs
                      what the disk took to make a small write durable, beside the collector
  seconds             length of the window`;

export const rounded = (value: number): number => Number(value.toFixed(2));

/** Progress on standard error, so that the last line of standard output stays the JSON. */
export function sayFor(name: string): (line: string) => void {
  return (line) => void process.stderr.write(`${name}: ${line}\n`);
}

/** Runs with a scope of its own, closed however it ends. */
export async function withScope<T>(run: (scope: Scope) => Promise<T>): Promise<T> {
  const closing: (() => unknown)[] = [];
  try {
    return await run({ after: (close) => closing.push(close) });
  } finally {
    for (const close of closing) await close();
  }
}
