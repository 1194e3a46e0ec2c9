// Will the next backup fit? Promise: pure and explained: when it starts (by the schedule, else by the usual distance), how much it needs
// (by a robust rule over its past runs) and what will be free then (by the disk's trend).
//
//   slope  = median of the slopes between all pairs of the last 14 runs (Theil–Sen)
//   level  = median of the runs, each moved along the slope to the start
//   spread = 1.4826 × median distance from that level
//   need   = level + the larger of 10 % of it and 3 × spread
//
// One run that was broken or doubled moves none of the medians. With fewer than 3 runs: the largest and a fifth.
//
// Over several runs (`until`): each that is taken before takes its level away from the next, unless as many copies are there as are kept, so
// that each new one lets an old one go. The disk's trend holds these runs too: the larger of the two counts.

import { median } from '../../shared/median.ts';
import { nextStart } from './calendar.ts';
import type { SetDigest } from './digest.ts';

export interface Disk {
  path: string;
  freeBytes: number;
  /** By how much the used part grows, from its trend. */
  perHour?: number;
}

export interface Forecast {
  startsAt: number;
  needBytes: number;
  rule: 'theil-sen' | 'largest';
  /** Over which it was made. */
  runs: number;
  freeBytes: number;
  freeThenBytes: number;
  path: string;
  /** Less than one and a half times the need is tight. */
  answer: 'fits' | 'tight' | 'too-small';
}

const RUNS = 14;
const TIGHT = 1.5;
const HOUR_MS = 3_600_000;

type Forecastable = Pick<SetDigest, 'history' | 'policy'> & Partial<Pick<SetDigest, 'copies'>>;

interface When {
  now: number;
  zone: string;
  /** Every run that starts before then counts, the next one at least. */
  until?: number;
}

/** Of the next run, or the first of those until then that fits worst; `undefined`: no past run, no schedule, or no disk is known. */
export function forecastOf(set: Forecastable, disk: Disk | undefined, when: When): Forecast | undefined {
  const runs = set.history
    .filter((r) => r.bytes > 0 && r.at <= when.now)
    .sort((a, b) => a.at - b.at)
    .slice(-RUNS);
  if (!disk || runs.length === 0) return undefined;
  const { keep } = set.policy;
  const fills = !(keep > 0 && (set.copies ?? 0) >= keep);
  const starts = startsOf(set.policy.schedule, runs, when);
  let takenBytes = 0;
  let worst: Forecast | undefined;
  for (const startsAt of starts) {
    const forecast = oneRun(runs, disk, { startsAt, now: when.now, takenBytes });
    if (!worst || WORSE.indexOf(forecast.answer) > WORSE.indexOf(worst.answer)) worst = forecast;
    if (fills) takenBytes += median(runs.slice(-3).map((r) => r.bytes));
  }
  return worst;
}

const WORSE: readonly Forecast['answer'][] = ['fits', 'tight', 'too-small'];
/** Log backups every few minutes over a long holiday: the last of them are as good as a sum. */
const MOST_STARTS = 2000;

function startsOf(schedule: string, runs: readonly Run[], { now, zone, until = now }: When): number[] {
  const starts: number[] = [];
  const distance = usualDistance(runs);
  for (let at = now; starts.length < MOST_STARTS;) {
    const before = starts.at(-1);
    const next =
      nextStart(schedule, at, zone) ??
      (before === undefined ? byDistance(runs, now) : distance && before + distance);
    if (next === undefined || next <= at || (starts.length > 0 && next >= until)) return starts;
    starts.push(next);
    at = next;
  }
  return starts;
}

function oneRun(
  runs: readonly Run[],
  disk: Disk,
  { startsAt, now, takenBytes }: { startsAt: number; now: number; takenBytes: number },
): Forecast {
  const need = needOf(runs, startsAt);
  const grows = Math.max(0, disk.perHour ?? 0) * ((startsAt - now) / HOUR_MS);
  const freeThenBytes = Math.max(0, Math.round(disk.freeBytes - Math.max(grows, takenBytes)));
  return {
    startsAt,
    ...need,
    runs: runs.length,
    freeBytes: disk.freeBytes,
    freeThenBytes,
    path: disk.path,
    answer:
      freeThenBytes < need.needBytes
        ? 'too-small'
        : freeThenBytes < TIGHT * need.needBytes
          ? 'tight'
          : 'fits',
  };
}

type Run = SetDigest['history'][number];

function needOf(runs: readonly Run[], startsAt: number): Pick<Forecast, 'needBytes' | 'rule'> {
  if (runs.length < 3) {
    return { needBytes: Math.ceil(1.2 * Math.max(...runs.map((r) => r.bytes))), rule: 'largest' };
  }
  const slope = median(slopes(runs));
  const moved = runs.map((r) => r.bytes + slope * (startsAt - r.at));
  const level = Math.max(0, median(moved));
  const spread = 1.4826 * median(moved.map((m) => Math.abs(m - level)));
  return { needBytes: Math.ceil(level + Math.max(0.1 * level, 3 * spread)), rule: 'theil-sen' };
}

function slopes(runs: readonly Run[]): number[] {
  const found = runs.flatMap((a, i) =>
    runs.slice(i + 1).flatMap((b) => (b.at > a.at ? [(b.bytes - a.bytes) / (b.at - a.at)] : [])),
  );
  return found.length === 0 ? [0] : found;
}

/** Without a schedule: the last run and the usual distance; undefined once that is past. */
function byDistance(runs: readonly Run[], now: number): number | undefined {
  const last = runs.at(-1);
  const distance = usualDistance(runs);
  if (!last || distance === undefined) return undefined;
  const next = last.at + distance;
  return next > now ? next : undefined;
}

function usualDistance(runs: readonly Run[]): number | undefined {
  if (runs.length < 3) return undefined;
  return median(runs.slice(1).map((r, i) => r.at - (runs[i]?.at ?? r.at)));
}
