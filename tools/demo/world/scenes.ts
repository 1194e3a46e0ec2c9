// The instants of history at which the collector would have learned or decided something, with what it would have heard.

import type { Input } from '../../../collector/liveness/model.ts';
import { bootOf, isOff, isSilence, silenceAt } from './episodes.ts';
import { HOUR } from './rhythm.ts';
import type { DemoHost, Episode, World } from './shape.ts';

export interface Scene {
  at: number;
  inputs: Input[];
  /** Who is to be judged. */
  hosts: string[];
}

const SECOND = 1_000;
/** The agent is heard so long after its start. */
const UP_MS = 20 * SECOND;
/** When the liveness machine would decide something after the last frame. */
const DECIDES_MS = [15, 31, 42, 61, 95, 121, 126, 160].map((s) => s * SECOND);
/** When the life of an alert goes on after something began or ended: rules wait from 5 s to 10 min. */
const SETTLES_MS = [5, 12, 30, 75, 140, 310, 620, 700].map((s) => s * SECOND);

export function scenesOf(world: World): Scene[] {
  const scenes: Scene[] = world.hosts.map((host) =>
    sceneOf(host, world.startAt, [helloOf(host, world.startAt)]),
  );
  for (const host of world.hosts) {
    for (const episode of host.episodes) {
      const own = isSilence(episode.kind)
        ? silenceScenes(host, episode)
        : troubleScenes(world, host, episode);
      scenes.push(...own.filter((scene) => scene.at <= world.endAt));
    }
  }
  // All of them at the end: what stands open now was seen to stand.
  for (const agoMs of [650, 330, 120, 60, 20].map((s) => s * SECOND))
    scenes.push({ at: world.endAt - agoMs, inputs: [{ kind: 'tick' }], hosts: world.hosts.map((h) => h.id) });
  return scenes.sort((a, b) => a.at - b.at);
}

function sceneOf(host: DemoHost, at: number, inputs: Input[]): Scene {
  return { at: Math.round(at), inputs, hosts: [host.id] };
}

function troubleScenes(world: World, host: DemoHost, { kind, from, to }: Episode): Scene[] {
  const scenes: Scene[] = [];
  const edge = (at: number): void => {
    for (const ms of SETTLES_MS) scenes.push(sceneOf(host, at + ms, []));
  };
  edge(from);
  if (to !== Infinity) edge(to);
  // What grows crosses its limits in between; an old backup is old only after a day.
  if (kind === 'disk-full' || kind === 'feed-old' || kind === 'backup-missed') {
    const until = Math.min(world.endAt, to + 10 * HOUR);
    for (let at = from; at < until; at += HOUR / 3)
      scenes.push(sceneOf(host, at, []), sceneOf(host, at + 20 * SECOND, []));
  }
  return scenes.filter(({ at }) => !silenceAt(host, at));
}

function silenceScenes(host: DemoHost, episode: Episode): Scene[] {
  const { kind, from, to } = episode;
  // Heard until then.
  const scenes: Scene[] = [sceneOf(host, from - 1, [])];
  if (kind === 'shutdown')
    scenes.push(
      sceneOf(host, from, [
        { kind: 'goodbye', host: host.id, reason: 'shutdown' },
        { kind: 'closed', host: host.id, how: 'goodbye' },
      ]),
    );
  if (kind === 'agent-crash')
    scenes.push(sceneOf(host, from, [{ kind: 'closed', host: host.id, how: 'closed' }]));
  const sibling = host.hospital.hosts.find((other) => other !== host);
  for (const ms of DECIDES_MS) {
    const at = from + ms;
    if (at >= to) break;
    // In the hospital somebody else can be asked, unless the line is cut.
    const answer = kind === 'agent-crash' ? 'accepts' : 'nothing';
    const witness: Input[] =
      sibling && kind !== 'link-cut' && !silenceAt(sibling, at)
        ? [{ kind: 'witness', host: host.id, by: sibling.id, answer, at: at - 2 * SECOND }]
        : [];
    scenes.push(sceneOf(host, at, [...witness, { kind: 'tick' }]));
  }
  if (to === Infinity) return scenes;
  scenes.push(sceneOf(host, to, [helloOf(host, to, episode)]));
  for (const ms of SETTLES_MS) scenes.push(sceneOf(host, to + ms, []));
  return scenes;
}

/** What the agent says when it comes (back): with the boot and the process that it is, and how the one before ended. */
function helloOf(host: DemoHost, at: number, after?: Episode): Input {
  const bootAt = bootOf(host, at);
  const startedAt = processAt(host, at);
  const journal = {
    startedAt,
    ...(after && after.kind !== 'link-cut' ? { runs: [runBefore(host, after)] } : {}),
  };
  return { kind: 'hello', host: host.id, hello: { boot: bootText(bootAt), bootAt, at, journal } };
}

export const bootText = (bootAt: number): string => `boot-${bootAt.toString(36)}`;

/** The agent's process of an instant: it began with history, or after the last silence that ended it. */
export function processAt(host: DemoHost, at: number): number {
  let startedAt = host.bootAt + 60 * SECOND;
  for (const { kind, to } of host.episodes)
    if (isSilence(kind) && kind !== 'link-cut' && to <= at) startedAt = to - UP_MS;
  return startedAt;
}

function runBefore(host: DemoHost, { kind, from }: Episode) {
  const bootAt = bootOf(host, from);
  const isOrderly = kind === 'shutdown';
  return {
    boot: bootText(bootAt),
    bootAt,
    from: processAt(host, from),
    to: from - (isOrderly ? 0 : 2 * SECOND),
    end: isOrderly ? ('orderly' as const) : ('unknown' as const),
    ...(isOrderly && isOff(kind) ? { reason: 'shutdown' as const } : {}),
  };
}
