// Full disks, on real volumes: under the collector and under the agent's spool. Either program lives and says what is wrong; what was
// stored stays, and after the disk has room again every report is stored exactly once or declared lost.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Status } from '../../agent/status.ts';
import { balance, caughtUp } from '../support/conservation.ts';
import { agentCommand, collectorCommand, type Ended, runToEnd } from '../support/ends.ts';
import {
  type AgentProgram,
  type CollectorProgram,
  startAgent,
  startCollector,
  until,
} from '../support/programs.ts';
import { atEnd, type Scope } from '../support/scope.ts';
import { startProxy } from '../support/proxy.ts';
import { readStored } from '../support/stored.ts';
import { seriesOf } from '../support/story.ts';
import { openVolume, type Volume } from '../support/volume.ts';
import { enrolMachine, metricOf, openSession, reportOf } from '../support/wire.ts';
import type { Fault } from './fault.ts';
import { tmpfs } from './means/tmpfs.ts';

const MiB = 1024 ** 2;
const KEY = 'mem_used_percent';
const rowsOf = (collector: CollectorProgram) => metricOf(collector, 'niswatch_store_rows');

async function statusOf(agent: AgentProgram): Promise<Ended & { said: Status & { state: string } }> {
  const ended = await runToEnd(agentCommand('status', '--data', join(agent.folder, 'data'), '--json'));
  return { ...ended, said: JSON.parse(ended.text) as Status & { state: string } };
}

async function readiness(collector: CollectorProgram): Promise<{ status: number; reasons: string[] }> {
  const answer = await fetch(`${collector.url}/readyz`);
  const { reasons } = (await answer.json()) as { reasons: string[] };
  return { status: answer.status, reasons };
}

function widestHole(points: readonly (readonly [at: number, ...rest: unknown[]])[]): number {
  return Math.max(...points.slice(1).map(([at], i) => at - (points[i]?.[0] ?? 0)));
}

async function underCollector(t: Scope): Promise<void> {
  const volume = openVolume(t, 128);
  const where = { folder: join(volume.path, 'collector') };
  const collector = await startCollector(t, { store: { freeFloor: '32MiB' } }, where);
  const agent = await startAgent(t, collector, {
    config: { interval: '1s', log: { level: 'debug' } },
  });
  const machine = await enrolMachine(collector, '另一家医院');
  const wire = await openSession(t, collector.url, machine);
  for (let i = 0; i < 5; i++) await wire.report();
  await until('rows of the agent', 30_000, async () => (await rowsOf(collector)) >= 10);
  const { pid } = collector;
  const chart = async () => {
    const range = { from: Date.now() - 300_000, to: Date.now(), step: '1s' };
    return (await seriesOf(collector, agent.hostId(), KEY, range)).series[0]?.points ?? [];
  };

  // Below the floor: the store refuses while the state can still be written.
  volume.fill(16 * MiB);
  await until('the log to say so', 30_000, () => /cannot be stored/.test(collector.output()));
  assert.match(collector.output(), /STORE_FULL[^\n]*Free space/);
  const stored = await rowsOf(collector);
  const shown = await chart();
  assert.ok(shown.length >= 1, 'what is stored is shown');
  wire.send(reportOf(wire.stream, wire.next));
  const refuse = await wire.answer('refuse');
  assert.equal(refuse.code, 'STORE_UNAVAILABLE');
  assert.ok((refuse.retryAfterMs ?? 0) > 0);
  await until('readiness to say why', 30_000, async () => {
    const { status, reasons } = await readiness(collector);
    return status === 503 && reasons.some((reason) => reason.includes('STORE_FULL'));
  });
  await spoolHolds(agent, 5);

  // Not one byte: the state cannot be written either.
  volume.fill(0);
  await until('readiness to name the state', 30_000, async () =>
    (await readiness(collector)).reasons.some((reason) => reason.startsWith('state:')),
  );
  await spoolHolds(agent, (await statusOf(agent)).said.spool.reports + 10);
  assert.equal(await rowsOf(collector), stored);
  assert.deepEqual((await chart()).slice(0, shown.length), shown, 'what is stored is still shown');
  assert.equal((await fetch(`${collector.url}/healthz`)).status, 200);
  assert.ok(collector.running() && collector.pid === pid && agent.running());
  assert.equal(linesOf(collector, 'cannot be stored').length, 1, 'a lasting failure is logged once');

  volume.free();
  await caughtUp(agent, collector);
  await until('ready', 30_000, async () => (await readiness(collector)).status === 200);
  await wire.report();
  assert.equal(collector.pid, pid);
  assert.ok(widestHole(await chart()) <= 6000, `a hole of ${widestHole(await chart())} ms`);
  await agent.stop('SIGTERM');
  const { said } = await statusOf(agent);
  assert.deepEqual(said.spool.lost, NOTHING_LOST);
  await collector.stop('SIGKILL');
  const byAgent = await readStored(collector, agent.hostId(), KEY);
  const byHand = await readStored(collector, machine.host, KEY);
  assert.deepEqual(
    byHand.points.map((p) => p.value),
    [0, 1, 2, 3, 4, 5],
  );
  assert.deepEqual(byAgent.gaps, []);
  await balance({ collector, agents: [agent], others: [machine.host] });
}

