// What the times and the number of a set's files say about its policy. Pure. Promise: a schedule is guessed only where nearly all runs keep
// to it; where they do not, the usual distance gives an age, and nothing more is said.

import { renderDuration } from '../../../shared/config/schema.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LOOKED_AT = 30;

export interface Schedule {
  /** A calendar expression in local time. */
  expression: string;
  /** For people (zh). */
  words: string;
}

export interface RunTime {
  name: string;
  mtimeMs: number;
}

/** The distance that half of the runs keep to; undefined: fewer than two. */
export function usualGap(mtimes: readonly number[]): number | undefined {
  const times = [...mtimes].sort((a, b) => b - a).slice(0, LOOKED_AT);
  const gaps = times
    .slice(1)
    .map((at, i) => (times[i] ?? at) - at)
    .sort((a, b) => a - b);
  return gaps[Math.floor(gaps.length / 2)];
}

/** Twice to one and a half times the usual distance between two files, by the steps that people plan in. */
export function proposeMaxAge(mtimes: readonly number[]): number {
  const median = usualGap(mtimes);
  if (median === undefined) return 26 * HOUR_MS;
  if (median < 3 * HOUR_MS) return Math.max(HOUR_MS, Math.ceil((median * 4) / HOUR_MS) * HOUR_MS);
  if (median < 30 * HOUR_MS) return 26 * HOUR_MS;
  if (median < 9 * DAY_MS) return 8 * DAY_MS;
  return Math.min(400, Math.ceil((median * 1.2) / DAY_MS)) * DAY_MS;
}

/** The start is in the name where tools write it there; else it lies a little before the file's own time. */
const NAMED_START =
  /(20\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])[-_.T ]?([01]\d|2[0-3])[-_.:]?([0-5]\d)/;

interface Start {
  at: Date;
  isNamed: boolean;
}

function startOf({ name, mtimeMs }: RunTime): Start {
  const [, ...parts] = NAMED_START.exec(name) ?? [];
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = parts.map(Number);
  const named = new Date(year, month - 1, day, hour, minute);
  const lasted = mtimeMs - named.getTime();
  // A time in the name that is far from the file's own is of another zone, or no time at all.
  const isNamed = parts.length > 0 && lasted >= -MINUTE_MS && lasted < 12 * HOUR_MS;
  return { at: isNamed ? named : new Date(mtimeMs), isNamed };
}

const LEAST_RUNS = 4;
/** One run in five may be late, missing or made by hand. */
const MOST = 0.8;

export function guessSchedule(files: readonly RunTime[]): Schedule | undefined {
  const runs = [...files].sort((a, b) => b.mtimeMs - a.mtimeMs).slice(0, LOOKED_AT);
  const gap = usualGap(runs.map(({ mtimeMs }) => mtimeMs));
  if (gap === undefined || runs.length < LEAST_RUNS) return undefined;
  const known = runs.map(startOf);
  const starts = known.map(({ at }) => at);
  // People plan by the half hour; what is only seen finished began before that.
  const step = known.every(({ isNamed }) => isNamed) ? 1 : 30;
  if (gap < 20 * HOUR_MS) return withinTheDay(starts, gap, step);
  const minute = timeOfDay(starts, step);
  if (minute === undefined) return undefined;
  const at = `${minute % 60} ${Math.floor(minute / 60)}`;
  const clock = `${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`;
  if (gap < 30 * HOUR_MS) return daily(starts, at, clock);
  if (gap > 6 * DAY_MS && gap < 8 * DAY_MS) return weekly(starts, at, clock);
  return gap > 27 * DAY_MS && gap < 32 * DAY_MS ? monthly(starts, at, clock) : undefined;
}

const MINUTES = [5, 10, 15, 20, 30];
const HOURS = [1, 2, 3, 4, 6, 8, 12];

