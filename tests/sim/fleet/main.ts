// `npm run sim -- --fleet`: forced restarts of the collector and cuts of its uplink under a fleet, with planted outages; prints the
// false pages (there must be none) and the detection time of each kind of outage.

import { parseArgs } from 'node:util';
import { onTurn } from '../jobs.ts';
import { keepPart, type Part, readParts, renderParts } from './parts.ts';
import { type FleetOptions, FleetWorld } from './world.ts';

const HELP = `npm run sim -- --fleet [options]

  --seed S        (1)                 --agents N      (5000)
  --restarts N    forced restarts of the collector: killed, stopped, its machine gone, 1 s to 5 min (1000)
  --cuts N        cuts of its own uplink, whole or one of its lines, 1 s to 30 min, most of them unseen by its canary (1000)
  --windows N     calm times in which outages of every kind are planted, with and without a witness (40)
  --parts N       shares all this among N worlds with seeds from S on (20, or fewer when there is little to share)
  --keep FILE     a line for each world that is done; those that stand in it are not run again

Liveness, its trail in a state database, the uplink canary, the rule and the life of alerts are the production modules on a virtual
clock; agents and their links are a model with the production link's own times. Exit code 1 on a false page, a missed outage, a wrong word,
or a history that was not corrected.
`;

const LINE_EVERY_MS = 15_000;
/** Forced events of a world, at the least: each begins with a fleet that comes up. */
const LEAST_OF_A_PART = 10;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

export async function runFleet(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: args.filter((arg) => arg !== '--fleet'),
    options: {
      seed: { type: 'string', default: '1' },
      agents: { type: 'string', default: '5000' },
      restarts: { type: 'string', default: '1000' },
      cuts: { type: 'string', default: '1000' },
      windows: { type: 'string', default: '40' },
      parts: { type: 'string', default: '20' },
      keep: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const [restarts, cuts, windows] = [values.restarts, values.cuts, values.windows].map(Number) as [
    number,
    number,
    number,
  ];
  const parts = Math.max(1, Math.min(Number(values.parts), Math.floor((restarts + cuts) / LEAST_OF_A_PART)));
  const share = (all: number, n: number): number =>
    Math.floor((all * (n + 1)) / parts) - Math.floor((all * n) / parts);
  const done = values.keep === undefined ? [] : readParts(values.keep);
  const all: Part[] = [];
  for (let n = 0; n < parts; n++) {
    const wanted: FleetOptions = {
      seed: Number(values.seed) + n,
      agents: Number(values.agents),
      restarts: share(restarts, n),
      cuts: share(cuts, n),
      longestCutMs: 30 * 60_000,
      windows: share(windows, n),
    };
    const known = done.find(({ of }) => JSON.stringify(of) === JSON.stringify(wanted));
    const part = known ?? (await runPart(wanted, `world ${n + 1} of ${parts}`));
    if (!known && values.keep !== undefined) keepPart(values.keep, part);
    all.push(part);
  }
  for (const line of renderParts(all)) say(line);
  return all.some(({ failures }) => failures.length > 0) ? 1 : 0;
}

async function runPart(of: FleetOptions, name: string): Promise<Part> {
  const cpu = process.cpuUsage();
  let saidAt = performance.now();
  const progress: FleetOptions['progress'] = (done, all, { scheduler, truth }) => {
    if (performance.now() - saidAt < LINE_EVERY_MS) return;
    saidAt = performance.now();
    const days = (scheduler.now / 86_400_000).toFixed(2);
    say(
      `${name}: ${done} of ${all} forced events, ${days} days, ${truth.counts.falsePages} false pages, ${truth.violations.length} failures`,
    );
  };
  const world = await onTurn(() => {
    const made = new FleetWorld({ ...of, progress });
    made.truth.onFailure = (what) =>
      say(`FAILED, seed ${of.seed}, at ${(made.scheduler.now / 1000).toFixed(1)} s: ${what}`);
    made.run();
    return made;
  });
  const used = process.cpuUsage(cpu);
  const { truth, scheduler, done } = world;
  return {
    of,
    done,
    counts: truth.counts,
    detections: truth.detections,
    failures: truth.violations,
    simulatedMs: scheduler.now,
    events: scheduler.happened,
    cpuSeconds: (used.user + used.system) / 1e6,
  };
}
