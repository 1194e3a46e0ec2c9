// A store in memory for tests of the HTTP side and the page: real buckets over real points. What these tests have no business
// with (writing, streams) throws.

import { parseSeriesKey } from '../../../shared/catalogue.ts';
import type { Bucket, GapRecord, Point, Store } from '../../store/store.ts';

export interface MemoryStore extends Store {
  add(host: string, key: string, points: readonly Point[]): void;
  addGap(gap: GapRecord): void;
}

function unexpected(what: string) {
  return (): never => {
    throw new Error(`the HTTP side must not call store.${what}`);
  };
}

export function memoryStore(): MemoryStore {
  const hosts = new Map<string, Map<string, Point[]>>();
  const gaps: GapRecord[] = [];
  const seriesOf = (host: string) => hosts.get(host) ?? new Map<string, Point[]>();
  const between = (host: string, key: string, from: number, to: number) =>
    (seriesOf(host).get(key) ?? []).filter((p) => p.at >= from && p.at < to);
  return {
    add(host, key, points) {
      if (!parseSeriesKey(key)) throw new Error(`${key} is not a series key`);
      const series = seriesOf(host);
      series.set(key, [...(series.get(key) ?? []), ...points]);
      hosts.set(host, series);
    },
    addGap: (gap) => void gaps.push(gap),
    keys: (host) => Promise.resolve([...seriesOf(host).keys()].sort()),
    latest(host) {
      const newest = [...seriesOf(host)].map(([key, points]) => [key, points.at(-1)] as const);
      const values = new Map(newest.filter((n): n is readonly [string, Point] => n[1] !== undefined));
      const at = Math.max(...[...values.values()].map((p) => p.at));
      return Promise.resolve(values.size === 0 ? undefined : { values, at });
    },
    points: ({ host, keys, from, to }) =>
      Promise.resolve(new Map(keys.map((key) => [key, between(host, key, from, to)]))),
    buckets: ({ host, keys, from, to, stepMs }) =>
      Promise.resolve(new Map(keys.map((key) => [key, toBuckets(between(host, key, from, to), stepMs)]))),
    gaps: (host, from, to) =>
      Promise.resolve(gaps.filter((g) => g.host === host && (g.fromAt ?? 0) < to && (g.toAt ?? 0) >= from)),
    stats: () =>
      Promise.resolve({ rows: 1, samples: 2, diskBytes: 3, pendingRows: 4, gaps: 5, damagedBlocks: 0 }),
    watermarks: unexpected('watermarks'),
    watermark: unexpected('watermark'),
    declare: unexpected('declare'),
    columns: unexpected('columns'),
    write: unexpected('write'),
    maintain: unexpected('maintain'),
    close: () => Promise.resolve(),
  };
}

function toBuckets(points: readonly Point[], stepMs: number): Bucket[] {
  const buckets = new Map<number, number[]>();
  for (const { at, value } of points) {
    const start = Math.floor(at / stepMs) * stepMs;
    buckets.set(start, [...(buckets.get(start) ?? []), value]);
  }
  return [...buckets].map(([at, values]) => ({
    at,
    min: Math.min(...values),
    max: Math.max(...values),
    mean: values.reduce((sum, v) => sum + v, 0) / values.length,
    last: values.at(-1) ?? Number.NaN,
    count: values.length,
  }));
}