/** Every so many minutes, or hours at the same minute. */
function withinTheDay(starts: readonly Date[], gap: number, step: number): Schedule | undefined {
  const minutes = MINUTES.find((each) => Math.abs(gap - each * MINUTE_MS) < MINUTE_MS);
  if (minutes !== undefined) return { expression: `*/${minutes} * * * *`, words: `每 ${minutes} 分钟` };
  const hours = HOURS.find((each) => Math.abs(gap - each * HOUR_MS) < 5 * MINUTE_MS);
  if (hours === undefined) return undefined;
  const [first = 0] = starts.map((start) => start.getHours() % hours);
  const isRegular = share(starts, (start) => start.getHours() % hours === first) >= MOST;
  if (!isRegular) return undefined;
  const least = Math.min(...starts.map((start) => start.getMinutes()));
  const minute = least - (least % step);
  const hour = hours === 1 ? '*' : first === 0 ? `*/${hours}` : `${first}-23/${hours}`;
  return { expression: `${minute} ${hour} * * *`, words: `每 ${hours} 小时` };
}

function daily(starts: readonly Date[], at: string, clock: string): Schedule {
  const isWork = starts.length >= 10 && starts.every((start) => start.getDay() >= 1 && start.getDay() <= 5);
  return isWork
    ? { expression: `${at} * * 1-5`, words: `工作日 ${clock} 前后` }
    : { expression: `${at} * * *`, words: `每天 ${clock} 前后` };
}

const DAYS = ['日', '一', '二', '三', '四', '五', '六'];

function weekly(starts: readonly Date[], at: string, clock: string): Schedule | undefined {
  const [day = 0] = starts.map((start) => start.getDay());
  if (share(starts, (start) => start.getDay() === day) < MOST) return undefined;
  return { expression: `${at} * * ${day}`, words: `每周${DAYS[day]} ${clock} 前后` };
}

function monthly(starts: readonly Date[], at: string, clock: string): Schedule | undefined {
  const [day = 1] = starts.map((start) => start.getDate());
  if (day > 28 || share(starts, (start) => start.getDate() === day) < MOST) return undefined;
  return { expression: `${at} ${day} * *`, words: `每月 ${day} 日 ${clock} 前后` };
}

const SPREAD_MINUTES = 90;

/** The minute of the day at which nearly all begin, rounded down; over midnight as well. */
function timeOfDay(starts: readonly Date[], step: number): number | undefined {
  const minutes = starts.map((start) => start.getHours() * 60 + start.getMinutes());
  for (const candidate of [...minutes].sort((a, b) => a - b)) {
    const isWithin = (minute: number): boolean => (minute - candidate + 1440) % 1440 <= SPREAD_MINUTES;
    if (minutes.filter(isWithin).length >= MOST * minutes.length) return candidate - (candidate % step);
  }
  return undefined;
}

function share<T>(items: readonly T[], is: (item: T) => boolean): number {
  return items.filter(is).length / items.length;
}

function pad(n: number): string {
  return String(n).padStart(2, '0');
}

const USUAL_KEEPS = [2, 3, 5, 7, 10, 14, 21, 28, 30, 60, 90];

/** What people usually keep, with one less than are there: the clean-up may run before the backup. */
export function guessKeep(count: number): number | undefined {
  if (count < 2) return undefined;
  return USUAL_KEEPS.findLast((keep) => keep <= Math.max(2, count - 1));
}

export interface Timing {
  entry: { schedule?: string; maxAge?: string; keep?: number };
  why: string;
}

/** A schedule where there is one, else an age; and how many to keep, but of logs, whose number says nothing. */
export function guessTiming(files: readonly RunTime[], kind: string): Timing {
  const schedule = guessSchedule(files);
  const keep = kind === 'log' ? (files.length > 1 ? 2 : undefined) : guessKeep(files.length);
  const maxAge = renderDuration(proposeMaxAge(files.map(({ mtimeMs }) => mtimeMs)));
  const when = schedule ? `schedule 按文件时间推断为${schedule.words}` : 'maxAge 按以往间隔建议';
  return {
    entry: {
      ...(schedule ? { schedule: schedule.expression } : { maxAge }),
      ...(keep !== undefined && { keep }),
    },
    why: keep !== undefined && keep > 2 ? `${when}，keep 按现有 ${files.length} 份建议` : when,
  };
}
