// Every reader of what comes from outside, or from a damaged disk, on inputs that are nearly valid. Kept inputs (corpus/) come
// first, and breed too. A failing input is written into the corpus of its target: commit it with the mend. `npm run fuzz` looks
// further, guided by what the code does (README.md); NISWATCH_LONG=1 tries a hundred times as many here.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { CORPUS, corpusOf, keepFinding } from './corpus.ts';
import { judge } from './judge.ts';
import { mutate, plans } from './mutate.ts';
import type { Target } from './target.ts';
import { TARGETS } from './targets/index.ts';

/** The short form tries the same inputs every time: it guards what is known; the long form looks for more. */
const SEED = process.env.NISWATCH_LONG ? {} : { seed: 20_261_123 };
const RUNS = 400 * (process.env.NISWATCH_LONG ? 100 : 1);

for (const [name, open] of Object.entries(TARGETS)) {
  let target: Target;
  const opened = async (): Promise<Target> => (target ??= await open());
  after(() => target?.close?.());
  test(`${name}: every sample is valid, and its shape gives it back`, async () => {
    const { samples, run, shape } = await opened();
    for (const sample of samples) {
      await run(Buffer.from(sample));
      const pieces = shape?.open(sample);
      if (!shape) continue;
      assert.ok(pieces && pieces.length > 0);
      await run(Buffer.from(shape.close(pieces)));
    }
  });
  test(`${name}: every kept input ends well or with a named error`, async () => {
    for (const [file, input] of corpusOf(name))
      await keepsPromise(await opened(), input, `corpus/${name}/${file}`);
  });
  test(`${name}: no mutated input crashes, hangs or swells`, async () => {
    const { samples, share = 1, shape } = await opened();
    const pool = [...samples, ...corpusOf(name).values()];
    const property = fc.asyncProperty(plans, (plan) => keepsPromise(target, mutate(pool, plan, { shape })));
    const found = await fc.check(property, { numRuns: Math.ceil(RUNS * share), ...SEED });
    const plan = found.counterexample?.[0];
    if (!found.failed || !plan) return;
    const place = keepFinding(name, mutate(pool, plan, { shape }));
    throw new Error(`${place} (seed ${found.seed})`, { cause: found.errorInstance });
  });
}

async function keepsPromise(target: Target, input: Uint8Array, place = ''): Promise<void> {
  const verdict = await judge(target, input);
  if (verdict) throw new Error(`${place} ${verdict.what}`);
}

test('every target has kept inputs, and every kept input has a target', () => {
  const folders = readdirSync(CORPUS).filter((name) => name !== 'README.md');
  assert.deepEqual(folders.sort(), Object.keys(TARGETS).sort());
});
