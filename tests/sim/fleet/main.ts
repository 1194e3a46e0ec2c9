// `npm run sim -- --fleet`: forced restarts of the collector and cuts of its uplink under a fleet, with planted outages; prints the
// false pages (there must be none) and the detection time of each kind of outage.

import { parseArgs } from 'node:util';
import { onTurn } from '../jobs.ts';
import { renderTable } from './table.ts';
import { type FleetOptions, FleetWorld } from './world.ts';

const HELP = `npm run sim -- --fleet [options]

  --seed S        (1)                 --agents N      (5000)
  --restarts N    forced restarts of the collector: killed, stopped, its machine gone, 1 s to 5 min (1000)
  --cuts N        cuts of its own uplink, whole or one of its lines, 1 s to 30 min, most of them unseen by its canary (1000)
  --windows N     calm times in which outages of every kind are planted, with and without a witness (40)

Liveness, its trail in a state database, the uplink canary, the rule and the life of alerts are the production modules on a virtual
clock; agents and their links are a model with the production link's own times. Exit code 1 on a false page, a missed outage, a wrong word,
or a history that was not corrected.
`;

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
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const cpu = process.cpuUsage();
  let saidAt = performance.now();
  const options: FleetOptions = {
    seed: Number(values.seed),
    agents: Number(values.agents),
    restarts: Number(values.restarts),
    cuts: Number(values.cuts),
    longestCutMs: 30 * 60_000,
    windows: Number(values.windows),
    progress(done, of, world) {
      if (performance.now() - saidAt < 15_000) return;
      saidAt = performance.now();
      const { violations, counts } = world.truth;
      const days = (world.scheduler.now / 86_400_000).toFixed(2);
      say(
        `${done} of ${of} forced events, ${days} days, ${counts.falsePages} false pages, ${violations.length} failures`,
      );
    },
  };
  const world = await onTurn(() => {
    const made = new FleetWorld(options);
    made.truth.onFailure = (what) => say(`FAILED at ${(made.scheduler.now / 1000).toFixed(1)} s: ${what}`);
    made.run();
    return made;
  });
  return report(world, process.cpuUsage(cpu));
}

function report(world: FleetWorld, used: NodeJS.CpuUsage): number {
  const { truth, done, agents, scheduler } = world;
  const days = scheduler.now / 86_400_000;
  say(
    `${agents.length} agents, ${days.toFixed(2)} days: ${done.restarts} restarts, ${done.cuts} uplink cuts, ${done.freezes} suspensions of the collector; ${done.planted} planted outages`,
  );
  const { pages, ownPages, platformPages, falsePages, verdicts } = truth.counts;
  say(
    `${verdicts} verdicts; ${pages} pages, of them ${platformPages} of the platform, ${ownPages} of links that broke by themselves; false pages: ${falsePages}`,
  );
  say('');
  say(renderTable(truth.detections));
  say('');
  const cpuSeconds = (used.user + used.system) / 1e6;
  say(
    `${scheduler.happened} events, ${cpuSeconds.toFixed(0)} CPU-seconds, ${truth.violations.length} failures`,
  );
  return truth.violations.length > 0 ? 1 : 0;
}
