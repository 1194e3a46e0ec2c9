// kill -9 of the agent, of the collector, of both, at random instants, many times over. The agent's log is the oracle: it names
// every report once it is collected. Afterwards each of them is stored exactly once or lies in a declared gap.

import { test } from 'node:test';
import { systemClock } from '../../shared/clock.ts';
import { balance, caughtUp } from '../support/conservation.ts';
import { startAgent, startCollector } from '../support/programs.ts';

const CYCLES = process.env.NISWATCH_LONG ? 10_000 : 200;
/** Fast probes, so that every instant of a cycle has a report under way; small segments, so that they are closed and packed too. */
const BUSY = {
  interval: '1s',
  log: { level: 'debug' },
  spool: { segmentBytes: '64KiB' },
  probes: { service: { interval: '1s' }, clock: { interval: '1s' } },
};

/** Park and Miller's generator: the instants of a run can be had again from its seed. */
function seeded(seed: number): () => number {
  let state = seed % 2_147_483_647 || 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

const pause = (ms: number): Promise<void> => new Promise((done) => systemClock().after(ms, done));

test(`${CYCLES} kills of agent, collector and both lose no report and store none twice`, async (t) => {
  const seed = 20261123;
  const random = seeded(seed);
  const collector = await startCollector(t, { log: { level: 'warn' } });
  const agent = await startAgent(t, collector, { config: BUSY });
  let kills = 0;
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    // The random instant is what is tested here; nothing is waited for.
    await pause(random() * 400);
    const which = random();
    const victims = [...(which < 0.7 ? [agent] : []), ...(which > 0.4 ? [collector] : [])];
    if (victims.includes(agent)) kills++;
    await Promise.all(victims.map((victim) => victim.stop('SIGKILL')));
    await Promise.all(victims.map((victim) => victim.start()));
  }
  await caughtUp(agent, collector);
  await agent.stop('SIGTERM');
  await collector.stop('SIGTERM');
  const account = await balance({ collector, agents: [agent], kills });
  t.diagnostic(`seed ${seed}, ${CYCLES} cycles: ${JSON.stringify(account)}`);
});
