// A calendar expression as moments. Promise: local time of this host, daylight saving included; an expression that is none is
// refused with its key when the agent starts.

import type { Cron } from 'croner';
import { openSchedule } from '../../../shared/backup/schedule.ts';
import { NamedError } from '../../../shared/errors.ts';

export interface Calendar {
  /** The latest start at or before this moment. */
  before(at: number): number | undefined;
  /** The first start behind it. */
  after(at: number): number | undefined;
  /** The longest time between two starts around this moment. */
  longestGapMs(at: number): number | undefined;
}

/** Two days of hourly logs; of monthly backups four years. */
const LOOKED_AT = 50;
const LEAST_GRACE_MS = 30 * 60_000;

/** Throws CONFIG_BAD_VALUE that names the key. */
export function openCalendar(expression: string, key: string): Calendar {
  const cron = parse(expression, key);
  const after = (at: number): number | undefined => cron.nextRun(new Date(at))?.getTime();
  return {
    // One millisecond on, because only what lies before the reference is found.
    before: (at) => cron.previousRuns(1, new Date(at + 1))[0]?.getTime(),
    after,
    longestGapMs(at) {
      const starts = cron.nextRuns(LOOKED_AT, new Date(at)).map((start) => start.getTime());
      const gaps = starts.slice(1).map((start, i) => start - (starts[i] ?? start));
      return gaps.length === 0 ? undefined : Math.max(...gaps);
    },
  };
}

function parse(expression: string, key: string): Cron {
  try {
    const cron = openSchedule(expression);
    if (!cron.nextRun(new Date(0))) throw new Error('no such day ever comes');
    return cron;
  } catch (cause) {
    throw new NamedError(
      'CONFIG_BAD_VALUE',
      `${key}: ${JSON.stringify(expression)} is not a calendar expression: ${(cause as Error).message}`,
      {
        cause,
        mend: `Write ${key} as minute, hour, day of month, month, day of week, such as "0 2 * * *" for 02:00 each day.`,
      },
    );
  }
}

/** The last start whose backup must be finished by now: late ones count as missed only after the grace. */
export function dueAt(calendar: Calendar, graceMs: number, now: number): number | undefined {
  const last = calendar.before(now);
  if (last === undefined) return undefined;
  const next = calendar.after(last) ?? Number.POSITIVE_INFINITY;
  return calendar.before(now - Math.min(graceMs, Math.max(LEAST_GRACE_MS, (next - last) / 2)));
}
