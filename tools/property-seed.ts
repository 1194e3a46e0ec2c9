// Loaded before every test file: property tests draw the same cases in every short run, so that a red run can be repeated and a
// change is what made it red. The long form draws anew each time; NISWATCH_SEED=N repeats one that it printed.

import fc from 'fast-check';

const { NISWATCH_SEED, NISWATCH_LONG } = process.env;
if (NISWATCH_SEED) fc.configureGlobal({ seed: Number(NISWATCH_SEED) });
else if (!NISWATCH_LONG) fc.configureGlobal({ seed: 20_260_101 });
