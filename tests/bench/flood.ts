// `npm run bench -- flood`: one agent sends as fast as the collector reads, in one of several bad ways; how much longer do the
// others wait for their acknowledgements? Quiet and flooded phases take turns within one run, so that what else this machine does
// falls on both.

import { median } from '../../shared/median.ts';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { atEnd } from '../support/scope.ts';
import type { BenchOptions } from './bench.ts';
import { FLOODS } from './fleet/floods.ts';
import type { FromFlooder, ToFlooder } from './fleet/messages.ts';
import {
  closeStage,
  isGeneratorLimited,
  openStage,
  openWindow,
  pass,
  rounded,
  sayFor,
  type Stage,
  type Window,
  withScope,
} from './fleet/stage.ts';
import { answer, makeKey, numberOf, profiling, start } from './ingest/children.ts';
import { hostId } from './ingest/plan.ts';

export const about =
  'one agent floods the collector in several ways: quietP99Ms, and for each way P99Ms and how much it rose; see --help';

const DEFAULTS = { agents: 5_000, rounds: 5, seconds: 12, settle: 20 };
/** Between two phases: what the flood left on its way is over. */
const REST_MS = 2_000;

export const help = `npm run bench -- flood [--json] [options]

  --agents N    honest agents (${DEFAULTS.agents})
  --kinds A,B   ways of flooding (all): ${Object.keys(FLOODS).join(', ')}
  --rounds N    for each kind so many quiet and as many flooded phases, in turn (${DEFAULTS.rounds})
  --seconds S   length of a phase (${DEFAULTS.seconds})
  --settle S    seconds before the first phase (${DEFAULTS.settle})
  --profile DIR writes a processor profile of the collector

Keys of the JSON line:

  quietP50Ms, quietP99Ms, quietCores
                      medians over all quiet phases: acknowledgement of the honest agents' reports, processors of the collector
  and for each kind, medians over its flooded phases:
  KIND_P50Ms, KIND_P99Ms, KIND_cores
  KIND_risePercent    by how much the 99th percentile was above that of the quiet phases between which the kind's own lay
  KIND_framesPerSecond, KIND_KiBPerSecond, KIND_connectsPerSecond
                      what the flooder got rid of
  generatorLimited    phases in which the generator was the bottleneck
  othersCores         processors that everybody else on this machine used meanwhile (median)
  reports             of the honest agents: made and stored once
`;

interface Phase {
  window: Window;
  sent?: Extract<FromFlooder, { did: 'ended' }>;
}

export function bench({ args }: BenchOptions): Promise<Record<string, number>> {
  const say = sayFor('flood');
  const of = (name: keyof typeof DEFAULTS): number => numberOf(args, name, DEFAULTS[name]);
  const kinds = kindsOf(args);
  return withScope(async (scope) => {
    const agents = of('agents');
    const more = [makeKey()];
    const stage = await openStage({ scope, agents, more, flags: profiling(args), say });
    const plan = join(stage.collector.folder, 'plan.json');
    const flooder = start('fleet/flooder', [plan, stage.collector.url, String(agents)], []);
    atEnd(scope, () => void flooder.kill('SIGKILL'));
    say(`${agents} connected`);
    await pass(of('settle') * 1000);
    const figures: Record<string, number> = {};
    const quiet: Phase[] = [];
    for (const kind of kinds) {
      const own: Phase[] = [];
      const flooded: Phase[] = [];
      for (let round = 0; round < of('rounds'); round++) {
        own.push({ window: await quietPhase(stage, of('seconds')) });
        flooded.push(await floodedPhase(stage, flooder, kind, of('seconds')));
      }
      Object.assign(figures, figuresFor(kind, flooded, own));
      say(
        `${kind}: p99 ${figures[`${kind}_P99Ms`]} ms, ${figures[`${kind}_risePercent`]} % above the quiet phases'`,
      );
      quiet.push(...own);
    }
    const all = quiet.map(({ window }) => window);
    const { reports } = await closeStage(stage, say, [hostId(agents)]);
    return {
      quietP50Ms: median(all.map(({ told }) => told.ackP50Ms)),
      quietP99Ms: median(all.map(({ told }) => told.ackP99Ms)),
      quietCores: rounded(median(all.map(({ collectorCores }) => collectorCores))),
      ...figures,
      generatorLimited: all.filter((window) => isGeneratorLimited(window, say)).length,
      othersCores: rounded(median(all.map(({ othersCores }) => othersCores))),
      reports,
    };
  });
}

function kindsOf(args: readonly string[]): string[] {
  const at = args.indexOf('--kinds');
  const kinds = at < 0 ? Object.keys(FLOODS) : (args[at + 1] ?? '').split(',');
  for (const kind of kinds) {
    if (!Object.hasOwn(FLOODS, kind)) {
      throw new Error(`--kinds: no kind ${kind}; there are: ${Object.keys(FLOODS).join(', ')}`);
    }
  }
  return kinds;
}

async function quietPhase(stage: Stage, seconds: number): Promise<Window> {
  const end = await openWindow(stage);
  await pass(seconds * 1000);
  return end();
}

async function floodedPhase(
  stage: Stage,
  flooder: ChildProcess,
  kind: string,
  seconds: number,
): Promise<Phase> {
  const begun = answer<FromFlooder, 'begun'>(flooder, 'begun');
  flooder.send({ do: 'begin', kind } satisfies ToFlooder);
  await begun;
  const end = await openWindow(stage);
  await pass(seconds * 1000);
  const window = await end();
  const ended = answer<FromFlooder, 'ended'>(flooder, 'ended');
  flooder.send({ do: 'end' } satisfies ToFlooder);
  const sent = await ended;
  await pass(REST_MS);
  return { window, sent };
}

function figuresFor(
  kind: string,
  flooded: readonly Phase[],
  quiet: readonly Phase[],
): Record<string, number> {
  const mid = (phases: readonly Phase[], of: (phase: Phase) => number): number => median(phases.map(of));
  const rate = (of: (sent: NonNullable<Phase['sent']>) => number): number =>
    rounded(mid(flooded, ({ sent, window }) => (sent ? of(sent) / window.seconds : 0)));
  const p99Of = ({ window }: Phase): number => window.told.ackP99Ms;
  const [before, during] = [mid(quiet, p99Of), mid(flooded, p99Of)];
  return {
    [`${kind}_P50Ms`]: mid(flooded, ({ window }) => window.told.ackP50Ms),
    [`${kind}_P99Ms`]: during,
    [`${kind}_cores`]: rounded(mid(flooded, ({ window }) => window.collectorCores)),
    [`${kind}_risePercent`]: rounded((during / before - 1) * 100),
    [`${kind}_framesPerSecond`]: rate(({ frames }) => frames),
    [`${kind}_KiBPerSecond`]: rate(({ bytes }) => bytes / 1024),
    [`${kind}_connectsPerSecond`]: rate(({ connects }) => connects),
  };
}
