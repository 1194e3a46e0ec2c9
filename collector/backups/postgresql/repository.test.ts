// A generated PostgreSQL whose backups and WAL a repository of pgBackRest keeps, beside another stanza of the same numbers.

import { test } from 'node:test';
import fc from 'fast-check';
import type { RestorePlan } from '../plan.ts';
import { checkWorlds, type World } from '../world.ts';
import { ACTIONS } from './cluster-model.ts';
import { KINDS, RepositoryModel } from './repository-model.ts';

const action = fc.record({
  what: fc.constantFrom(...ACTIONS),
  seconds: fc.integer({ min: 1, max: 9 }),
  n: fc.nat({ max: 100 }),
  kind: fc.constantFrom(...KINDS),
  twice: fc.nat({ max: 9 }).map((n) => n === 0),
});

function other(): RepositoryModel {
  const beside = new RepositoryModel('nis2');
  for (const what of ['write', 'base', 'write', 'switch', 'write', 'base'] as const)
    beside.act({ what, seconds: 1, n: 1 }, { kind: 'full', twice: false });
  return beside;
}

const worlds: fc.Arbitrary<World> = fc.array(action, { minLength: 3, maxLength: 30 }).map((actions) => {
  const [kept, beside] = [new RepositoryModel('nis'), other()];
  const plain = { kind: 'full', twice: false } as const;
  kept.act({ what: 'write', seconds: 1, n: 1 }, plain);
  kept.act({ what: 'base', seconds: 1, n: 5 }, plain);
  for (const each of actions) kept.act(each, each);
  return {
    server: 'nis',
    verdicts: [...beside.verdicts, ...kept.verdicts],
    without: (gone) => [...beside.without(gone), ...kept.without(gone)],
    truth: (at: number) => kept.truth(at),
    replay: (made: RestorePlan, there: ReadonlySet<string>) => kept.replay(made, there),
  };
});

test('plans from a generated repository of pgBackRest bring back exactly what was there', () => {
  checkWorlds(worlds, 200);
});
