// `npm run bench -- ingest [--agents N] [--ticks N] [--profile FOLDER] [--beside victoria-metrics]`: simulated agents over real WebSockets into the whole
// collector with its embedded store and fsync'd acknowledgements, the fleet workload (60 series, 15 s apart), 8 reports under way
// per agent. Two processes, so that the collector's processor time (all its threads, and the packing of what is left, with
// rollups) is its own; its limits per agent are raised, since an agent here sends hours of reports in seconds.

import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERIES } from '../data/fleet.mjs';
import type { BenchOptions, Figures } from './bench.ts';
import { answer, makeKey, numberOf, profiling, start, withChildren } from './ingest/children.ts';
import type { FromCollector, FromLoad, FromCount, Plan, ToCollector } from './ingest/plan.ts';
import { checkVictoria, measureVictoria } from './ingest/victoria.ts';

export const about =
  'agents → collector over WebSockets: samplesPerCpuSecond, bytesPerSample, peakRssMiB, ackP50Ms, ackP99Ms';

const AGENTS = 1_000;
/** Two hours and a half: every host is packed at least once while it runs. */
const TICKS = 600;
/** One agent here sends in seconds what a real one sends in hours. */
const UNBOUNDED = {
  framesPerSecond: 1_000_000,
  frameBurst: 1_000_000,
  bytesPerSecond: '1GiB',
  byteBurst: '1GiB',
};

export const help = `  --agents N                  simulated agents (${AGENTS})
  --ticks N                   reports of each (${TICKS})
  --profile FOLDER            writes CPU profiles of the collector's threads there
  --beside victoria-metrics   the same samples into VictoriaMetrics afterwards, fed by its line protocol, without fsync:
                              adds victoriaMetrics {samplesPerCpuSecond, bytesPerSample, peakRssMiB, …} and
                              timesVictoriaMetrics. It must be installed: apt-get install victoria-metrics
`;

export function bench({ args }: BenchOptions): Promise<Figures> {
  const beside = args.includes('--beside') ? (args[args.indexOf('--beside') + 1] ?? '') : undefined;
  if (beside !== undefined && beside !== 'victoria-metrics') {
    throw new Error(`--beside ${beside}: only victoria-metrics can be measured beside it`);
  }
  if (beside) checkVictoria();
  return withChildren(async (folder, children) => {
    const ours = await run(folder, args, children);
    if (!beside) return ours;
    const agents = numberOf(args, 'agents', AGENTS);
    const ticks = numberOf(args, 'ticks', TICKS);
    const victoriaMetrics = await measureVictoria({ folder, agents, ticks });
    const times = (ours.samplesPerCpuSecond ?? 0) / (victoriaMetrics.samplesPerCpuSecond ?? 0);
    return { ...ours, victoriaMetrics, timesVictoriaMetrics: Number(times.toFixed(2)) };
  });
}

async function run(
  folder: string,
  args: readonly string[],
  children: ChildProcess[],
): Promise<Record<string, number>> {
  const agents = numberOf(args, 'agents', AGENTS);
  const ticks = numberOf(args, 'ticks', TICKS);
  const plan = join(folder, 'plan.json');
  const keys = Array.from({ length: agents }, makeKey);
  writeFileSync(
    plan,
    JSON.stringify({ folder: join(folder, 'data'), agents, ticks, keys, ingest: UNBOUNDED } satisfies Plan),
  );
  const profile = profiling(args);

  const collector = start('ingest/collector', [plan], profile);
  children.push(collector);
  const ready = await answer<FromCollector, 'ready'>(collector, 'ready');
  const load = start('ingest/load', [plan, ready.url], []);
  children.push(load);
  const sent = await answer<FromLoad, 'sent'>(load, 'sent', collector);
  collector.send({ do: 'look' } satisfies ToCollector);
  const before = await answer<FromCollector, 'use'>(collector, 'use');
  collector.send({ do: 'pack' } satisfies ToCollector);
  const packed = await answer<FromCollector, 'packed'>(collector, 'packed');
  collector.send({ do: 'finish' } satisfies ToCollector);
  const { cpuSeconds, ...spent } = await answer<FromCollector, 'stop'>(collector, 'stop');
  const counter = start('ingest/count', [plan], []);
  children.push(counter);
  const counted = await answer<FromCount, 'counted'>(counter, 'counted');

  const reports = agents * ticks;
  if (counted.rows !== reports || counted.samples !== reports * SERIES) {
    throw new Error(`stored ${counted.rows} reports with ${counted.samples} samples, sent ${reports}`);
  }
  return {
    samplesPerCpuSecond: Math.round(counted.samples / cpuSeconds),
    bytesPerSample: Number((counted.diskBytes / counted.samples).toFixed(4)),
    peakRssMiB: Number(spent.peakRssMiB.toFixed(1)),
    ackP50Ms: sent.ackP50Ms,
    ackP99Ms: sent.ackP99Ms,
    reports,
    cpuSeconds: Number(cpuSeconds.toFixed(2)),
    mainCpuSeconds: Number(spent.mainCpuSeconds.toFixed(2)),
    storeCpuSeconds: Number((cpuSeconds - spent.mainCpuSeconds - spent.helperCpuSeconds).toFixed(2)),
    helperCpuSeconds: Number(spent.helperCpuSeconds.toFixed(2)),
    lastPackCpuSeconds: Number((packed.cpuSeconds - before.cpuSeconds).toFixed(2)),
    sendSeconds: Number(sent.seconds.toFixed(2)),
    reopenMs: Math.round(counted.openMs),
  };
}
