// A connection of which one end is gone and neither is told: a router that drops every packet, a link that is down. Writes go on
// succeeding for minutes; only answers prove that somebody is there.

import assert from 'node:assert/strict';
import { caughtUp } from '../support/conservation.ts';
import type { Scope } from '../support/scope.ts';
import { metricOf } from '../support/wire.ts';
import type { Fault, How } from './fault.ts';
import { netns, openRoad, type Road } from './means/netns.ts';
import { last, openPair, settle, wait } from './pair.ts';

const CUT_OFF = 'no link to the collector';

async function breakRoad(t: Scope, how: How, fail: (road: Road) => void, longerMs: number): Promise<void> {
  const road = openRoad(t);
  const pair = await openPair(t, {
    host: '0.0.0.0',
    collector: { ingest: { idleTimeout: '15s' } },
    url: ({ port }) => `http://${road.address}:${port}`,
    how: road,
  });
  const { agent, collector } = pair;
  await wait(pair, 'the link', 60_000, () => agent.output().includes('link open'));
  await caughtUp(agent, collector);
  fail(road);
  await wait(pair, 'the agent to notice', 90_000, () => agent.output().includes(CUT_OFF));
  await wait(pair, 'the collector to let go of it', 90_000, async () => {
    return (await metricOf(collector, 'niswatch_connected_agents')) === 0;
  });
  await last(longerMs);
  road.heal();
  const account = await settle(pair, how);
  assert.equal(account.declared, 0);
}

export const halfOpen: Fault = {
  name: 'half-open',
  about: 'a router that drops every packet, a link that is down, in network namespaces',
  needs: [netns],
  cases: {
    'a router that drops all packets is noticed by both ends, and all that was collected meanwhile arrives': (
      t,
      how,
    ) => breakRoad(t, how, (road) => road.lose(), how.long ? 300_000 : 0),
    'a link that is down does the same': (t, how) =>
      breakRoad(t, how, (road) => road.unplug(), how.long ? 300_000 : 0),
  },
};
