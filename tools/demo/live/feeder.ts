// Plays the agents of all hosts on, in real time: each reports every 15 s at its own instant, through the collector's real ingest.
// Promise: whose line is cut stays silent; what was read while history was being written comes as backlog first.

import type { Clock } from '../../../shared/clock.ts';
import { nextReading, STEP_MS } from '../apply/samples.ts';
import { silenceAt } from '../world/episodes.ts';
import type { World } from '../world/shape.ts';
import { openDemoAgent } from './agent.ts';

export interface Feeder {
  stop(): Promise<void>;
}

export interface FeederOptions {
  world: World;
  url: string;
  collector: string;
  secret: string;
  clock: Clock;
}

const TURN_MS = 100;
/** New links in each turn: all are there within seconds, and none waits for the others. */
const STARTS_PER_TURN = 4;

export function startFeeder({ clock, world, ...rest }: FeederOptions): Feeder {
  const members = world.hosts
    .filter((host) => !silenceAt(host, world.endAt))
    .map((host) => ({
      agent: openDemoAgent({ ...rest, world, host }),
      dueAt: nextReading(world, host, world.endAt),
    }));
  let started = 0;
  const timer = clock.every(TURN_MS, () => {
    const now = clock.now();
    const fresh = members.slice(started, started + STARTS_PER_TURN);
    started += fresh.length;
    for (const member of members.slice(0, started))
      for (; member.dueAt <= now; member.dueAt += STEP_MS) member.agent.report(member.dueAt);
    for (const { agent } of fresh) agent.start();
  });
  return {
    async stop() {
      timer.cancel();
      await Promise.all(members.map(({ agent }) => agent.stop()));
    },
  };
}
