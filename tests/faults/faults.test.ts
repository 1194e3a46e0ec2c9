// The short form of every fault but the kill loop. They wait more than they work, so that several run at once.

import { describe, test } from 'node:test';
import { FAULTS } from './index.ts';
import { demand } from './means/means.ts';

const AT_ONCE = 3;

test('this machine can inflict every fault', () =>
  demand([...new Set(FAULTS.flatMap((fault) => fault.needs))]));

describe('faults', { concurrency: AT_ONCE }, () => {
  for (const fault of FAULTS.filter(({ name }) => name !== 'kill')) {
    for (const [title, run] of Object.entries(fault.cases)) {
      test(`${fault.name}: ${title}`, async (t) => {
        demand(fault.needs);
        await run(t, { long: false, seed: 20261123, say: (line) => t.diagnostic(line) });
      });
    }
  }
});
