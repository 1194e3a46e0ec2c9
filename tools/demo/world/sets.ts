// Where a backup set stands at an instant: what was written when, what is kept, how much of it is proven.

import { seedOf, unitAt } from './draw.ts';
import { DAY, midnightOf } from './rhythm.ts';
import type { DemoHost, DemoSet, World } from './shape.ts';

export interface Run {
  startedAt: number;
  finishedAt: number;
  bytes: number;
}

export interface SetState {
  newestAt: number;
  newestBytes: number;
  copies: number;
  bytesKept: number;
  writing: boolean;
  /** Bytes written since history began, with what is being written. */
  written: number;
  rung: 0 | 1 | 2 | 3 | 4 | 5 | 6;
}

/** Files older than history are there too: as many as are kept. */
const BEFORE_MS = 16 * DAY;

const known = new WeakMap<DemoSet, { runs: Run[]; until: number; written: number[] }>();

/** All runs that were made, oldest first, up to some time after `until`. */
export function runsUntil(world: World, host: DemoHost, set: DemoSet, until: number): readonly Run[] {
  return bookOf(world, host, set, until).runs;
}

function bookOf(world: World, host: DemoHost, set: DemoSet, until: number) {
  const before = known.get(set);
  if (before && before.until >= until) return before;
  const to = until + 2 * DAY;
  const seed = seedOf(host.seed, set.name);
  const missed = host.episodes.filter((e) => e.kind === 'backup-missed' && e.subject === set.name);
  const runs = runsOf(set, world.startAt - BEFORE_MS, to)
    .filter((at) => !missed.some((e) => at >= e.from && at < e.to))
    .map((startedAt): Run => {
      const days = (startedAt - world.startAt) / DAY;
      const chance = unitAt(seed, Math.floor(startedAt / 60_000));
      const bytes = Math.round(
        set.bytes * (set.kind === 'log' ? 0.3 + 1.4 * chance : 0.992 + 0.016 * chance) +
          set.perDayBytes * days,
      );
      const lastsMs = Math.round(set.seconds * 1000 * (0.93 + 0.14 * chance));
      return { startedAt, finishedAt: startedAt + lastsMs, bytes };
    });
  let sum = 0;
  const written = runs.map((run) => (run.finishedAt < world.startAt ? 0 : (sum += run.bytes)));
  const book = { runs, until: to, written };
  known.set(set, book);
  return book;
}

/** Index of the last run that began at or before `at`; -1: none. */
function lastBegun(runs: readonly Run[], at: number): number {
  let [low, high] = [0, runs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((runs[middle] as Run).startedAt <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export function stateOfSet(world: World, host: DemoHost, set: DemoSet, at: number): SetState {
  const { runs, written } = bookOf(world, host, set, at);
  const begun = lastBegun(runs, at);
  const current = runs[begun] as Run;
  const writing = at < current.finishedAt;
  const last = writing ? begun - 1 : begun;
  const newest = runs[last] as Run;
  const copies =
    set.kind === 'log' ? last - lastBegun(runs, oldestFull(world, host, at)) : Math.min(last + 1, set.keep);
  const share = writing ? (at - current.startedAt) / (current.finishedAt - current.startedAt) : 0;
  const before = written[last] ?? 0;
  return {
    newestAt: newest.finishedAt,
    newestBytes: newest.bytes,
    copies,
    bytesKept: copies * newest.bytes + (writing ? share * current.bytes : 0),
    writing,
    written: Math.round(before + share * current.bytes),
    rung: rungAt(world, host, set, newest, at),
  };
}

/** Logs are kept as long as there is a full that they follow. */
function oldestFull(world: World, host: DemoHost, at: number): number {
  const full = host.sets.find((each) => each.kind === 'full');
  if (!full) return -Infinity;
  const { runs } = bookOf(world, host, full, at);
  const last = runs.findLastIndex((run) => run.finishedAt <= at);
  return (runs[Math.max(0, last - full.keep + 1)] as Run).startedAt;
}

/** What is promised is proven, but for what is wrong. */
function rungAt(world: World, host: DemoHost, set: DemoSet, newest: Run, at: number): SetState['rung'] {
  const ransom = host.episodes.find((e) => e.kind === 'ransom' && e.subject === set.name);
  if (ransom && at >= ransom.from) return 3;
  if (at - newest.finishedAt > set.maxAgeMs) return 1;
  if (set.secondCopy === '') return 4;
  const drilledAt = drilledAtOf(world, set);
  return drilledAt !== undefined && at >= drilledAt && at - drilledAt < 95 * DAY ? 6 : 5;
}

export function drilledAtOf(world: World, set: DemoSet): number | undefined {
  return set.drilledDaysAgo === undefined
    ? undefined
    : midnightOf(world.endAt - set.drilledDaysAgo * DAY) + DAY * 0.62;
}

/** When the runs of a set begin, [from, to). */
export function runsOf(set: DemoSet, from: number, to: number): number[] {
  const runs: number[] = [];
  for (let day = midnightOf(from); day < to; day += DAY)
    for (let at = day + set.offsetMs; at < day + DAY; at += set.everyMs)
      if (at >= from && at < to) runs.push(at);
  return runs;
}
