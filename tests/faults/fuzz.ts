// Inputs that are nearly right: every reader under the coverage-guided fuzzer (tests/fuzz). The short form is a taste of two readers;
// `npm test` holds every reader against the kept inputs anyway.

import assert from 'node:assert/strict';
import { figuresLine, hunt } from '../fuzz/guided/hunt.ts';
import { TARGETS } from '../fuzz/targets/index.ts';
import type { Fault } from './fault.ts';

const SHORT = { names: ['frame-agent', 'spool-ledger'], cpuSeconds: 60, executions: 1000 };
const LONG = { names: Object.keys(TARGETS), cpuSeconds: 60 };

export const fuzz: Fault = {
  name: 'fuzz',
  about: 'inputs that are nearly right, bred by what the readers do with them',
  needs: [],
  cases: {
    'no input crashes a reader, hangs it or makes it swell': async (_t, { long, seed, say }) => {
      const { names, ...limits } = long ? LONG : SHORT;
      const places: string[] = [];
      for (const name of names) {
        const result = await hunt(name, { ...limits, seed, keep: false });
        say(`${name}: ${figuresLine(result)}`);
        places.push(...result.places);
      }
      assert.deepEqual(places, []);
    },
  },
};
