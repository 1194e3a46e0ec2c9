// Plays the agents of all hosts on, in real time: each reports every 15 s at its own instant, through the collector's real ingest.
// Promise: whose line is cut stays silent; what was read while history was being written comes as backlog first.

import type { Clock } from '../../../shared/clock.ts';
import { seedOf, unitAt } from '../world/draw.ts';
import { silenceAt } from '../world/episodes.ts';
import type { World } from '../world/shape.ts';
import { type DemoAgent, openDemoAgent } from './agent.ts';

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

const STEP_MS = 15_000;
const TURN_MS = 100;
/** New links in each turn: all are there within seconds, and none waits for the others. */
const STARTS_PER_TURN = 4;

export function startFeeder({ clock, world, ...rest }: FeederOptions): Feeder {
  const members: { agent: DemoAgent; dueAt: number }[] = world.hosts
    .filter((host) => !silenceAt(host, world.endAt))
    .map((host) => ({
      agent: openDemoAgent({ ...rest, world, host }),
      dueAt: clock.now() + Math.floor(unitAt(seedOf(host.seed, 'phase'), 1) * STEP_MS),
    }));
  let started = 0;
  const timer = clock.every(TURN_MS, () => {
    const now = clock.now();
    for (const { agent } of members.slice(started, started + STARTS_PER_TURN)) {
      for (let at = world.endAt + STEP_MS; at < now; at += STEP_MS) agent.report(at);
      agent.report(now);
      agent.start();
    }
    started = Math.min(members.length, started + STARTS_PER_TURN);
    for (const member of members.slice(0, started)) {
      if (now < member.dueAt) continue;
      // After a machine that slept, not all that was missed.
      member.dueAt = Math.max(member.dueAt + STEP_MS, now);
      member.agent.report(now);
    }
  });
  return {
    async stop() {
      timer.cancel();
      await Promise.all(members.map(({ agent }) => agent.stop()));
    },
  };
}
