// The week of a hospital: how busy its infection-surveillance server is by the hour, and how much work that is from one instant to
// another, so that gauges and counters tell the same story.

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
/** All hospitals of the demonstration are in UTC+8. */
export const ZONE_MS = 8 * HOUR;
/** 1970-01-05 was a Monday. */
const MONDAY = 4 * DAY - ZONE_MS;

// prettier-ignore
const HOURS = [0.08, 0.06, 0.05, 0.05, 0.05, 0.07, 0.14, 0.38, 0.85, 1, 0.98, 0.82, 0.46, 0.5, 0.8, 0.9, 0.84, 0.55, 0.32, 0.28, 0.25, 0.2, 0.15, 0.1];
const WEEKDAYS = [1.08, 1, 0.98, 0.99, 0.95, 0.55, 0.38];

const KNOTS = Array.from(
  { length: 169 },
  (_, i) => (HOURS[i % 24] ?? 0) * (WEEKDAYS[Math.floor((i % 168) / 24)] ?? 0),
);
/** Work until each knot, in busy milliseconds. */
const WORK = KNOTS.map(() => 0);
for (let i = 1; i < KNOTS.length; i++)
  WORK[i] = (WORK[i - 1] ?? 0) + (((KNOTS[i - 1] ?? 0) + (KNOTS[i] ?? 0)) / 2) * HOUR;
const WEEK_WORK = WORK[168] ?? 0;

/** About 0 at night to 1 on a busy weekday morning. */
export function busyAt(at: number): number {
  const place = inWeek(at) / HOUR;
  const knot = Math.floor(place);
  const from = KNOTS[knot] ?? 0;
  return from + ((KNOTS[knot + 1] ?? 0) - from) * (place - knot);
}

/** The integral of `busyAt` up to an instant, ms; differences of it mean something. */
export function workUntil(at: number): number {
  const week = Math.floor((at - MONDAY) / WEEK);
  const place = inWeek(at) / HOUR;
  const knot = Math.floor(place);
  const part = place - knot;
  const from = KNOTS[knot] ?? 0;
  const slope = (KNOTS[knot + 1] ?? 0) - from;
  return week * WEEK_WORK + (WORK[knot] ?? 0) + (from * part + (slope * part * part) / 2) * HOUR;
}

function inWeek(at: number): number {
  return (((at - MONDAY) % WEEK) + WEEK) % WEEK;
}

/** The local midnight at or before an instant. */
export function midnightOf(at: number): number {
  return Math.floor((at + ZONE_MS) / DAY) * DAY - ZONE_MS;
}

/** `2026-11-02T01:14:00+08:00` */
export function localText(at: number): string {
  return new Date(at + ZONE_MS).toISOString().replace(/\.\d+Z$/, '+08:00');
}

/** `20261102_011400` */
export function stampOf(at: number): string {
  return localText(at).slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '_');
}
