// `npm run bench -- fleet`: a fleet in real time on one collector program with its default limits: every agent a production link
// that reports 60 series every 15 s and beats every 10 s, while pages are watched and queries run. Afterwards every report that
// was made must be on the collector's disk once.

import type { BenchOptions } from './bench.ts';
import { admitPeople, type People } from './fleet/people.ts';
import {
  closeStage,
  figuresOf,
  openStage,
  openWindow,
  pass,
  rounded,
  sayFor,
  WINDOW_KEYS,
  withScope,
} from './fleet/stage.ts';
import { numberOf, profiling } from './ingest/children.ts';

export const about =
  '10,000 agents in real time, watched and asked: collectorCores, rssMiB, ackP50Ms, ackP99Ms, loopP99Ms, …; see --help';

const DEFAULTS = { agents: 10_000, minutes: 3, pages: 5, queries: 6, settle: 30 };

export const help = `npm run bench -- fleet [--json] [options]

  --agents N    connected agents (${DEFAULTS.agents})
  --minutes M   length of the window (${DEFAULTS.minutes})
  --pages N     live pages that are watched, every second one on one host (${DEFAULTS.pages})
  --queries N   queries per second: charts, newest values, the board (${DEFAULTS.queries})
  --settle S    seconds before the window (${DEFAULTS.settle})
  --profile DIR writes a processor profile of the collector

Keys of the JSON line:
${WINDOW_KEYS}
  queriesPerSecond, queryP50Ms, queryP99Ms
  liveEventsPerSecond, liveKiBPerSecond
                      what the watched pages received, all together
  connectSeconds      until all were connected; reports: made and stored once
`;

export function bench({ args }: BenchOptions): Promise<Record<string, number>> {
  const say = sayFor('fleet');
  const of = (name: keyof typeof DEFAULTS): number => numberOf(args, name, DEFAULTS[name]);
  return withScope(async (scope) => {
    const stage = await openStage({ scope, agents: of('agents'), flags: profiling(args), say });
    say(`${stage.generator.agents} connected in ${stage.connectSeconds.toFixed(1)} s`);
    const { url } = stage.collector;
    const token = stage.collector.token();
    const wish = { pages: of('pages'), queriesPerSecond: of('queries') };
    const people = admitPeople({ url, token, agents: of('agents'), ...wish });
    // The first round of reports declares its columns everywhere: that is the start's business, not the steady state's.
    await pass(of('settle') * 1000);
    const end = await openWindow(stage);
    people.count();
    await passSaying(of('minutes') * 60_000, say);
    const heard = people.tell();
    const window = await end();
    await people.stop();
    const figures = figuresOf(window, say);
    const { reports } = await closeStage(stage, say);
    return {
      ...figures,
      ...told(heard, window.seconds),
      connectSeconds: rounded(stage.connectSeconds),
      reports,
    };
  });
}

function told(heard: ReturnType<People['tell']>, seconds: number): Record<string, number> {
  return {
    queriesPerSecond: rounded(heard.queries / seconds),
    queryP50Ms: heard.queryP50Ms,
    queryP99Ms: heard.queryP99Ms,
    liveEventsPerSecond: rounded(heard.liveEvents / seconds),
    liveKiBPerSecond: rounded(heard.liveBytes / 1024 / seconds),
  };
}

const SAY_MS = 30_000;

async function passSaying(ms: number, say: (line: string) => void): Promise<void> {
  for (let passed = 0; passed < ms; passed += SAY_MS) {
    if (passed > 0) say(`measured ${passed / 1000} of ${ms / 1000} s`);
    await pass(Math.min(SAY_MS, ms - passed));
  }
}
