// The processes of a bench's agents, spoken to as one.

import type { ChildProcess } from 'node:child_process';
import { atEnd, type Scope } from '../../support/scope.ts';
import { start } from '../ingest/children.ts';
import { Histogram } from './histogram.ts';
import type { FromAgents, Said, ToAgents } from './messages.ts';
import { useOf } from './use.ts';

/**
 * libuv takes 1,024 ready sockets at a time, and looks again before it runs any timer when there were as many: a process with
 * more than that forgets the time while all of them have something to read.
 */
const AGENTS_PER_PROCESS = 1_000;

/** Of all agents together. */
export interface Told {
  open: number;
  reports: number;
  held: number;
  missedHeld: number;
  agentsBehind: number;
  acks: number;
  ackP50Ms: number;
  ackP99Ms: number;
  ackMaxMs: number;
  lateP99Ms: number;
  /** Of the process that was worst. */
  loopP99Ms: number;
  loopBusy: number;
  refused: Record<string, number>;
  ended: Record<string, number>;
}

export interface Generator {
  readonly agents: number;
  count(): void;
  tell(): Promise<Told>;
  miss(agents: number, reports: number): void;
  hush(): void;
  leave(): Promise<void>;
  cpuSeconds(): number;
}

export interface GeneratorOptions {
  scope: Scope;
  agents: number;
  plan: string;
  url: string;
  shiftMs: number;
  /** Node's flags. */
  flags: readonly string[];
}

export function startGenerator({ scope, agents, plan, url, shiftMs, flags }: GeneratorOptions): Generator {
  const children: { child: ChildProcess; first: number }[] = [];
  for (let first = 0; first < agents; first += AGENTS_PER_PROCESS) {
    const count = Math.min(AGENTS_PER_PROCESS, agents - first);
    const child = start('fleet/agents', [plan, url, ...[first, count, shiftMs].map(String)], [...flags]);
    atEnd(scope, () => void child.kill('SIGKILL'));
    children.push({ child, first });
  }
  const all = (message: ToAgents): void => {
    for (const { child } of children) child.send(message);
  };
  return {
    agents,
    count: () => all({ do: 'count' }),
    async tell() {
      return summed(await Promise.all(children.map(({ child }) => answer(child, { do: 'tell' }, 'said'))));
    },
    miss(behind, reports) {
      for (const { child, first } of children) {
        child.send({ do: 'miss', agents: Math.max(0, behind - first), reports } satisfies ToAgents);
      }
    },
    hush: () => all({ do: 'hush' }),
    async leave() {
      await Promise.all(children.map(({ child }) => answer(child, { do: 'leave' }, 'left')));
    },
    cpuSeconds: () => children.reduce((sum, { child }) => sum + useOf(child.pid ?? 0).cpuSeconds, 0),
  };
}

/** Asks, and waits for the answer; a process that ends before it is an error. */
function answer<D extends FromAgents['did']>(
  child: ChildProcess,
  message: ToAgents,
  did: D,
): Promise<Extract<FromAgents, { did: D }>> {
  return new Promise((resolve, reject) => {
    const gone = (code: number | null): void => reject(new Error(`a process of agents ended with ${code}`));
    const hear = (told: FromAgents): void => {
      if (told.did !== did) return;
      child.off('exit', gone).off('message', hear);
      resolve(told as Extract<FromAgents, { did: D }>);
    };
    child.once('exit', gone).on('message', hear);
    child.send(message);
  });
}

export function summed(said: readonly Said[]): Told {
  const [acks, late] = [new Histogram(), new Histogram()];
  for (const each of said) {
    acks.addAll(each.acks);
    late.addAll(each.late);
  }
  const sum = (of: (each: Said) => number): number => said.reduce((total, each) => total + of(each), 0);
  return {
    open: sum((each) => each.open),
    reports: sum((each) => each.reports),
    held: sum((each) => each.held),
    missedHeld: sum((each) => each.missedHeld),
    agentsBehind: sum((each) => each.agentsBehind),
    acks: acks.count,
    ackP50Ms: acks.quantile(0.5),
    ackP99Ms: acks.quantile(0.99),
    ackMaxMs: acks.quantile(1),
    lateP99Ms: late.quantile(0.99),
    loopP99Ms: Math.max(...said.map((each) => each.loopP99Ms)),
    loopBusy: Math.max(...said.map((each) => each.loopBusy)),
    refused: summedUp(said.map((each) => each.refused)),
    ended: summedUp(said.map((each) => each.ended)),
  };
}

function summedUp(counts: readonly Record<string, number>[]): Record<string, number> {
  const all: Record<string, number> = {};
  for (const each of counts) {
    for (const [name, times] of Object.entries(each)) all[name] = (all[name] ?? 0) + times;
  }
  return all;
}
