// The short form of the kill loop. In a file of its own, because it is the one fault test that needs the processors.

import { test } from 'node:test';
import { kill9 } from './kill.ts';

for (const [title, run] of Object.entries(kill9.cases)) {
  test(`kill: ${title}`, (t) => run(t, { long: false, seed: 20261123, say: (line) => t.diagnostic(line) }));
}
