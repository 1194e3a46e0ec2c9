// A generated PostgreSQL: commits, base backups with and without their WAL and history, switched and cut segments, timelines that
// fork off at an earlier commit, also off each other.

import { test } from 'node:test';
import fc from 'fast-check';
import type { RestorePlan } from '../plan.ts';
import { checkWorlds, type World } from '../world.ts';
import { ACTIONS, ClusterModel } from './cluster-model.ts';

const action = fc.record({
  what: fc.constantFrom(...ACTIONS),
  seconds: fc.integer({ min: 1, max: 9 }),
  n: fc.nat({ max: 100 }),
});

const worlds: fc.Arbitrary<World> = fc.array(action, { minLength: 3, maxLength: 30 }).map((actions) => {
  const cluster = new ClusterModel();
  cluster.act({ what: 'write', seconds: 1, n: 1 });
  cluster.act({ what: 'base', seconds: 1, n: 7 });
  for (const each of actions) cluster.act(each);
  return {
    verdicts: cluster.verdicts,
    truth: (at: number) => cluster.truth(at),
    replay: (made: RestorePlan, there: ReadonlySet<string>) => cluster.replay(made, there),
  };
});

test('plans on a generated PostgreSQL bring back exactly what was there, along whichever timeline', () => {
  checkWorlds(worlds, 200);
});
