// Every reader of what comes from outside, or from a damaged disk, on inputs that are nearly valid. Kept inputs (corpus/) come
// first, and breed too. A failing input is written into the corpus of its target: commit it with the mend.
// NISWATCH_LONG=1 tries a hundred times as many.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { judge } from './judge.ts';
import { mutate, plans } from './mutate.ts';
import type { Target } from './target.ts';
import { TARGETS } from './targets/index.ts';

/** The short form tries the same inputs every time: it guards what is known; the long form looks for more. */
const SEED = process.env.NISWATCH_LONG ? {} : { seed: 20_261_123 };
const RUNS = 400 * (process.env.NISWATCH_LONG ? 100 : 1);
const corpus = join(import.meta.dirname, 'corpus');

for (const open of TARGETS) {
  const target = await open();
  after(() => target.close?.());
  test(`${target.name}: every sample is valid`, async () => {
    for (const sample of target.samples) await target.run(Buffer.from(sample));
  });
  test(`${target.name}: every kept input ends well or with a named error`, async () => {
    for (const [name, input] of kept(target))
      await judge(target, input).catch(blame(`corpus/${target.name}/${name}`));
  });
  test(`${target.name}: no mutated input crashes, hangs or swells`, async () => {
    const samples = [...target.samples, ...kept(target).values()];
    const runs = Math.ceil(RUNS * (target.share ?? 1));
    const property = fc.asyncProperty(plans, (plan) => judge(target, mutate(samples, plan)));
    const found = await fc.check(property, { numRuns: runs, ...SEED });
    if (!found.failed) return;
    const input = mutate(samples, found.counterexample?.[0] ?? { sample: 0, edits: [] });
    blame(`${keep(target, input)} (seed ${found.seed})`)(found.errorInstance);
  });
}

test('every target has kept inputs, and every kept input has a target', async () => {
  const names: string[] = [];
  for (const open of TARGETS.slice(0, -1)) names.push((await open()).name);
  const folders = readdirSync(corpus).filter((name) => name !== 'README.md');
  assert.deepEqual(folders.sort(), [...names, 'http'].sort());
});

function kept({ name }: Target): Map<string, Buffer> {
  const folder = join(corpus, name);
  const files = existsSync(folder) ? readdirSync(folder).sort() : [];
  return new Map(files.map((file) => [file, readFileSync(join(folder, file))]));
}

function keep({ name }: Target, input: Uint8Array): string {
  const file = `found-${createHash('sha256').update(input).digest('hex').slice(0, 12)}`;
  mkdirSync(join(corpus, name), { recursive: true });
  writeFileSync(join(corpus, name, file), input);
  return `corpus/${name}/${file}`;
}

function blame(where: string): (cause: unknown) => never {
  return (cause) => {
    const why = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    throw new Error(`${where}: ${why}`, { cause });
  };
}
