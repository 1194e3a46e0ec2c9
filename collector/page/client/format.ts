// Numbers, sizes, times and spans as people read them. Sizes count in 1024 and are written GB, as servers' owners expect.

import type { Language } from './text/text.ts';
import type { Words } from './text/zh.ts';

const NOTHING = '–';

export function percent(value: number | null | undefined, digits = 0): string {
  return value === null || value === undefined ? NOTHING : `${value.toFixed(digits)}%`;
}

export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return NOTHING;
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
  let rest = Math.abs(value);
  let unit = 0;
  while (rest >= 1024 && unit < units.length - 1) {
    rest /= 1024;
    unit++;
  }
  const digits = unit === 0 || rest >= 100 ? 0 : rest >= 10 ? 1 : 2;
  return `${value < 0 ? '-' : ''}${rest.toFixed(digits)} ${units[unit]}`;
}

export function perSecond(value: number): string {
  return `${bytes(value)}/s`;
}

/** `500 KB/s` where the number is round. */
export function shortRate(value: number): string {
  return perSecond(value).replace(/\.0+ /, ' ');
}

export function count(value: number | null | undefined, digits = 0): string {
  return value === null || value === undefined ? NOTHING : value.toFixed(digits);
}

/** The two largest units: `3 天 4 小时`. */
export function span(ms: number, words: Words): string {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return words.seconds(s);
  const minutes = Math.floor(s / 60);
  if (minutes < 60) return words.minutes(minutes);
  const hours = Math.floor(minutes / 60);
  const join = (large: string, small: number, text: (n: number) => string) =>
    small === 0 ? large : `${large} ${text(small)}`;
  if (hours < 24) return join(words.hours(hours), minutes % 60, words.minutes);
  return join(words.days(Math.floor(hours / 24)), hours % 24, words.hours);
}

/** The largest unit alone: `3 天前`. */
export function ago(ms: number, words: Words): string {
  if (ms < 3000) return words.now;
  return words.ago(span(ms, words).split(' ').slice(0, 2).join(' '));
}

export function seconds(value: number): string {
  return value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(2)} s`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(
  language: Language,
  timeZone: string,
  name: string,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  const key = `${language} ${timeZone} ${name}`;
  const known =
    formats.get(key) ??
    new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', { timeZone, hour12: false, ...options });
  formats.set(key, known);
  return known;
}

const DAY: Intl.DateTimeFormatOptions = { month: '2-digit', day: '2-digit' };
const MINUTE: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit' };

/** In the hospital's time zone: `2026/03/02 10:15`. */
export function dateTime(at: number, timeZone: string, language: Language): string {
  return format(language, timeZone, 'full', { year: 'numeric', ...DAY, ...MINUTE }).format(at);
}
export function shortTime(at: number, timeZone: string, language: Language): string {
  return format(language, timeZone, 'short', { ...DAY, ...MINUTE }).format(at);
}
export function clockTime(at: number, timeZone: string, language: Language): string {
  return format(language, timeZone, 'clock', { ...MINUTE, second: '2-digit' }).format(at);
}
export function hourMinute(at: number, timeZone: string, language: Language): string {
  return format(language, timeZone, 'minute', MINUTE).format(at);
}
export function monthDay(at: number, timeZone: string, language: Language): string {
  return format(language, timeZone, 'day', DAY).format(at);
}
