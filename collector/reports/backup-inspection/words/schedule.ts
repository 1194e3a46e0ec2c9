// The commonest calendar expressions in words; any other one stands as it is.

export interface ScheduleWords {
  hourly(minute: string): string;
  daily(time: string): string;
  weekly(day: number, time: string): string;
}

const NUMBER = /^\d{1,2}$/;

export function scheduleWords(cron: string, words: ScheduleWords): string {
  const [minute = '', hour = '', day, month, weekday = '', ...more] = cron.trim().split(/\s+/);
  if (more.length > 0 || day !== '*' || month !== '*' || !NUMBER.test(minute)) return cron;
  const time = `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`;
  if (hour === '*' && weekday === '*') return `${words.hourly(minute)} (${cron})`;
  if (!NUMBER.test(hour)) return cron;
  if (weekday === '*') return `${words.daily(time)} (${cron})`;
  return /^[0-7]$/.test(weekday) ? `${words.weekly(Number(weekday) % 7, time)} (${cron})` : cron;
}
