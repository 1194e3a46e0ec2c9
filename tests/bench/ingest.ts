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
import type { FromCollector, FromLoad, FromPack, Plan, ToCollector } from './ingest/plan.ts';
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
    const victoriaMetrics = await measureVictoria({ folder, agents, ticks, children });
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
  collector.send({ do: 'finish' } satisfies ToCollector);
  const stopped = await answer<FromCollector, 'stop'>(collector, 'stop');
  const packer = start('ingest/pack', [plan], profile);
  children.push(packer);
  const packed = await answer<FromPack, 'pack'>(packer, 'pack');

  const reports = agents * ticks;
  if (packed.rows !== reports || packed.samples !== reports * SERIES) {
    throw new Error(`stored ${packed.rows} reports with ${packed.samples} samples, sent ${reports}`);
  }
  const cpuSeconds = stopped.cpuSeconds + packed.cpuSeconds;
  const writer = stopped.cpuSeconds - stopped.mainCpuSeconds - stopped.helperCpuSeconds;
  return {
    samplesPerCpuSecond: Math.round(packed.samples / cpuSeconds),
    bytesPerSample: Number((packed.diskBytes / packed.samples).toFixed(4)),
    peakRssMiB: Number(Math.max(stopped.peakRssMiB, packed.peakRssMiB).toFixed(1)),
    ackP50Ms: sent.ackP50Ms,
    ackP99Ms: sent.ackP99Ms,
    reports,
    cpuSeconds: Number(cpuSeconds.toFixed(2)),
    mainCpuSeconds: Number(stopped.mainCpuSeconds.toFixed(2)),
    writerCpuSeconds: Number(writer.toFixed(2)),
    helperCpuSeconds: Number(stopped.helperCpuSeconds.toFixed(2)),
    packCpuSeconds: Number(packed.cpuSeconds.toFixed(2)),
    packPeakRssMiB: Number(packed.peakRssMiB.toFixed(1)),
    sendSeconds: Number(sent.seconds.toFixed(2)),
    reopenMs: Math.round(packed.openMs),
  };
}
