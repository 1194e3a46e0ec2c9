// kill -9 of the agent, of the collector, of both, at random instants: while they start, while they recover, while they work.

import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleAgent, bundleCollector } from '../../tools/bundle.ts';
import { type Account, scene } from '../support/conservation.ts';
import type { Program } from '../support/programs.ts';
import type { Scope } from '../support/scope.ts';
import { type Fault, type How, seeded } from './fault.ts';
import { last, openPair, type Pair, settle } from './pair.ts';

export interface Killed extends Account {
  cycles: number;
  agentKills: number;
  collectorKills: number;
}

export const NOBODY: Killed = {
  cycles: 0,
  agentKills: 0,
  collectorKills: 0,
  streams: 0,
  collected: 0,
  stored: 0,
  declared: 0,
  held: 0,
  unheard: 0,
};

export function add(a: Killed, b: Killed): Killed {
  const sum = { ...a };
  for (const word of Object.keys(a) as (keyof Killed)[]) sum[word] += b[word];
  return sum;
}

/** One life of a data folder: so many kills, then the balance. Throws at the first report lost or stored twice. */
export async function killOften(t: Scope, how: How, cycles: number): Promise<Killed> {
  const random = seeded(how.seed);
  // A cycle is mostly the start of programs.
  const main = { collector: await bundleCollector(), agent: await bundleAgent() };
  const pair = await openPair(t, { main });
  const done = { ...NOBODY };
  try {
    while (done.cycles < cycles) {
      await cycle(pair, random, done, cycles);
      if (done.cycles % 100 === 0) how.say(`seed ${how.seed}: ${done.cycles} of ${cycles} cycles`);
    }
    return add(done, { ...NOBODY, ...(await settle(pair, how, { kills: done.agentKills })) });
  } catch (error) {
    keep(pair, how);
    throw new Error(`seed ${how.seed}, cycle ${done.cycles}: ${(error as Error).message}`, { cause: error });
  }
}

async function cycle(pair: Pair, random: () => number, done: Killed, cycles: number): Promise<void> {
  const which = random();
  const victims = [...(which < 0.8 ? [pair.agent] : []), ...(which > 0.7 ? [pair.collector] : [])];
  // The random instant is what is tested here; nothing is waited for.
  await last(random() * 300);
  if (victims.includes(pair.agent)) done.agentKills++;
  if (victims.includes(pair.collector)) done.collectorKills++;
  await Promise.all(victims.map((victim) => kill(pair, victim)));
  // Now and then the next kill meets them in the middle of their start.
  const isHasty = random() < 0.15 && done.cycles + 1 < cycles;
  await Promise.all(victims.map((victim) => (isHasty ? victim.begin() : victim.start())));
  done.cycles++;
}

async function kill(pair: Pair, victim: Program): Promise<void> {
  const end = await victim.stop('SIGKILL');
  if (end !== 'SIGKILL') throw new Error(`it ended by itself (${end})\n${scene(pair.agent, pair.collector)}`);
}

/** What is left of a run that failed, before its folders go. */
function keep({ agent, collector }: Pair, how: How): void {
  const folder = process.env.NISWATCH_KEEP;
  if (!folder) return;
  const to = join(folder, `kill-${how.seed}`);
  mkdirSync(to, { recursive: true });
  for (const [name, program] of Object.entries({ agent, collector })) {
    cpSync(join(program.folder, 'data'), join(to, name), { recursive: true });
    writeFileSync(join(to, `${name}.log`), program.output());
  }
  how.say(`kept in ${to}`);
}

/** So many cycles in one life of the folders; then new ones, with the next seed. */
export const CYCLES_A_LIFE = 500;

export const kill9: Fault = {
  name: 'kill',
  about: 'kill -9 of the agent, the collector and both, at random instants',
  needs: [],
  cases: {
    'kills of agent, collector and both lose no report and store none twice': async (t, how) => {
      const done = await killOften(t, how, how.long ? CYCLES_A_LIFE : 60);
      how.say(`${done.agentKills} kills of the agent, ${done.collectorKills} of the collector`);
    },
  },
};
