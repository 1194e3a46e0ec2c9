// One agent and its collector, busy enough that every instant has a report under way, and the balance that ends every case.

import { systemClock } from '../../shared/clock.ts';
import { type Account, balance, caughtUp, scene } from '../support/conservation.ts';
import {
  type AgentProgram,
  type CollectorProgram,
  type Launch,
  startAgent,
  startCollector,
  until,
} from '../support/programs.ts';
import type { Scope } from '../support/scope.ts';
import type { How } from './fault.ts';

/** Small segments, so that they are closed and packed too; the debug level, because the agent's log is the oracle. */
export const BUSY = {
  interval: '1s',
  log: { level: 'debug' },
  spool: { segmentBytes: '64KiB' },
  probes: { service: { interval: '1s' }, clock: { interval: '1s' } },
} as const;

export interface Pair {
  collector: CollectorProgram;
  agent: AgentProgram;
}

type Config = Record<string, unknown>;

export interface PairOptions {
  collector?: Config;
  agent?: Config;
  /** The collector listens on this address; default the loopback one. */
  host?: string;
  /** The agent's way to it; default straight. */
  url?: (collector: CollectorProgram) => string;
  /** The agent's enrolment and first start. */
  how?: Launch;
  /** Main files in place of the sources'. */
  main?: { collector: string; agent: string };
  /** It is enrolled but not started. */
  startAgent?: boolean;
}

export async function openPair(t: Scope, options: PairOptions = {}): Promise<Pair> {
  const launch = {
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(options.main === undefined ? {} : { main: options.main.collector }),
  };
  const collector = await startCollector(t, { log: { level: 'warn' }, ...options.collector }, launch);
  const { spool, ...rest } = { spool: {}, ...options.agent } as { spool: Config };
  const url = options.url?.(collector);
  const agent = await startAgent(t, collector, {
    config: {
      ...BUSY,
      ...rest,
      spool: { ...BUSY.spool, ...spool },
    },
    ...(url === undefined ? {} : { url }),
    ...(options.main === undefined ? {} : { main: options.main.agent }),
    ...(options.how === undefined ? {} : { how: options.how }),
    start: options.startAgent !== false,
  });
  return { collector, agent };
}

/** All is healed: waits until what was collected is acknowledged, ends both and balances the books. */
export async function settle(
  pair: Pair,
  how: How,
  extra: { kills?: number; others?: readonly string[] } = {},
): Promise<Account> {
  const { agent, collector } = pair;
  await caughtUp(agent, collector);
  await agent.stop('SIGTERM');
  await collector.stop('SIGTERM');
  try {
    const account = await balance({ collector, agents: [agent], ...extra });
    how.say(
      Object.entries(account)
        .map(([word, count]) => `${count} ${word}`)
        .join(', '),
    );
    return account;
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${scene(agent, collector)}`, { cause: error });
  }
}

/** Waits for a condition; in vain, it shows what both said. */
export async function wait<T>(
  { agent, collector }: Pair,
  what: string,
  withinMs: number,
  probe: () => T | Promise<T>,
): Promise<T> {
  try {
    return (await until(what, withinMs, probe, 100)) as T;
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${scene(agent, collector)}`, { cause: error });
  }
}

/** For what has no condition to wait for: how long a fault lasts. */
export const last = (ms: number): Promise<void> => new Promise((done) => systemClock().after(ms, done));
