// Series for charts and programs: what to read (pure), and the answer. Promise: about 300 points unless a step is given;
// buckets without data are absent, and the answer says why where it is known.

import { parseSeriesKey } from '../../shared/catalogue.ts';
import { parseDuration } from '../../shared/config/schema.ts';
import { NamedError } from '../../shared/errors.ts';
import type { Bucket } from '../store/store.ts';
import type { Context } from './context.ts';
import type { SeriesReply } from './shapes.ts';
import { readTrail } from './trail.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const STEPS_MS = [
  15_000,
  30_000,
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
].concat([HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR]);
const WANTED_POINTS = 300;
const MOST_POINTS = 11_000;
const MOST_SERIES = 200;
const MOST_CELLS = 200_000;

export interface TimeWish {
  from?: string | undefined;
  to?: string | undefined;
  step?: string | undefined;
}

/** Throws NamedError BAD_REQUEST. Defaults: the last hour, automatic step. The start is aligned to the step. */
export function readTimes(wish: TimeWish, now: number): { from: number; to: number; stepMs: number } {
  const to = readInstant('to', wish.to, now) ?? now;
  const from = readInstant('from', wish.from, now) ?? to - HOUR;
  if (from >= to) throw new NamedError('BAD_REQUEST', 'from: must lie before to');
  const stepMs = wish.step === undefined ? automaticStep(to - from) : readStep(wish.step);
  if ((to - from) / stepMs > MOST_POINTS)
    throw new NamedError('BAD_REQUEST', `step: more than ${MOST_POINTS} points; ask for a longer step`);
  return { from: Math.floor(from / stepMs) * stepMs, to, stepMs };
}

export function automaticStep(rangeMs: number): number {
  return STEPS_MS.find((step) => rangeMs / step <= WANTED_POINTS) ?? 24 * HOUR;
}

/** A bare number is seconds, as Prometheus has it; from 1,000 on it is milliseconds, as instants here are. */
function readStep(text: string): number {
  const bare = /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
  const stepMs = bare === undefined ? parseDuration(text) : Math.round(bare < 1000 ? bare * 1000 : bare);
  if (stepMs === undefined || stepMs < 1000 || stepMs > 31 * 24 * HOUR)
    throw new NamedError('BAD_REQUEST', `step: ${text} is not a duration of 1s to 31d such as 30s or 5m`);
  return stepMs;
}

/** ISO 8601, UTC milliseconds, Unix seconds, `now`, or relative to now such as `-6h`. */
export function readInstant(name: string, text: string | undefined, now: number): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (text === 'now') return now;
  const back = text.startsWith('-') ? parseDuration(text.slice(1)) : undefined;
  if (back !== undefined) return now - back;
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : readNumber(text);
  if (!Number.isFinite(at))
    throw new NamedError('BAD_REQUEST', `${name}: ${text} is not a time such as 2026-01-31T08:00:00Z or -6h`);
  return at;
}

/** Up to 11 digits count seconds: as milliseconds they would lie in 1973 or before. */
function readNumber(text: string): number {
  const match = /^(\d{9,16})(\.\d+)?$/.exec(text);
  if (!match?.[1]) return NaN;
  return match[1].length <= 11 ? Math.round(Number(text) * 1000) : Math.trunc(Number(text));
}

/** A wanted metric is a whole key, or a name that stands for all its label sets. */
export function chooseKeys(keys: readonly string[], wanted: readonly string[]): string[] {
  const exact = new Set(wanted.map((w) => parseSeriesKey(w) && w).filter((w) => w?.includes('{')));
  const names = new Set(wanted.filter((w) => !w.includes('{')));
  const chosen = keys.filter((key) => exact.has(key) || names.has(key.split('{', 1)[0] ?? ''));
  if (chosen.length > MOST_SERIES)
    throw new NamedError(
      'BAD_REQUEST',
      `metric: ${chosen.length} series are meant; the limit is ${MOST_SERIES}`,
    );
  return chosen.sort();
}

type Points = SeriesReply['series'][number]['points'];

export function gaugePoints(buckets: readonly Bucket[]): Points {
  return buckets
    .filter((b) => Number.isFinite(b.mean))
    .map((b) => [b.at, tidy(b.min), tidy(b.mean), tidy(b.max)]);
}

/** Change per second of a counter. A fall means a restart: that bucket is left out rather than guessed. */
export function ratePoints(buckets: readonly Bucket[], stepMs: number, from: number): Points {
  const points: Points = [];
  for (let i = 1; i < buckets.length; i++) {
    const [before, now] = [buckets[i - 1], buckets[i]];
    // Across a hole the average would be drawn as if it had been measured.
    if (!before || !now || now.at - before.at > 2 * stepMs || now.at < from || now.last < before.last)
      continue;
    const rate = tidy(((now.last - before.last) * 1000) / (now.at - before.at));
    points.push([now.at, rate, rate, rate]);
  }
  return points;
}

/** Six digits are more than a screen shows; the full binary fraction would double the answer. */
const tidy = (value: number): number => Number(value.toPrecision(9));

export async function readSeries(
  context: Context,
  host: string,
  wish: TimeWish & { metric: readonly string[]; rate?: boolean | undefined },
): Promise<SeriesReply> {
  const { from, to, stepMs } = readTimes(wish, context.clock.now());
  const keys = chooseKeys(await context.store.keys(host), wish.metric);
  if ((keys.length * (to - from)) / stepMs > MOST_CELLS)
    throw new NamedError(
      'BAD_REQUEST',
      'step: too many points in all; ask for a longer step or fewer series',
    );
  const since = wish.rate ? from - stepMs : from;
  const buckets = await context.store.buckets({ host, keys, from: since, to, stepMs });
  const series = keys.map((key) => {
    const found = buckets.get(key) ?? [];
    const { name, labels } = parseSeriesKey(key) ?? { name: key, labels: {} };
    return {
      key,
      name,
      labels,
      points: wish.rate ? ratePoints(found, stepMs, from) : gaugePoints(found),
    };
  });
  return { from, to, step: stepMs, series, gaps: await readGaps(context, host, from, to) };
}

async function readGaps(
  context: Context,
  host: string,
  from: number,
  to: number,
): Promise<SeriesReply['gaps']> {
  const lost = (await context.store.gaps(host, from, to))
    .filter((gap) => gap.fromAt !== undefined)
    .map((gap) => ({ from: gap.fromAt ?? 0, to: gap.toAt ?? gap.fromAt ?? 0, reason: gap.reason }));
  const { spans } = await readTrail(context.state, host, { from, to }, context.clock.now());
  const away = spans
    .filter(({ word }) => word !== 'up' && word !== 'suspect' && word !== 'never-seen')
    .map((span) => ({ from: span.from, to: span.to, reason: span.word }));
  return [...lost, ...away].filter((gap) => gap.to >= gap.from).sort((a, b) => a.from - b.from);
}
