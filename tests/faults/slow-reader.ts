// Clients that read what the collector sends at 1 KB/s: agents that ask more than they read, browsers that look at a wide host. The
// collector must hold a bounded amount for each, and the agents beside them must notice nothing.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { streamsOf } from '../support/conservation.ts';
import type { CollectorProgram } from '../support/programs.ts';
import { type Proxy, startProxy } from '../support/proxy.ts';
import { atEnd, type Scope } from '../support/scope.ts';
import { enrolMachine, openSession, reportOf, seriesOf } from '../support/wire.ts';
import type { Fault, How } from './fault.ts';
import { last, openPair, settle, wait } from './pair.ts';

const BYTES_PER_SECOND = 1024;
const MOST_MIB_EACH = 4;
/** What a collector takes for the traffic of the test itself, however its clients read. */
const ALLOWANCE_MIB = 64;

/** So wide that a browser that looks at it is sent some 200 KB a second. */
const WIDE = seriesOf(
  Array.from(
    { length: 1_400 },
    (_, i) => `disk_used_percent{path="/${String(i).padStart(4, '0').repeat(28)}"}`,
  ),
);

async function wideHost(t: Scope, collector: CollectorProgram): Promise<string> {
  const machine = await enrolMachine(collector, '宽表医院');
  const wire = await openSession(t, collector.url, machine);
  wire.send(WIDE);
  const report = (): void => {
    const v = WIDE.columns.map((_, i) => (wire.next * 7 + i) % 100);
    if (wire.ended() === undefined) wire.send(reportOf(wire.stream, wire.next++, { series: WIDE.id, v }));
  };
  report();
  await wire.answer('ack');
  const timer = setInterval(report, 1_000);
  atEnd(t, () => clearInterval(timer));
  return machine.host;
}

/** An agent that sends beats as fast as it may and hardly reads the answers. */
async function greedyAgent(t: Scope, collector: CollectorProgram, proxy: Proxy): Promise<string> {
  const machine = await enrolMachine(collector, '慢速医院');
  const wire = await openSession(t, `http://127.0.0.1:${proxy.port}`, machine);
  await wire.report();
  let n = 0;
  const timer = setInterval(() => {
    if (wire.ended() !== undefined) return;
    for (let i = 0; i < 40; i++) wire.send({ t: 'beat', n: n++, at: Date.now() });
    wire.inbox.length = 0;
  }, 100);
  atEnd(t, () => clearInterval(timer));
  return machine.host;
}

async function slowBrowser(t: Scope, collector: CollectorProgram, proxy: Proxy, host: string): Promise<void> {
  const abort = new AbortController();
  atEnd(t, () => abort.abort());
  const answer = await fetch(`http://127.0.0.1:${proxy.port}/api/v1/live?host=${host}`, {
    headers: { authorization: `Bearer ${collector.token()}` },
    signal: abort.signal,
  });
  assert.equal(answer.status, 200);
  const drain = async (): Promise<void> => {
    for await (const chunk of answer.body ?? []) void chunk;
  };
  // It ends when the collector lets go of it.
  drain().catch(() => {});
}

function residentMiB({ pid }: CollectorProgram): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) / 1024;
}

async function readSlowly(t: Scope, how: How): Promise<void> {
  const [slow, seconds] = how.long ? [12, 600] : [6, 25];
  const pair = await openPair(t);
  const { collector, agent } = pair;
  const wide = await wideHost(t, collector);
  const others = [wide];
  const proxy = await startProxy(collector.port);
  atEnd(t, () => proxy.close());
  for (let i = 0; i < slow; i++) {
    others.push(await greedyAgent(t, collector, proxy));
    await slowBrowser(t, collector, proxy, wide);
  }
  await last(5_000);
  const before = residentMiB(collector);
  const heard = acknowledged(pair);
  proxy.takeBytesPerSecond = BYTES_PER_SECOND;
  let most = before;
  for (let i = 0; i < seconds; i++) {
    await last(1_000);
    most = Math.max(most, residentMiB(collector));
  }
  how.say(
    `${2 * slow} slow clients for ${seconds} s: ${before.toFixed(0)} MiB before, at most ${most.toFixed(0)} MiB`,
  );
  assert.ok(
    most - before <= 2 * slow * MOST_MIB_EACH + ALLOWANCE_MIB,
    `${before.toFixed(0)} MiB grew to ${most.toFixed(0)} MiB with ${2 * slow} slow clients`,
  );
  await wait(
    pair,
    'the agent to be answered meanwhile',
    30_000,
    () => acknowledged(pair) >= heard + seconds / 2,
  );
  assert.equal(agent.output().split('"link open"').length - 1, 1, 'the agent kept its one connection');
  proxy.cut();
  const account = await settle(pair, how, { others });
  assert.equal(account.declared, 0);
}

function acknowledged({ agent }: { agent: Parameters<typeof streamsOf>[0] }): number {
  return [...streamsOf(agent).acknowledged.values()].reduce((sum, seq) => sum + seq + 1, 0);
}

export const slowReader: Fault = {
  name: 'slow-reader',
  about: 'agents and browsers that read at 1 KB/s',
  needs: [],
  cases: {
    'cost the collector a bounded amount of memory each and harm nobody else': readSlowly,
  },
};
