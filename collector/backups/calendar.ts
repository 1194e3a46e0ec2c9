// When a set's next backup starts, and where working hours lie, in a zone. Promise: pure; an expression that cannot be read gives
// nothing rather than a guess.

/// <reference lib="esnext.temporal" preserve="true" />

import { openSchedule } from '../../shared/backup/schedule.ts';
import type { IsWorkday } from './workdays.ts';

/** Whatever the configuration names as holidays ends sometime. */
const LONGEST_REST = 31;

/** The first start after `now`. */
export function nextStart(schedule: string, now: number, zone: string): number | undefined {
  if (schedule === '') return undefined;
  try {
    return openSchedule(schedule, { timezone: zone }).nextRun(new Date(now))?.getTime();
  } catch {
    return undefined;
  }
}

/** Whole hours of the days that people work on. */
export interface WorkingHours {
  from: number;
  to: number;
  isWorkday: IsWorkday;
}

export function isWorking({ from, to, isWorkday }: WorkingHours, now: number, zone: string): boolean {
  const local = zonedOf(now, zone);
  return isWorkday(local.toPlainDate()) && local.hour >= from && local.hour < to;
}

/** When the next working hours after those of today begin. */
export function nextWorkingDay({ from, isWorkday }: WorkingHours, now: number, zone: string): number {
  let day = zonedOf(now, zone).toPlainDate();
  const latest = day.add({ days: LONGEST_REST });
  do day = day.add({ days: 1 });
  while (!isWorkday(day) && Temporal.PlainDate.compare(day, latest) < 0);
  return day.toZonedDateTime({ timeZone: zone, plainTime: new Temporal.PlainTime(from) }).epochMilliseconds;
}

function zonedOf(now: number, zone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone);
}
