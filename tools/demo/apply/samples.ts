// The samples of history, through the store's own interface: denser where people look first. What a cut line held back arrived
// when it was mended; what nobody read is not there.

import { createHash } from 'node:crypto';
import type { Entry, Store } from '../../../collector/store/store.ts';
import { seedOf, unitAt } from '../world/draw.ts';
import { isSilence } from '../world/episodes.ts';
import { DAY, HOUR } from '../world/rhythm.ts';
import { openValues } from '../world/values.ts';
import type { DemoHost, World } from '../world/shape.ts';

/** How far apart the readings are, by how long before the end they lie: as the agents' own where the page draws each. */
const DISTANCES: readonly [agoMs: number, everyMs: number][] = [
  [2 * HOUR, 15_000],
  [7 * HOUR, 30_000],
  [2 * DAY, 60_000],
  // Near enough for a rate over five minutes.
  [Infinity, 150_000],
];
export const STEP_MS = 15_000;
const AT_ONCE = 512;

/** An agent reads every 15 s at an instant of its own: the first one from `at` on. */
export function nextReading(world: World, host: DemoHost, at: number): number {
  const first = world.startAt + Math.floor(unitAt(seedOf(host.seed, 'phase'), 0) * STEP_MS);
  return first + Math.max(0, Math.ceil((at - first) / STEP_MS)) * STEP_MS;
}

/** Instants at which the host's agent read, oldest first. */
export function* readingsOf(world: World, host: DemoHost): Generator<{ at: number; arrivedAt: number }> {
  const silences = host.episodes.filter((e) => isSilence(e.kind));
  let next = 0;
  for (
    let at = nextReading(world, host, world.startAt);
    at < world.endAt;
    at += distanceAt(world.endAt - at)
  ) {
    while (next < silences.length && (silences[next]?.to ?? 0) <= at) next++;
    const silence = silences[next];
    if (!silence || at < silence.from) yield { at, arrivedAt: at + 80 };
    // Read meanwhile, and told afterwards.
    else if (silence.kind === 'link-cut' && silence.to !== Infinity)
      yield { at, arrivedAt: silence.to + 20_000 };
  }
}

const distanceAt = (agoMs: number): number => DISTANCES.find(([most]) => agoMs <= most)?.[1] ?? STEP_MS;

export const seriesId = (columns: readonly string[]): string =>
  createHash('sha256').update(columns.join('\n')).digest('hex').slice(0, 16);

export const streamOf = (host: DemoHost): string =>
  createHash('sha256').update(`history of ${host.id}`).digest('hex').slice(0, 32);

export async function writeSamples(
  store: Store,
  world: World,
  say: (share: number) => void,
): Promise<{ rows: number; samples: number }> {
  let [rows, samples] = [0, 0];
  for (const [i, host] of world.hosts.entries()) {
    say(i / world.hosts.length);
    const { columns, read } = openValues(world, host);
    const series = seriesId(columns);
    const stream = streamOf(host);
    store.declare(host.id, series, columns);
    let seq = 0;
    let entries: Entry[] = [];
    for (const { at, arrivedAt } of readingsOf(world, host)) {
      const values = new Float64Array(columns.length);
      read(at, values);
      entries.push({ kind: 'row', host: host.id, stream, seq: seq++, at, arrivedAt, series, values });
      if (entries.length < AT_ONCE) continue;
      await store.write(entries);
      entries = [];
    }
    await store.write(entries);
    rows += seq;
    samples += seq * columns.length;
  }
  await store.maintain({ all: true });
  return { rows, samples };
}
