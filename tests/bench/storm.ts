// `npm run bench -- storm`: a collector restarts, all its agents come back at once, and most of them bring an hour of reports that
// they could not deliver meanwhile. The agents are production links (backoff, lanes, credit); the backlog travels as history behind
// live data. Afterwards every report, missed or live, must be on the collector's disk once.

import type { BenchOptions } from './bench.ts';
import {
  closeStage,
  figuresOf,
  openStage,
  openWindow,
  pass,
  rounded,
  sayFor,
  type Stage,
  waitFor,
  type Window,
  WINDOW_KEYS,
  withScope,
} from './fleet/stage.ts';
import { numberOf, profiling } from './ingest/children.ts';
import { STEP_MS } from '../data/fleet.mjs';

export const about =
  '5,000 agents come back at once with 1 h of backlog each: backSeconds, drainedSeconds, ackP99Ms, rssMiB, …; see --help';

const DEFAULTS = { agents: 5_000, behind: 5_000, reports: 240, quiet: 30, down: 0 };

export const help = `npm run bench -- storm [--json] [options]

  --agents N    connected agents (${DEFAULTS.agents})
  --behind N    those of them that bring a backlog (${DEFAULTS.behind})
  --reports N   reports of 60 series that each of these brings, 15 s apart (${DEFAULTS.reports}: one hour)
  --quiet S     seconds before the restart, to compare with (${DEFAULTS.quiet})
  --down S      seconds for which the collector is away (${DEFAULTS.down}: as fast as it stops and starts; the agents' waiting times
                are short then, and the storm is at its worst)
  --kill        the collector is killed, not stopped
  --profile DIR writes processor profiles of the collector

Keys of the JSON line; all but quietP50Ms and quietP99Ms are of the time from the new collector's start to the last report of the
backlog:

  quietP50Ms, quietP99Ms
                      acknowledgement of live reports before the restart
  restartSeconds      from the signal to the new collector's being ready
  backSeconds         until all agents were connected again
  drainedSeconds      until no agent held a missed report any more
  backlogReports, backlogPerSecond
                      missed reports, and how fast they came in
  collectorCpuSeconds what the new collector spent until then
${WINDOW_KEYS}
  refused_CODE        refusals that the agents heard
  reports             made and stored once
`;

export function bench({ args }: BenchOptions): Promise<Record<string, number>> {
  const say = sayFor('storm');
  const of = (name: keyof typeof DEFAULTS): number => numberOf(args, name, DEFAULTS[name]);
  const [agents, reports] = [of('agents'), of('reports')];
  const behind = Math.min(agents, of('behind'));
  const flags = profiling(args);
  return withScope(async (scope) => {
    const stage = await openStage({ scope, agents, shiftMs: reports * STEP_MS, flags, say });
    say(`${agents} connected in ${stage.connectSeconds.toFixed(1)} s; ${of('quiet')} s of quiet`);
    const quiet = await readQuiet(stage, of('quiet'));
    const signal = args.includes('--kill') ? 'SIGKILL' : 'SIGTERM';
    const storm = await restart(stage, { signal, downMs: of('down') * 1000, behind, reports, say });
    const closed = await closeStage(stage, say);
    return { ...quiet, ...storm, ...closed };
  });
}

async function readQuiet(stage: Stage, seconds: number): Promise<Record<string, number>> {
  // A third of it lets the first round of reports declare its columns.
  await pass((seconds * 1000) / 3);
  const end = await openWindow(stage);
  await pass((seconds * 2000) / 3);
  const { told } = await end();
  return { quietP50Ms: told.ackP50Ms, quietP99Ms: told.ackP99Ms };
}

interface Storm {
  signal: NodeJS.Signals;
  downMs: number;
  behind: number;
  reports: number;
  say: (line: string) => void;
}

async function restart(
  stage: Stage,
  { signal, downMs, behind, reports, say }: Storm,
): Promise<Record<string, number>> {
  const stoppedAt = performance.now();
  await stage.collector.stop(signal);
  stage.generator.miss(behind, reports);
  await pass(downMs);
  await stage.collector.start();
  const readyAt = performance.now();
  const since = (at: number): number => rounded((performance.now() - at) / 1000);
  const restartSeconds = since(stoppedAt);
  say(`the collector is there again after ${restartSeconds} s`);
  const end = await openWindow(stage, { fresh: true });
  let backSeconds = Infinity;
  await waitFor(stage.generator, say, 'the backlog to be drained', ({ open, missedHeld }) => {
    if (open === stage.generator.agents) backSeconds = Math.min(backSeconds, since(readyAt));
    return missedHeld === 0 && backSeconds < Infinity;
  });
  const drainedSeconds = since(readyAt);
  const window = await end();
  say(`all back after ${backSeconds} s, drained after ${drainedSeconds} s`);
  for (const [why, times] of Object.entries(window.told.ended)) say(`${times} links ended: ${why}`);
  const backlogReports = behind * reports;
  return {
    restartSeconds,
    backSeconds,
    drainedSeconds,
    backlogReports,
    backlogPerSecond: rounded(backlogReports / drainedSeconds),
    collectorCpuSeconds: rounded(window.collectorCpuSeconds),
    ...figuresOf(window, say),
    ...refusals(window),
  };
}

function refusals({ told }: Window): Record<string, number> {
  return Object.fromEntries(Object.entries(told.refused).map(([code, count]) => [`refused_${code}`, count]));
}
