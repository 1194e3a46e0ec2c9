// Clocks that are set wrong: an agent's by years, stepped while it runs, five per cent fast; the collector's stepped while it runs.
// Promise: an agent's reports are stored at the time at which they were collected, whatever its clock says, and none is lost.

import assert from 'node:assert/strict';
import { EVERYWHERE } from '../support/conservation.ts';
import type { Launch } from '../support/programs.ts';
import type { Scope } from '../support/scope.ts';
import { readStored } from '../support/stored.ts';
import type { Fault, How } from './fault.ts';
import { faketime, steppedClock, wrongClock } from './means/faketime.ts';
import { last, openPair, type Pair, settle } from './pair.ts';

/** The offset is measured anew every ten minutes: a clock that is five per cent fast may be so far off in between. */
const TOLERANCE_MS = 31_000;
const YEARS = ['+10y', '-10y'];

/** After the balance: every sample lies in the time of the test. */
async function timesAreTrue({ collector, agent }: Pair, from: number): Promise<void> {
  const { points } = await readStored(collector, agent.hostId(), EVERYWHERE);
  const wrong = points.filter(({ at }) => at < from - TOLERANCE_MS || at > Date.now() + TOLERANCE_MS);
  const shown = wrong.slice(0, 5).map(({ at }) => new Date(at).toISOString());
  assert.equal(wrong.length, 0, `${wrong.length} of ${points.length} samples are dated ${shown.join(', ')}`);
}

async function wrongFromTheStart(t: Scope, how: How): Promise<void> {
  const from = Date.now();
  const pair = await openPair(t, { startAgent: false });
  for (const setting of [...YEARS, '+0 x1.05']) {
    await live(pair, how, wrongClock(setting));
    how.say(`a clock set ${setting}`);
  }
  await pair.agent.start();
  const account = await settle(pair, how);
  assert.equal(account.declared, 0);
  await timesAreTrue(pair, from);
}

async function live({ agent }: Pair, how: How, launch: Launch): Promise<void> {
  await agent.start(launch);
  await last(how.long ? 60_000 : 5_000);
  await agent.stop('SIGTERM');
}

async function steppedAgent(t: Scope, how: How): Promise<void> {
  const from = Date.now();
  const clock = steppedClock(t);
  const pair = await openPair(t, { startAgent: false });
  await pair.agent.start(clock);
  for (const setting of ['+0', ...YEARS, '+1h', '-1h', '+0']) {
    clock.step(setting);
    await last(how.long ? 30_000 : 3_000);
  }
  const account = await settle(pair, how);
  assert.equal(account.declared, 0);
  await timesAreTrue(pair, from);
}

async function steppedCollector(t: Scope, how: How): Promise<void> {
  const clock = steppedClock(t);
  const pair = await openPair(t);
  await pair.collector.stop('SIGTERM');
  await pair.collector.start(clock);
  for (const setting of ['+0', '+1d', '-1d', ...YEARS, '+0']) {
    clock.step(setting);
    await last(how.long ? 60_000 : 4_000);
  }
  const account = await settle(pair, how);
  assert.equal(account.declared, 0);
}

export const wrongClocks: Fault = {
  name: 'wrong-clock',
  about: 'clocks that are years off, stepped, or fast',
  needs: [faketime],
  cases: {
    'an agent whose clock is years off or fast: every report is stored at its true time': wrongFromTheStart,
    'an agent whose clock is stepped while it runs: the same': steppedAgent,
    'a collector whose clock is stepped while it runs refuses nothing for good': steppedCollector,
  },
};