async function killedCollector(t: Scope): Promise<void> {
  const volume = openVolume(t, 64);
  const where = { folder: join(volume.path, 'collector') };
  const collector = await startCollector(t, { store: { freeFloor: '0B' } }, where);
  const machine = await enrolMachine(collector);
  const wire = await openSession(t, collector.url, machine);
  for (let i = 0; i < 20; i++) await wire.report();
  volume.fill(0);
  // Small reports may still find room in the last block of a file: only what is acknowledged must be kept.
  let acknowledged = wire.next;
  for (;;) {
    wire.send(reportOf(wire.stream, wire.next));
    await until('an answer', 15_000, () => wire.inbox.length > 0, 5);
    const answers = wire.inbox.splice(0);
    if (answers.some((f) => f.t === 'refuse' && f.code === 'STORE_UNAVAILABLE')) break;
    acknowledged = ++wire.next;
  }
  await collector.stop('SIGKILL');
  const config = [
    '--config',
    join(collector.folder, 'collector.yaml'),
    '--data',
    join(collector.folder, 'data'),
  ];
  const { status, text } = await runToEnd(collectorCommand('serve', ...config));
  assert.equal(status, 1, text);
  assert.match(text, /\[(STORE_FULL|STORE_UNAVAILABLE|STATE_UNAVAILABLE)\]/);
  assert.match(text, /Free space/);

  volume.free();
  await collector.start();
  const again = await openSession(t, collector.url, machine, wire.stream);
  assert.equal(again.next, acknowledged);
  await again.report();
  await collector.stop('SIGKILL');
  const stored = await readStored(collector, machine.host, KEY);
  assert.deepEqual(
    stored.points.map((p) => p.value),
    Array.from({ length: acknowledged + 1 }, (_, i) => i),
  );
  await balance({ collector, agents: [], others: [machine.host] });
}

async function underAgent(t: Scope): Promise<void> {
  const collector = await startCollector(t);
  const proxy = await startProxy(collector.port);
  atEnd(t, () => proxy.close());
  const agent = await startAgent(t, collector, {
    url: `http://127.0.0.1:${proxy.port}`,
    start: false,
    config: {
      interval: '1s',
      log: { level: 'debug' },
      // Wide reports, so that the memory of the spool is soon full.
      probes: { port: { interval: '1s', targets: closedPorts(60) } },
      spool: {
        freeFloor: 0,
        freeFloorPercent: 0,
        memoryBytes: '64KiB',
        windowBytes: '16KiB',
        segmentBytes: '16KiB',
      },
    },
  });
  const volume = onVolume(t, join(agent.folder, 'data'));
  await agent.start();
  await until('five rows', 30_000, async () => (await rowsOf(collector)) >= 5);
  const { pid } = agent;

  volume.fill(0);
  await until('status to say so', 60_000, async () => {
    const { said, status } = await statusOf(agent);
    return said.state === 'impaired' && status === 1 && /ENOSPC/.test(said.spool.failing ?? '');
  });
  assert.match(agent.output(), /SPOOL_UNAVAILABLE/);
  const rows = await rowsOf(collector);
  await until(
    'live reports to arrive all the same',
    30_000,
    async () => (await rowsOf(collector)) >= rows + 10,
  );

  proxy.cut();
  await until(
    'memory to be given up',
    120_000,
    async () => (await statusOf(agent)).said.spool.lost.dropped > 0,
  );
  assert.equal((await statusOf(agent)).said.state, 'impaired');
  assert.ok(agent.running() && agent.pid === pid);
  proxy.heal();
  await until('the link', 60_000, async () => (await statusOf(agent)).said.link.state === 'open');
  await caughtUp(agent, collector);

  // Killed and started on the full disk: it has nothing to write to, and reports live.
  await agent.stop('SIGKILL');
  const before = await rowsOf(collector);
  await agent.start();
  await until('rows after the start', 60_000, async () => (await rowsOf(collector)) >= before + 5);

  volume.free();
  await until('the spool to be well', 90_000, async () => (await statusOf(agent)).said.state === 'running');
  const healed = await rowsOf(collector);
  await until('rows', 30_000, async () => (await rowsOf(collector)) >= healed + 3);
  await agent.stop('SIGTERM');
  await collector.stop('SIGKILL');
  const stored = await readStored(collector, agent.hostId(), KEY);
  assert.ok(stored.gaps.length > 0 && stored.gaps.every((gap) => gap.reason === 'dropped'));
  // Not of the agent's log: what a disk did not take and a kill met on its way is in no one's books.
  await balance({ collector, agents: [], others: [agent.hostId()] });
}

const NOTHING_LOST = { dropped: 0, thinned: 0, corrupt: 0, refused: 0, restored: 0 };

function linesOf(collector: CollectorProgram, words: string): string[] {
  return collector
    .output()
    .split('\n')
    .filter((line) => line.includes(words));
}

function spoolHolds(agent: AgentProgram, reports: number): Promise<unknown> {
  return until(
    `the spool to hold ${reports}`,
    60_000,
    async () => (await statusOf(agent)).said.spool.reports >= reports,
    500,
  );
}

/** Targets on which nobody listens: each is refused at once. */
function closedPorts(count: number): { name: string; port: number }[] {
  return Array.from({ length: count }, (_, i) => ({ name: `nobody-listens-here-${i}`, port: 1 }));
}

/** Moves an enrolled agent's data folder, its identity, to a small volume. */
function onVolume(t: Scope, data: string): Volume {
  const identity = readFileSync(join(data, 'identity.json'));
  const volume = openVolume(t, 8, data);
  writeFileSync(join(data, 'identity.json'), identity, { mode: 0o600 });
  return volume;
}

export const fullDisk: Fault = {
  name: 'full-disk',
  about: 'ENOSPC on a small volume under the collector and under the agent',
  needs: [tmpfs],
  cases: {
    'under the collector: it lives, says so, refuses by name; when there is room everything drains, once':
      underCollector,
    'a collector killed on a full disk says why it cannot start, and starts with everything once there is room':
      killedCollector,
    'under the agent: live reports still arrive, status says so, and what a cut costs besides is declared':
      underAgent,
  },
};
