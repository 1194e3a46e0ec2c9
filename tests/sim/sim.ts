// `npm run sim -- --seeds N [--first F] | --seed S [--log] | --planted [--seeds N]`: worlds drawn from seeds, run on production
// modules. A failing seed prints itself with the command that repeats it; the exit code is 1 then.

import { parseArgs } from 'node:util';
import { PLANTED } from './planted/index.ts';
import { runSeed, type Scope, type SeedResult } from './world.ts';

if (process.argv.includes('--fleet')) {
  // Another simulation, of liveness at fleet size, with options of its own.
  const { runFleet } = await import('./fleet/main.ts');
  process.exit(await runFleet(process.argv.slice(2)));
}

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    first: { type: 'string', default: '1' },
    seed: { type: 'string' },
    scope: { type: 'string' },
    log: { type: 'boolean', default: false },
    planted: { type: 'boolean', default: false },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  process.stdout.write(`npm run sim -- [options]

  --seeds N     how many worlds (100)             --first F   the first seed (1)
  --seed S      one world; --log prints every frame
  --scope WORD  delivery, or whole: with liveness, rules, alerts and the outbox (default: every fourth seed is whole)
  --fleet       restarts and uplink cuts under 5,000 agents, detection times (--fleet --help)
  --planted     applies each planted bug and says after how many seeds it was caught; --only TEXT picks some

An event is one thing that happens in the simulated world: a timer of an agent or of the collector fires, a message or the end of a
connection arrives, a fault strikes or heals, an agent calls its disk once, a report is collected, a report or gap is durable in
the collector's store. What the modules do among themselves, and the statements of the collector's database, are not counted.

A failing seed prints the command that repeats it; the exit code is 1 then.
`);
  process.exit(0);
}

/** Every fourth seed runs the whole collector with its database; the others look at delivery alone, which is faster. */
const scopeOf = (seed: number): Scope =>
  values.scope === 'whole' || values.scope === 'delivery'
    ? values.scope
    : seed % 4 === 0
      ? 'whole'
      : 'delivery';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function report(result: SeedResult): void {
  say(`seed ${result.seed} (${result.scope}) FAILED; faults: ${result.faults.join(', ') || 'none'}`);
  for (const { at, what } of result.violations) say(`  at ${(at / 1000).toFixed(3)} s: ${what}`);
  say(`  repeat: npm run sim -- --seed ${result.seed} --scope ${result.scope} --log`);
}

async function runOne(seed: number): Promise<number> {
  const result = await runSeed({ seed, scope: scopeOf(seed), keepLog: values.log });
  for (const line of result.log) say(line);
  if (result.violations.length > 0) report(result);
  say(`seed ${seed}: ${result.events} events, log ${result.hash}, ${JSON.stringify(result.counts)}`);
  return result.violations.length > 0 ? 1 : 0;
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

async function runMany(first: number, count: number): Promise<number> {
  const total = { events: 0, failed: 0, collected: 0, stored: 0, declared: 0 };
  const detections = new Map<string, number[]>();
  const startedAt = performance.now();
  let saidAt = startedAt;
  const cpu = process.cpuUsage();
  for (let seed = first; seed < first + count; seed++) {
    const result = await runSeed({ seed, scope: scopeOf(seed) });
    total.events += result.events;
    total.collected += result.counts.collected;
    total.stored += result.counts.stored;
    total.declared += result.counts.declared;
    for (const { kind, afterMs } of result.detections)
      detections.set(kind, [...(detections.get(kind) ?? []), afterMs]);
    if (result.violations.length > 0) {
      total.failed++;
      report(result);
    }
    if (performance.now() - saidAt < 10_000) continue;
    saidAt = performance.now();
    say(`${seed - first + 1} of ${count} seeds, ${total.failed} failed, ${total.events} events`);
  }
  const used = process.cpuUsage(cpu);
  const cpuSeconds = (used.user + used.system) / 1e6;
  say(`${count} seeds, ${total.failed} failures`);
  say(`collected ${total.collected}, stored ${total.stored}, declared lost ${total.declared}`);
  say(
    `${total.events} events in ${((performance.now() - startedAt) / 1000).toFixed(1)} s: ${Math.round(total.events / cpuSeconds)} per CPU-second`,
  );
  for (const [kind, times] of [...detections].toSorted()) {
    const sorted = times.toSorted((a, b) => a - b);
    const [p50, p99] = [percentile(sorted, 0.5), percentile(sorted, 0.99)].map((ms) =>
      (ms / 1000).toFixed(0),
    );
    say(`called silent after "${kind}": ${sorted.length} times, p50 ${p50} s, p99 ${p99} s`);
  }
  return total.failed > 0 ? 1 : 0;
}

async function runPlanted(most: number): Promise<number> {
  let caught = 0;
  const bugs = PLANTED.filter((bug) => values.only === undefined || bug.name.includes(values.only));
  for (const bug of bugs) {
    const found = await seedsUntilCaught(bug, most);
    if (found) caught++;
    say(
      `${found ? 'caught' : 'MISSED'} ${bug.name}: ${found ? `seed ${found.seed}, ${found.what}` : `not in ${most} seeds`}`,
    );
  }
  say(`planted bugs: ${caught} of ${bugs.length} caught`);
  return caught === bugs.length ? 0 : 1;
}

async function seedsUntilCaught(
  bug: (typeof PLANTED)[number],
  most: number,
): Promise<{ seed: number; what: string } | undefined> {
  for (let seed = 1; seed <= most; seed++) {
    const { violations } = await runSeed({ seed, scope: bug.scope, sabotage: bug.plant() });
    const [first] = violations;
    if (first) return { seed, what: first.what };
  }
  return undefined;
}

process.exitCode = values.planted
  ? await runPlanted(Number(values.seeds))
  : values.seed !== undefined
    ? await runOne(Number(values.seed))
    : await runMany(Number(values.first), Number(values.seeds));
