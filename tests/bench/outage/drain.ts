// The end of an outage: a real agent process with a backlog on its disk meets a real collector process, both with their default
// limits. Promise: it ends when the last report of the backlog is acknowledged, and afterwards each is stored exactly once.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { streamsOf } from '../../support/conservation.ts';
import { startAgent, startCollector, until } from '../../support/programs.ts';
import type { Scope } from '../../support/scope.ts';
import { readStored } from '../../support/stored.ts';
import { metricOf } from '../../support/wire.ts';
import { STEP_MS } from '../../data/fleet.mjs';
import { useOf } from '../fleet/use.ts';
import { type Backlog, fillSpool, folderBytes } from './backlog.ts';

const KEY = 'cpu_usage_active';
const SAY_MS = 10_000;

export interface Drained {
  backlog: Backlog;
  /** Of the folder before the drain. */
  spoolBytes: number;
  seconds: number;
  agentCpuSeconds: number;
  collectorCpuSeconds: number;
  agentPeakRssMiB: number;
  collectorPeakRssMiB: number;
}

export async function drainOutage(t: Scope, days: number, say: (line: string) => void): Promise<Drained> {
  const collector = await startCollector(t, { log: { level: 'warn' } });
  const agent = await startAgent(t, collector, { config: { log: { level: 'debug' } }, start: false });
  const folder = join(agent.folder, 'data', 'spool');
  const backlog = fillSpool({
    folder,
    days,
    toAt: Date.now() - 60_000,
    onDay: (day, { bytes }) => say(`day ${day} of ${days}: ${(bytes / 1024 ** 2).toFixed(1)} MiB`),
  });
  const spoolBytes = folderBytes(folder);
  const before = useOf(collector.pid);
  const startedAt = performance.now();
  await agent.start();
  let saidAt = startedAt;
  await until(
    'the backlog to be acknowledged',
    Math.max(600_000, days * 600_000),
    async () => {
      const top = acknowledged(agent, backlog.stream);
      if (performance.now() - saidAt >= SAY_MS) {
        saidAt = performance.now();
        say(`${await metricOf(collector, 'niswatch_store_rows')} of ${backlog.reports} reports stored`);
      }
      return top >= backlog.reports - 1;
    },
    250,
  );
  const seconds = (performance.now() - startedAt) / 1000;
  const [agentUse, collectorUse] = [useOf(agent.pid), useOf(collector.pid)];
  await agent.stop('SIGTERM');
  await collector.stop('SIGTERM');
  checkStored(backlog, await readStored(collector, agent.hostId(), KEY));
  return {
    backlog,
    spoolBytes,
    seconds,
    agentCpuSeconds: agentUse.cpuSeconds,
    collectorCpuSeconds: collectorUse.cpuSeconds - before.cpuSeconds,
    agentPeakRssMiB: agentUse.peakRssMiB,
    collectorPeakRssMiB: collectorUse.peakRssMiB,
  };
}

/** The collector names a stream's number once it has it all. */
function acknowledged(agent: Parameters<typeof streamsOf>[0], stream: string): number {
  return agent.output().includes('"report collected"')
    ? (streamsOf(agent).acknowledged.get(stream) ?? -1)
    : -1;
}

function checkStored(backlog: Backlog, stored: Awaited<ReturnType<typeof readStored>>): void {
  const { watermarks, gaps, points, rows, damagedBlocks } = stored;
  assert.deepEqual(gaps, [], 'nothing was declared lost');
  assert.equal(damagedBlocks, 0);
  assert.equal(watermarks.find((mark) => mark.stream === backlog.stream)?.seq, backlog.reports - 1);
  assert.equal(
    rows,
    watermarks.reduce((sum, mark) => sum + mark.seq + 1, 0),
    'each number is one row',
  );
  // Not only as many: each at its own time, and none of them twice.
  const times = points.map(({ at }) => at).filter((at) => at <= backlog.toAt + STEP_MS / 2);
  const expected = Math.round((backlog.toAt - backlog.fromAt) / STEP_MS) + 1;
  assert.equal(times.length, expected, 'one sample for every fifteen seconds of the outage');
  assert.ok(
    times.every((at, i) => i === 0 || at - (times[i - 1] ?? 0) === STEP_MS),
    'evenly spaced',
  );
}
