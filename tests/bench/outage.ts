// `npm run bench -- outage [--days N]`: how much a month without the collector takes of the agent's disk, and how fast it is caught up
// with afterwards. Real spool, real link, real ingest, real store, two processes with their default limits.

import type { Scope } from '../support/scope.ts';
import type { BenchOptions } from './bench.ts';
import { numberOf } from './ingest/children.ts';
import { drainOutage } from './outage/drain.ts';

export const about =
  'a 30-day outage (--days N) and its end: spoolMiB, spoolMiB30Days, wallSecondsPerDay, agentCpuSecondsPerDay, collectorCpuSecondsPerDay';

export async function bench({ args }: BenchOptions): Promise<Record<string, number>> {
  const days = numberOf(args, 'days', 30);
  const closing: (() => unknown)[] = [];
  const scope: Scope = { after: (close) => closing.push(close) };
  try {
    const drained = await drainOutage(scope, days, (line) => process.stdout.write(`${line}\n`));
    const mib = drained.spoolBytes / 1024 ** 2;
    return {
      days,
      reports: drained.backlog.reports,
      spoolMiB: round(mib),
      // Counts what is not yet packed with every day: more than a month really takes, when `days` is less.
      spoolMiB30Days: round((mib / days) * 30),
      drainSeconds: round(drained.seconds),
      wallSecondsPerDay: round(drained.seconds / days),
      agentCpuSecondsPerDay: round(drained.agentCpuSeconds / days),
      collectorCpuSecondsPerDay: round(drained.collectorCpuSeconds / days),
      agentPeakRssMiB: round(drained.agentPeakRssMiB),
      collectorPeakRssMiB: round(drained.collectorPeakRssMiB),
    };
  } finally {
    for (const close of closing) await close();
  }
}

const round = (value: number): number => Number(value.toFixed(2));
