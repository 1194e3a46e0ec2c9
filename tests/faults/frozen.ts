// SIGSTOP and SIGCONT: a process that stands still and goes on as if nothing had been. The other side sees a connection on which
// nothing moves, and which comes to life again or has been given up meanwhile.

import assert from 'node:assert/strict';
import type { Program } from '../support/programs.ts';
import type { Fault, How } from './fault.ts';
import { last, openPair, type Pair, settle } from './pair.ts';

const SHORT_MS = 6_000;
/** Past the silence after which either side gives the connection up. */
const LONG_MS = 60_000;

async function freeze(programs: readonly Program[], ms: number): Promise<void> {
  for (const { pid } of programs) process.kill(pid, 'SIGSTOP');
  await last(ms);
  for (const { pid } of programs) process.kill(pid, 'SIGCONT');
}

async function freezeEach(pair: Pair, how: How): Promise<void> {
  const ms = how.long ? LONG_MS : SHORT_MS;
  const pids = [pair.agent.pid, pair.collector.pid];
  await freeze([pair.collector], ms);
  await last(2_000);
  await freeze([pair.agent], ms);
  await last(2_000);
  await freeze([pair.agent, pair.collector], ms);
  assert.deepEqual([pair.agent.pid, pair.collector.pid], pids);
}

export const frozen: Fault = {
  name: 'frozen',
  about: 'SIGSTOP and SIGCONT of the agent, the collector and both',
  needs: [],
  cases: {
    'programs that stand still and go on lose no report': async (t, how) => {
      const pair = await openPair(t);
      await freezeEach(pair, how);
      const account = await settle(pair, how);
      assert.equal(account.declared, 0);
      assert.equal(account.streams, 1, 'the agent lived on');
    },
    'a collector that stood still is killed before it goes on: what it had not acknowledged comes again':
      async (t, how) => {
        const pair = await openPair(t);
        process.kill(pair.collector.pid, 'SIGSTOP');
        await last(how.long ? LONG_MS : SHORT_MS);
        await pair.collector.stop('SIGKILL');
        await pair.collector.start();
        const account = await settle(pair, how);
        assert.equal(account.declared, 0);
      },
  },
};
