// Will the next backup fit? Promise: pure and explained: when it starts (by the schedule, else by the usual distance), how much it needs
// (by a robust rule over its past runs) and what will be free then (by the disk's trend).
//
//   slope  = median of the slopes between all pairs of the last 14 runs (Theil–Sen)
//   level  = median of the runs, each moved along the slope to the start
//   spread = 1.4826 × median distance from that level
//   need   = level + the larger of 10 % of it and 3 × spread
//
// One run that was broken or doubled moves none of the medians. With fewer than 3 runs: the largest and a fifth.

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

type Forecastable = Pick<SetDigest, 'history' | 'policy'>;

/** `undefined`: no past run, no schedule, or no disk is known. */
export function forecastOf(
  { history, policy }: Forecastable,
  disk: Disk | undefined,
  { now, zone }: { now: number; zone: string },
): Forecast | undefined {
  const runs = history
    .filter((r) => r.bytes > 0 && r.at <= now)
    .sort((a, b) => a.at - b.at)
    .slice(-RUNS);
  const startsAt = nextStart(policy.schedule, now, zone) ?? byDistance(runs, now);
  if (!disk || runs.length === 0 || startsAt === undefined) return undefined;
  const need = needOf(runs, startsAt);
  const grows = Math.max(0, disk.perHour ?? 0) * ((startsAt - now) / HOUR_MS);
  const freeThenBytes = Math.max(0, Math.round(disk.freeBytes - grows));
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
  if (!last || runs.length < 3) return undefined;
  const next = last.at + median(runs.slice(1).map((r, i) => r.at - (runs[i]?.at ?? r.at)));
  return next > now ? next : undefined;
}
