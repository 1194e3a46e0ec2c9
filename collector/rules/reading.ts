// How a rule reads a picture: which series it may judge, and how figures are written for people.
// Promise: stale data neither fires nor resolves; a series that a host has stopped sending for a day is no longer watched.

import { type MetricName, parseSeriesKey, seriesKey } from '../../shared/catalogue.ts';
import type { Text } from '../../shared/text.ts';
import type { Evaluation, Finding, HostPicture, SeriesName } from './rule.ts';

/** Nothing can be judged now: whatever is open stays as it is. */
export const UNKNOWN: Evaluation = Object.freeze({ findings: [], unknown: 'all' });
/** Nothing is wrong. */
export const CLEAR: Evaluation = Object.freeze({ findings: [], unknown: 'none' });

const STALE_MS = 5 * 60_000;
const STALE_INTERVALS = 5;
/** Checks are told at least every 10 min. */
const STALE_CHECK_MS = 25 * 60_000;
const GONE_MS = 24 * 3_600_000;

export interface Reading {
  key: string;
  labels: Readonly<Record<string, string>>;
  value: number;
  at: number;
}

/** What a rule says of one subject: wrong, cannot tell, or fine. */
export type Word = Finding | 'unsure' | undefined;

/** Runs `judge` over every fresh series of the metric, while the host is up. */
export function judgeSeries(
  picture: HostPicture,
  metric: MetricName,
  now: number,
  subjectOf: (labels: Readonly<Record<string, string>>) => string,
  judge: (reading: Reading, subject: string) => Word,
): Evaluation {
  if (picture.verdict.word !== 'up' || picture.latest.size === 0) return UNKNOWN;
  const names = seriesOf(picture, metric);
  // Most hosts have nothing of most metrics, and every rule asks for its own each time a host reports.
  if (names.length === 0) return CLEAR;
  const findings: Finding[] = [];
  const unknown: string[] = [];
  for (const { key, labels } of names) {
    const newest = picture.latest.get(key);
    if (!newest || isGone(picture, newest.at, now)) continue;
    const subject = subjectOf(labels);
    const word = isStale(newest, now)
      ? 'unsure'
      : judge({ key, labels, value: newest.value, at: newest.at }, subject);
    if (word === 'unsure') unknown.push(subject);
    else if (word) findings.push(word);
  }
  return gather(findings, unknown);
}

/** Runs `judge` over every fresh check of the kind, while the host is up. The subject is the check's name. */
export function judgeChecks(
  picture: HostPicture,
  kind: string,
  now: number,
  judge: (check: { status: string; text?: string; since: number }, subject: string) => Word,
): Evaluation {
  if (picture.verdict.word !== 'up') return UNKNOWN;
  if (picture.checks.size === 0) return CLEAR;
  const findings: Finding[] = [];
  const unknown: string[] = [];
  const prefix = `${kind}:`;
  for (const [id, check] of picture.checks) {
    if (!id.startsWith(prefix)) continue;
    const at = check.at ?? now;
    if (isGone(picture, at, now)) continue;
    const subject = id.slice(prefix.length);
    const word = now - at > STALE_CHECK_MS ? 'unsure' : judge(check, subject);
    if (word === 'unsure') unknown.push(subject);
    else if (word) findings.push(word);
  }
  return gather(findings, unknown);
}

export function gather(findings: Finding[], unknown: readonly string[]): Evaluation {
  if (findings.length === 0 && unknown.length === 0) return CLEAR;
  return { findings, unknown: unknown.length === 0 ? 'none' : unknown };
}

/** The newest fresh value of one series. */
export function freshValue(
  picture: HostPicture,
  metric: MetricName,
  labels: Readonly<Record<string, string>>,
  now: number,
): Reading | undefined {
  const key = seriesKey(metric, labels);
  const newest = picture.latest.get(key);
  return newest && !isStale(newest, now) ? { key, labels, value: newest.value, at: newest.at } : undefined;
}

function seriesOf(picture: HostPicture, metric: MetricName): readonly SeriesName[] {
  if (picture.series) return picture.series(metric);
  return [...picture.latest.keys()].flatMap((key) => {
    const parsed = parseSeriesKey(key);
    return parsed?.name === metric ? [{ key, labels: parsed.labels }] : [];
  });
}

function isStale(newest: { at: number; intervalMs?: number }, now: number): boolean {
  // A pause of the link makes one long interval: it must not make old data fresh.
  const interval = Math.min(newest.intervalMs ?? 0, 3_600_000);
  return now - newest.at > Math.max(STALE_MS, STALE_INTERVALS * interval);
}

/** Up for a day and not sent for a day: taken out of agent.yaml, unmounted, removed. */
function isGone(picture: HostPicture, at: number, now: number): boolean {
  return now - at > GONE_MS && now - picture.verdict.since > GONE_MS;
}

/** `96.2%`; never rounded up to a limit that was not reached. */
export function renderPercent(value: number): string {
  return `${(Math.floor(value * 10) / 10).toFixed(1)}%`;
}

export function renderBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
  let [value, unit] = [bytes, 0];
  while (Math.abs(value) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Two units at most: `2 天 3 小时`, `45 秒`. */
export function renderSpan(ms: number): Text {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts: [number, string, string][] = [
    [Math.floor(seconds / 86_400), '天', 'd'],
    [Math.floor(seconds / 3_600) % 24, '小时', 'h'],
    [Math.floor(seconds / 60) % 60, '分钟', 'min'],
    [seconds % 60, '秒', 's'],
  ];
  const first = parts.findIndex(([n]) => n > 0);
  if (first < 0) return { zh: '0 秒', en: '0 s' };
  const shown = parts.slice(first, first + 2).filter(([n]) => n > 0);
  return {
    zh: shown.map(([n, zh]) => `${n} ${zh}`).join(' '),
    en: shown.map(([n, , en]) => `${n} ${en}`).join(' '),
  };
}
