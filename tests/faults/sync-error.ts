// EIO from the disk at a sync, injected by strace. A failed sync proves nothing of what was written before it: the agent must write
// its reports anew, the collector must not acknowledge. After each failure the program is killed, so that only the disk counts.

import assert from 'node:assert/strict';
import type { Fault, How } from './fault.ts';
import { failingSyncs, strace } from './means/strace.ts';
import { openPair, type Pair, settle, wait } from './pair.ts';

/** Which syncs fail, in the words of strace; the first ones are those of the start. */
const AGENT = { short: ['2', '4+3'], long: [...each(1, 24), '2..6', '5+2', '4+3', '7+5'] };
const COLLECTOR = { short: ['30', '24+7'], long: [...each(1, 60), '20..40', '24+7', '31+2', '50+11'] };

function each(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => String(from + i));
}

/** How often a program said this in its present life. */
function count(said: string, words: string): number {
  return said.split(words).length - 1;
}

async function failAgent(pair: Pair, when: string, how: How): Promise<void> {
  const { agent } = pair;
  const before = agent.output().length;
  const said = (): string => agent.output().slice(before);
  await agent.start(failingSyncs(when));
  await wait(pair, `the agent to meet ${when}`, 60_000, () => said().includes('SPOOL_UNAVAILABLE'));
  // What stays in memory alone when the process dies is lost: it is killed when it has said that all is on the disk again.
  await wait(pair, 'the spool to be well', 60_000, () => count(said(), 'the spool can be written again') > 0);
  await wait(pair, 'two more reports', 60_000, () => count(said(), '"report collected"') >= 4);
  how.say(`agent, sync ${when}: failed and recovered`);
}

async function failCollector(pair: Pair, when: string, how: How): Promise<void> {
  const { collector, agent } = pair;
  const before = collector.output().length;
  const said = (): string => collector.output().slice(before);
  await collector.stop('SIGTERM');
  collector.begin(failingSyncs(when));
  const met = await wait(pair, `the collector to meet ${when}`, 120_000, () =>
    collector.running() ? /EIO|disk I\/O error/i.test(said()) && 'failed' : 'ended',
  );
  // At its start it may refuse to run, and says why.
  if (met === 'ended') assert.match(said(), /\[(STORE|STATE)_[A-Z]+\]/);
  const acknowledged = count(agent.output(), '"reports acknowledged"');
  if (met === 'failed')
    await wait(
      pair,
      'reports to be stored again',
      60_000,
      () => count(agent.output(), '"reports acknowledged"') > acknowledged + 3,
    );
  await collector.stop('SIGKILL');
  how.say(`collector, sync ${when}: ${met}`);
  await collector.start();
}

export const syncError: Fault = {
  name: 'sync-error',
  about: "EIO from fsync and fdatasync under the agent's spool and the collector's store",
  needs: [strace],
  cases: {
    'under the agent: what a failed sync left in doubt is written anew': async (t, how) => {
      const pair = await openPair(t, { startAgent: false });
      let kills = 0;
      for (const when of how.long ? AGENT.long : AGENT.short) {
        await failAgent(pair, when, how);
        // Where it fails again and again, what is in memory alone would be lost: an orderly end sends it.
        const signal = when.includes('+') ? 'SIGTERM' : 'SIGKILL';
        await pair.agent.stop(signal);
        if (signal === 'SIGKILL') kills++;
      }
      await pair.agent.start();
      const account = await settle(pair, how, { kills });
      assert.equal(account.declared, 0);
    },
    'under the collector: nothing is acknowledged that a failed sync left in doubt': async (t, how) => {
      const pair = await openPair(t);
      for (const when of how.long ? COLLECTOR.long : COLLECTOR.short) await failCollector(pair, when, how);
      const account = await settle(pair, how);
      assert.equal(account.declared, 0);
    },
  },
};
