// From the API's series to what uPlot draws: one grid of times, nulls where nothing was measured. Pure.

import type { SeriesReply } from '../../../api/shapes.ts';

export type Series = SeriesReply['series'][number];

export interface Line {
  label: string;
  points: readonly number[][];
}

export interface Grid {
  /** Seconds, as uPlot counts. */
  times: number[];
  /** For each line: mean, min, max. */
  lines: { label: string; mean: (number | null)[]; min: (number | null)[]; max: (number | null)[] }[];
}

/** Every step of the range has its place, so that a hole is drawn as a hole. */
export function toGrid(reply: Pick<SeriesReply, 'from' | 'to' | 'step'>, lines: readonly Line[]): Grid {
  const places = Math.max(1, Math.ceil((reply.to - reply.from) / reply.step));
  const times = Array.from({ length: places }, (_, i) => (reply.from + i * reply.step) / 1000);
  return {
    times,
    lines: lines.map(({ label, points }) => {
      const blank = () => Array.from<number | null>({ length: places }).fill(null);
      const [mean, min, max] = [blank(), blank(), blank()];
      for (const [at = 0, low = 0, middle = 0, high = 0] of points) {
        const place = Math.round((at - reply.from) / reply.step);
        if (place < 0 || place >= places) continue;
        mean[place] = middle;
        min[place] = low;
        max[place] = high;
      }
      return { label, mean, min, max };
    }),
  };
}

/** Places of values with nothing on either side: no line leads to them, so that they are seen as points only. */
export function lonePlaces(values: ArrayLike<number | null | undefined>): number[] {
  const is = (i: number): boolean => (values[i] ?? null) !== null;
  return Array.from({ length: values.length }, (_, i) => i).filter((i) => is(i) && !is(i - 1) && !is(i + 1));
}

/** Lines of one metric, a line per label set; the busiest first when there are many. */
export function linesOf(
  series: readonly Series[],
  metric: string,
  label: (labels: Readonly<Record<string, string>>) => string,
  most = 6,
): Line[] {
  return series
    .filter((s) => s.name === metric && s.points.length > 0)
    .map((s) => ({
      label: label(s.labels),
      points: s.points,
      peak: Math.max(...s.points.map((p) => p[3] ?? 0)),
    }))
    .sort((a, b) => b.peak - a.peak)
    .slice(0, most);
}

export interface Summary {
  last: number | null;
  min: number | null;
  max: number | null;
}

export function summaryOf(line: Grid['lines'][number]): Summary {
  const known = (values: readonly (number | null)[]) => values.filter((v): v is number => v !== null);
  const reduce = (values: number[], pick: (...v: number[]) => number) =>
    values.length === 0 ? null : pick(...values);
  return {
    last: known(line.mean).at(-1) ?? null,
    min: reduce(known(line.min), Math.min),
    max: reduce(known(line.max), Math.max),
  };
}

/** The time that a link names, `from` and `to` in UTC ms; undefined where it names none that makes sense. */
export function givenTime(query: URLSearchParams): { from: number; to: number } | undefined {
  const [from = NaN, to = NaN] = ['from', 'to'].map((name) => Number(query.get(name) || NaN));
  return Number.isSafeInteger(from) && Number.isSafeInteger(to) && from < to ? { from, to } : undefined;
}
