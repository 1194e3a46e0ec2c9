// What a backup schedule may be: five fields of a crontab, or six with seconds before them. Said once for all who read one.

import { Cron } from 'croner';

/** Throws what croner throws. The zone is the machine's own unless one, or an offset in minutes, is given. */
export function openSchedule(
  expression: string,
  zone: { timezone: string } | { utcOffset: number } | undefined = undefined,
): Cron {
  return new Cron(expression, { ...zone, paused: true, mode: '5-or-6-parts' });
}
