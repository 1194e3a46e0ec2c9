// Instants, durations and sizes as a report prints them: in the hospital's zone, never rounded to look better.

/// <reference lib="esnext.temporal" preserve="true" />

import { type Proof, sayProof } from '../../../shared/backup/proof.ts';
import type { Language } from '../../../shared/text.ts';

export interface Format {
  language: Language;
  time(at: number): string;
  day(at: number): string;
  duration(ms: number): string;
  bytes(bytes: number): string;
  /** `41,204` */
  count(value: number): string;
  /** What an agent told, with the instants in it as the rest of the report prints them. */
  told(text: string): string;
  /** What a rung rests on, in the report's language; of an older or later agent, and what the system itself says, as it was told. */
  proved(rung: Proved): string;
}

export interface Proved {
  text: string;
  proof?: Proof | undefined;
}

const INSTANT = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

export function formatFor(language: Language, zone: string): Format {
  const local = (at: number): string =>
    Temporal.Instant.fromEpochMilliseconds(Math.floor(at))
      .toZonedDateTimeISO(zone)
      .toPlainDateTime()
      .toString({ smallestUnit: 'minute' });
  const time = (at: number): string => local(at).replace('T', ' ');
  const told = (text: string): string =>
    text.replaceAll(INSTANT, (instant) => {
      const at = Date.parse(instant);
      return Number.isNaN(at) ? instant : time(at);
    });
  return {
    language,
    time,
    day: (at) => local(at).slice(0, 10),
    duration: (ms) => duration(ms, language),
    bytes,
    count: (value) => String(value).replaceAll(/\B(?=(\d{3})+$)/g, ','),
    told,
    proved: ({ text, proof }) =>
      sayProof(proof, language, { bytes, time, duration: (ms) => duration(ms, language) }) ?? told(text),
  };
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

export function bytes(value: number): string {
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, value)) / 10));
  const scaled = value / 1024 ** step;
  const digits = step === 0 || scaled >= 100 ? 0 : scaled >= 10 ? 1 : 2;
  return `${scaled.toFixed(digits)} ${UNITS[step]}`;
}

const WORDS: Readonly<Record<Language, [day: string, hour: string, minute: string, second: string]>> = {
  zh: [' 天', ' 小时', ' 分钟', ' 秒'],
  en: [' d', ' h', ' min', ' s'],
};

/** The two largest parts that are not zero: `3 天 4 小时`. */
function duration(ms: number, language: Language): string {
  const seconds = Math.round(ms / 1000);
  const parts = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ];
  const words = WORDS[language];
  const first = parts.findIndex((n) => n > 0);
  if (first < 0) return `0${words[3]}`;
  return parts
    .slice(first, first + 2)
    .map((n, i) => (n > 0 ? `${n}${words[first + i] ?? ''}` : ''))
    .filter((text) => text !== '')
    .join(' ');
}

/** Midnights of the zone in [from, to], a day more at each end. */
export function midnights(from: number, to: number, zone: string): number[] {
  let day = Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(zone).startOfDay();
  const starts = [day.epochMilliseconds];
  while (day.epochMilliseconds < to) {
    day = day.add({ days: 1 }).startOfDay();
    starts.push(day.epochMilliseconds);
  }
  return starts;
}
