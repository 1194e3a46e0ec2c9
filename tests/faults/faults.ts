// `npm run faults`: the long form of every fault, one after the other, on real processes. Promise: it says which seed it draws from
// and how far it is; what fails is kept and named; the exit code is 1 then.

import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Scope } from '../support/scope.ts';
import type { Fault, How } from './fault.ts';
import { FAULTS } from './index.ts';
import { add, CYCLES_A_LIFE, type Killed, killOften, NOBODY } from './kill.ts';
import { demand } from './means/means.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seed: { type: 'string' },
    short: { type: 'boolean', default: false },
    cycles: { type: 'string', default: '10000' },
    summary: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

// A cycle of the kill loop is mostly the start of two programs.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'node');

const say = (line: string): void =>
  void process.stdout.write(`${new Date().toISOString().slice(0, 19)}Z ${line}\n`);

function help(): string {
  const list = FAULTS.map(({ name, about }) => `  ${name.padEnd(12)} ${about}\n`).join('');
  return `npm run faults -- [options]

${list}
  --only NAME     one fault; "kill" runs its loop: --cycles N (10000), a fresh pair every ${CYCLES_A_LIFE}
  --seed S        what is drawn is drawn from S (default: from the clock; it is printed)
  --short         the short form, as npm test runs it
  --summary FILE  the kill loop writes its figures there after each pair (JSON)

NISWATCH_KEEP=FOLDER keeps the data folders and logs of a failed kill loop. Needs root and Linux. Exit code 1 when a case fails.
`;
}

/** Runs with a scope of its own, closed whatever happens. */
async function scoped<T>(run: (t: Scope) => Promise<T>): Promise<T> {
  const closing: (() => unknown)[] = [];
  try {
    return await run({ after: (close) => closing.push(close) });
  } finally {
    for (const close of closing) await close();
  }
}

async function runFault(fault: Fault, how: How): Promise<number> {
  let failed = 0;
  for (const [title, run] of Object.entries(fault.cases)) {
    say(`${fault.name}: ${title} (seed ${how.seed})`);
    const startedAt = performance.now();
    try {
      await scoped((t) => run(t, how));
      say(`${fault.name}: passed in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
    } catch (error) {
      failed++;
      say(`${fault.name}: FAILED, seed ${how.seed}: ${(error as Error).stack}`);
    }
  }
  return failed;
}

/** Pair after pair until so many kills were survived; what was seen so far is on disk after each. */
async function runKills(cycles: number, seed: number): Promise<number> {
  const startedAt = Date.now();
  let total: Killed = NOBODY;
  for (let next = seed; total.cycles < cycles; next++) {
    const how: How = { long: true, seed: next, say };
    const most = Math.min(CYCLES_A_LIFE, cycles - total.cycles);
    total = add(total, await scoped((t) => killOften(t, how, most)));
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    const from = new Date(startedAt).toISOString();
    const summary = { ...total, seeds: `${seed}..${next}`, from, seconds, node: process.version };
    say(JSON.stringify(summary));
    if (values.summary) writeFileSync(values.summary, `${JSON.stringify(summary, null, 2)}\n`);
  }
  return 0;
}

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(help());
    return 0;
  }
  const seed = values.seed === undefined ? Math.trunc(Date.now() / 1000) : Number(values.seed);
  const chosen = FAULTS.filter((fault) => values.only === undefined || fault.name === values.only);
  if (chosen.length === 0 || !Number.isInteger(seed)) {
    process.stderr.write(help());
    return 2;
  }
  demand([...new Set(chosen.flatMap((fault) => fault.needs))]);
  say(`seed ${seed}, ${availableParallelism()} processors`);
  if (values.only === 'kill' && !values.short) return runKills(Number(values.cycles), seed);
  let failed = 0;
  for (const fault of chosen) failed += await runFault(fault, { long: !values.short, seed, say });
  say(`${failed} failed`);
  return failed > 0 ? 1 : 0;
}

// What a killed program left open must not hold this one up.
process.exit(
  await main().catch((error: unknown) => {
    say(`FAILED: ${(error as Error).stack}`);
    return 1;
  }),
);
