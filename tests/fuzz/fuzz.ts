// `npm run fuzz`: the coverage-guided fuzzer on every reader, one after the other. Promise: it says which seed it draws from and
// how far it is; what breaks a promise is written into the corpus and named, and the exit code is 1 then.

import { parseArgs } from 'node:util';
import { figuresLine, hunt } from './guided/hunt.ts';
import { TARGETS } from './targets/index.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    seconds: { type: 'string', default: '60' },
    executions: { type: 'string' },
    seed: { type: 'string' },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const say = (line: string): void =>
  void process.stdout.write(`${new Date().toISOString().slice(0, 19)}Z ${line}\n`);

const HELP = `npm run fuzz -- [options]

  --only NAME      this target; may be given again. Targets: ${Object.keys(TARGETS).join(', ')}
  --seconds N      processor time for each target (60)
  --executions N   no more inputs than this; with --seed the same inputs in the same order every time
  --seed S         what is drawn is drawn from S (default: from the clock; it is printed)
  --keep           what was bred replaces the kept-… files of the corpus

What breaks a promise is written to tests/fuzz/corpus/TARGET/found-…; the exit code is 1 then.
`;

const TELL_EVERY_MS = 10_000;

async function huntAll(names: readonly string[], seed: number): Promise<number> {
  let found = 0;
  for (const name of names) {
    let toldAt = performance.now();
    const result = await hunt(name, {
      seed,
      cpuSeconds: Number(values.seconds),
      ...(values.executions === undefined ? {} : { executions: Number(values.executions) }),
      keep: values.keep,
      onFigures({ executions, branches, cpuSeconds }) {
        if (performance.now() - toldAt < TELL_EVERY_MS) return;
        toldAt = performance.now();
        say(`${name}: ${executions} inputs, ${branches} branches, ${cpuSeconds.toFixed(0)} s`);
      },
    });
    say(`${name}: ${figuresLine(result)}`);
    for (const place of result.places) say(`${name}: FOUND (seed ${seed}) ${place}`);
    found += result.places.length;
  }
  return found;
}

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const seed = values.seed === undefined ? Math.trunc(Date.now() / 1000) : Number(values.seed);
  const names = values.only ?? Object.keys(TARGETS);
  const unknown = names.filter((name) => !Object.hasOwn(TARGETS, name));
  if (unknown.length > 0 || !Number.isInteger(seed) || !(Number(values.seconds) > 0)) {
    process.stderr.write(unknown.length > 0 ? `no target ${unknown.join(', ')}\n\n${HELP}` : HELP);
    return 2;
  }
  say(`seed ${seed}`);
  const found = await huntAll(names, seed);
  say(`${found} found`);
  return found > 0 ? 1 : 0;
}

process.exit(await main());
