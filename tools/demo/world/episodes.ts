// What goes wrong: drawn for the past, and placed by hand for the present, so that whoever looks finds one of each.

import { type Draw, openDraw, seedOf } from './draw.ts';
import { DAY, HOUR, midnightOf } from './rhythm.ts';
import type { DemoHospital, DemoHost, Episode, EpisodeKind, World } from './shape.ts';

const SILENT: ReadonlySet<EpisodeKind> = new Set<EpisodeKind>([
  'crash',
  'shutdown',
  'agent-crash',
  'link-cut',
]);
export const isSilence = (kind: EpisodeKind): boolean => SILENT.has(kind);
/** The machine itself is off. */
export const isOff = (kind: EpisodeKind): boolean => kind === 'crash' || kind === 'shutdown';
const MINUTE = 60_000;
/** Two silences of one host lie so far apart, and none so near to the ends of history. */
const APART_MS = 5 * HOUR;

export function makeEpisodes(world: World): void {
  for (const hospital of world.list) {
    const draw = openDraw(seedOf(world.seed, `${hospital.id} episodes`));
    drawCuts(world, hospital, draw);
    for (const host of hospital.hosts) drawPast(world, host, draw);
  }
  placePresent(world);
  for (const { episodes } of world.hosts) episodes.sort((a, b) => a.from - b.from);
}

/** The present cut is the last hospital's. With one hospital alone nothing is cut: it would hide all else. */
function placePresent(world: World): void {
  const { list, endAt } = world;
  const at = (k: number): DemoHospital => list[Math.floor((k * (list.length - 1)) / 5)] as DemoHospital;
  const holder = (hospital: DemoHospital): DemoHost => hospital.hosts.at(-1) as DemoHost;
  const front = (hospital: DemoHospital): DemoHost => hospital.hosts[0] as DemoHost;
  const add = (host: DemoHost, kind: EpisodeKind, agoMs: number, subject = ''): void => {
    const from = Math.max(world.startAt + HOUR, endAt - agoMs);
    host.episodes = host.episodes.filter((e) => e.to < from - HOUR);
    host.episodes.push({ kind, from, to: Infinity, subject });
  };
  const [filling, old, slow, stopped, locked] = [0, 1, 2, 3, 4].map(at) as DemoHospital[];
  add(
    holder(filling as DemoHospital),
    'disk-full',
    16 * HOUR,
    holder(filling as DemoHospital).disks[1]?.path,
  );
  const unsaved = holder(old as DemoHospital);
  if (unsaved.sets[0]) keepOthers(unsaved, 'backup-missed', 46 * HOUR, unsaved.sets[0].name);
  keepOthers(front(slow as DemoHospital), 'clock-off', 7 * HOUR, '');
  const service = front(stopped as DemoHospital).services[1];
  keepOthers(front(stopped as DemoHospital), 'service-down', 24 * MINUTE, service?.name ?? '');
  const ransomed = holder(locked as DemoHospital);
  if (ransomed.sets[0]) keepOthers(ransomed, 'ransom', 55 * MINUTE, ransomed.sets[0].name);
  if (list.length > 1)
    for (const host of (list.at(-1) as DemoHospital).hosts) add(host, 'link-cut', 38 * MINUTE);

  function keepOthers(host: DemoHost, kind: EpisodeKind, agoMs: number, subject: string): void {
    const kept = host.episodes.filter((e) => e.to === Infinity);
    add(host, kind, agoMs, subject);
    host.episodes.push(...kept.filter((e) => !host.episodes.includes(e)));
  }
}

/** The line of a hospital goes for some minutes, now and then for hours. */
function drawCuts(world: World, hospital: DemoHospital, draw: Draw): void {
  for (let at = world.startAt; at < world.endAt; at += 10 * DAY) {
    if (!draw.chance(0.22)) continue;
    const from = at + draw.between(0.1, 9.8) * DAY;
    const to = from + (draw.chance(0.25) ? draw.between(1, 5) * HOUR : draw.between(4, 35) * MINUTE);
    for (const host of hospital.hosts) addSilence(world, host, { kind: 'link-cut', from, to, subject: '' });
  }
}

function drawPast(world: World, host: DemoHost, draw: Draw): void {
  const days = (world.endAt - world.startAt) / DAY;
  const some = (perMonth: number): number => {
    const mean = (perMonth * days) / 30;
    return Math.floor(mean) + (draw.chance(mean % 1) ? 1 : 0);
  };
  const anywhere = (): number => Math.round(draw.between(world.startAt + 2 * HOUR, world.endAt - 8 * HOUR));
  for (let n = some(0.3); n > 0; n--) {
    const from = anywhere();
    addSilence(world, host, { kind: 'crash', from, to: from + draw.between(5, 48) * MINUTE, subject: '' });
  }
  for (let n = some(0.7); n > 0; n--) {
    // Planned, hence at night.
    const from = midnightOf(anywhere()) + draw.between(3.6, 5.2) * HOUR;
    addSilence(world, host, { kind: 'shutdown', from, to: from + draw.between(4, 14) * MINUTE, subject: '' });
  }
  for (let n = some(0.25); n > 0; n--) {
    const from = anywhere();
    addSilence(world, host, {
      kind: 'agent-crash',
      from,
      to: from + draw.between(3, 25) * MINUTE,
      subject: '',
    });
  }
  const push = (kind: EpisodeKind, from: number, lastsMs: number, subject: string | undefined): void => {
    const to = from + lastsMs;
    if (subject === undefined || to > world.endAt - 3 * HOUR || from < world.startAt + HOUR) return;
    host.episodes.push({ kind, from: Math.round(from), to: Math.round(to), subject });
  };
  for (let n = some(1.1); n > 0; n--)
    push('service-down', anywhere(), draw.between(2, 55) * MINUTE, draw.pick(host.services).name);
  for (let n = some(0.22); n > 0; n--)
    push('disk-full', anywhere(), draw.between(26, 60) * HOUR, host.disks[1]?.path);
  for (let n = some(0.35); n > 0 && host.sets[0]; n--)
    push('backup-missed', midnightOf(anywhere()) - HOUR, 20 * HOUR, host.sets[0].name);
  for (let n = some(0.8); n > 0 && host.feeds.length > 0; n--)
    push('feed-old', anywhere(), draw.between(3, 9) * HOUR, draw.pick(host.feeds).name);
}

function addSilence(world: World, host: DemoHost, episode: Episode): void {
  const from = Math.round(episode.from);
  const to = Math.round(episode.to);
  if (from < world.startAt + APART_MS || to > world.endAt - APART_MS) return;
  const near = host.episodes.some(
    (e) => isSilence(e.kind) && from < e.to + APART_MS && to > e.from - APART_MS,
  );
  if (!near) host.episodes.push({ ...episode, from, to });
}

export function episodeAt(
  host: DemoHost,
  kind: EpisodeKind,
  subject: string,
  at: number,
): Episode | undefined {
  return host.episodes.find((e) => e.kind === kind && e.subject === subject && at >= e.from && at < e.to);
}

export function silenceAt(host: DemoHost, at: number): Episode | undefined {
  return host.episodes.find((e) => isSilence(e.kind) && at >= e.from && at < e.to);
}

/** How long before the agent is heard again the machine booted. */
const START_MS = 45_000;

export function bootOf(host: DemoHost, at: number): number {
  let bootAt = host.bootAt;
  for (const { kind, to } of host.episodes) if (isOff(kind) && to <= at) bootAt = to - START_MS;
  return bootAt;
}
