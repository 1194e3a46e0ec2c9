// Some agents of a fleet bench in one process, in real time: each reports every 15 s at its own instant. Promise: how late this
// process itself was is told with every figure, because a generator that lacks processor time looks like a slow collector.

import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { STEP_MS } from '../../data/fleet.mjs';
import type { Plan } from '../ingest/plan.ts';
import { keyOf } from '../ingest/speech.ts';
import { type FleetAgent, openFleetAgent } from './agent.ts';
import { Histogram } from './histogram.ts';
import type { FromAgents, Said, ToAgents } from './messages.ts';

const [planPath = '', url = '', first = '0', count = '0', shift = '0'] = process.argv.slice(2);
const plan = JSON.parse(readFileSync(planPath, 'utf8')) as Plan;
const TURN_MS = 20;
/** New links in each turn while the fleet is built up. */
const STARTS_PER_TURN = 4;
const RESOLUTION_MS = 10;

const acks = new Histogram();
const late = new Histogram();
const refused: Record<string, number> = {};
let endings: Record<string, number> = {};
const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
loop.enable();
let busy = performance.eventLoopUtilization();
let open = 0;
let reports = 0;
let started = 0;
let hushed = false;
/** Reports are dated so much before the present: an hour that is to be missed must not lie among them. */
let shiftMs = Number(shift);
const tell = (message: FromAgents): void => void process.send?.(message);

interface Member extends FleetAgent {
  reportAt: number;
}

function openMember(i: number): Member {
  let isOpen = false;
  const agent = openFleetAgent({
    i,
    url,
    key: keyOf(plan, i),
    heard(frame) {
      if (frame.t === 'refuse') refused[frame.code] = (refused[frame.code] ?? 0) + 1;
      if (frame.t !== 'welcome' || isOpen) return;
      isOpen = true;
      open++;
    },
    ended(why) {
      // Ports differ from agent to agent.
      const reason = why.replaceAll(/:\d+/g, '');
      endings[reason] = (endings[reason] ?? 0) + 1;
      if (isOpen) open--;
      isOpen = false;
    },
    acknowledged: (ms) => acks.add(ms),
  });
  return { ...agent, reportAt: Infinity };
}

const members = Array.from({ length: Number(count) }, (_, n) => openMember(Number(first) + n));

function report(member: Member, now: number): void {
  late.add(now - member.reportAt);
  member.reportAt += STEP_MS;
  if (hushed) return;
  reports++;
  member.spool.add(Date.now() - shiftMs, now);
  member.link.wake();
}

setInterval(() => {
  const now = performance.now();
  for (let n = 0; n < STARTS_PER_TURN && started < members.length; n++) {
    const member = members[started++];
    if (!member) continue;
    // Spread over one step, as the jitter of real agents spreads them.
    member.reportAt = now + Math.random() * STEP_MS;
    member.link.start();
  }
  for (const member of members) if (now >= member.reportAt) report(member, now);
}, TURN_MS);

function miss(agents: number, each: number): void {
  const now = performance.now();
  shiftMs = 0;
  const until = Date.now();
  for (const { spool } of members.slice(0, agents)) {
    for (let n = each; n > 0; n--) spool.add(until - n * STEP_MS, now, true);
    reports += each;
  }
}

function say(): Said {
  const sum = (of: (member: Member) => number): number =>
    members.reduce((total, each) => total + of(each), 0);
  return {
    did: 'said',
    open,
    reports,
    held: sum(({ spool }) => spool.held()),
    missedHeld: sum(({ spool }) => spool.missedHeld()),
    agentsBehind: sum(({ spool }) => (spool.missedHeld() > 0 ? 1 : 0)),
    acks: acks.counted(),
    late: late.counted(),
    loopP99Ms: Math.max(0, loop.percentile(99) / 1e6 - RESOLUTION_MS),
    loopBusy: performance.eventLoopUtilization(performance.eventLoopUtilization(), busy).utilization,
    refused,
    ended: endings,
  };
}

function forget(): void {
  acks.clear();
  late.clear();
  endings = {};
  loop.reset();
  busy = performance.eventLoopUtilization();
}

async function leave(): Promise<void> {
  await Promise.all(members.map(({ link }) => link.stop('stop', 1000)));
  tell({ did: 'left' });
  process.disconnect?.();
  setImmediate(() => process.exit());
}

// The bench is gone: so are its agents.
process.on('disconnect', () => process.exit());
process.on('message', (message: ToAgents) => {
  switch (message.do) {
    case 'count':
      return forget();
    case 'tell':
      return tell(say());
    case 'miss':
      return miss(message.agents, message.reports);
    case 'hush':
      hushed = true;
      return undefined;
    case 'leave':
      return void leave();
  }
});
