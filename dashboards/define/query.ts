// A query in both languages of data sources. `reading` covers what both can say of one metric; what goes beyond is written out twice.
// Promise: the InfluxQL names are the metric's, split at its first underscore (`cpu_usage_active` → measurement cpu, field usage_active).

import { outsideName } from '../../collector/store/outside/names.ts';

export interface Query {
  /** Absent: nothing is asked of that kind of data source. */
  promql?: string;
  influxql?: string;
  /** Label names between braces, such as `{host} {path}`. */
  legend: string;
  /** now: the newest value of each series; table: the same with labels as columns. */
  shape: 'range' | 'now' | 'table';
}

export interface Reading {
  metric: string;
  /** Of counters: growth a second. */
  rate?: boolean;
  fold?: 'max' | 'min' | 'sum' | 'avg';
  /** Labels that stay; without `fold` only InfluxQL needs them. */
  by: readonly string[];
  /** Further conditions on labels, such as `{ severity: 'critical' }`. */
  where?: Readonly<Record<string, string>>;
  /** Applied to each value, such as `* 100`. */
  scale?: string;
  shape?: Query['shape'];
  legend?: string;
}

const PLACE = 'hospital=~"$hospital"';
const HOST = 'host=~"$host"';
export const INFLUX_PLACE = '"hospital" =~ /^$hospital$/';
export const INFLUX_HOST = '"host" =~ /^$host$/';

export type Scope = 'fleet' | 'host' | 'collector';

/** The metric with the dashboard's variables as conditions. */
export function selector(scope: Scope, metric: string, where: Readonly<Record<string, string>> = {}): string {
  const own = Object.entries(where).map(([label, value]) => `${label}="${value}"`);
  const place = scope === 'collector' ? [] : scope === 'fleet' ? [PLACE] : [PLACE, HOST];
  const all = [...place, ...own];
  return all.length === 0 ? metric : `${metric}{${all.join(', ')}}`;
}

/** `FROM … WHERE …` of a metric, with the time of the dashboard. */
export function influxFrom(
  scope: Scope,
  metric: string,
  where: Readonly<Record<string, string>> = {},
): string {
  const own = Object.entries(where).map(([label, value]) => `"${label}" = '${value}'`);
  const place = scope === 'collector' ? [] : scope === 'fleet' ? [INFLUX_PLACE] : [INFLUX_PLACE, INFLUX_HOST];
  return `FROM "${outsideName(metric).measurement}" WHERE ${[...place, ...own, '$timeFilter'].join(' AND ')}`;
}

const INFLUX_FOLD = { max: 'max', min: 'min', sum: 'sum', avg: 'mean' } as const;

export function reading(scope: Scope, wish: Reading): Query {
  const shape = wish.shape ?? 'range';
  const legend = wish.legend ?? wish.by.map((label) => `{${label}}`).join(' ');
  return { promql: promqlOf(scope, wish), influxql: influxqlOf(scope, wish, shape), legend, shape };
}

function promqlOf(scope: Scope, { metric, rate, fold, by, where, scale }: Reading): string {
  const series = selector(scope, metric, where);
  const inner = rate ? `rate(${series}[$__rate_interval])` : series;
  const folded = fold
    ? by.length === 0
      ? `${fold}(${inner})`
      : `${fold} by (${by.join(', ')}) (${inner})`
    : inner;
  return scale ? `${folded} ${scale}` : folded;
}

function influxqlOf(scope: Scope, wish: Reading, shape: Query['shape']): string {
  const { metric, rate, fold, by, where, scale } = wish;
  const field = `"${outsideName(metric).field}"`;
  const from = influxFrom(scope, metric, where);
  const tags = by.map((label) => `"${label}"`);
  const steps = shape === 'range' ? ['time($__interval)'] : [];
  const group = [...steps, ...tags].length === 0 ? '' : ` GROUP BY ${[...steps, ...tags].join(', ')}`;
  const fill = shape === 'range' ? ' fill(none)' : '';
  const value = (text: string): string => (scale ? `${text} ${scale}` : text);
  if (!fold && !rate) return `SELECT ${value(`last(${field})`)} ${from}${group}${fill}`;
  if (!fold)
    return `SELECT ${value(`non_negative_derivative(last(${field}), 1s)`)} ${from} GROUP BY ${['time($__interval)', ...tags].join(', ')} fill(none)`;
  const each = rate
    ? `SELECT non_negative_derivative(last(${field}), 1s) AS "v" ${from} GROUP BY time($__interval), * fill(none)`
    : `SELECT last(${field}) AS "v" ${from} GROUP BY ${[...steps, '*'].join(', ')}${fill}`;
  return `SELECT ${value(`${INFLUX_FOLD[fold]}("v")`)} FROM (${each}) WHERE $timeFilter${group}${fill}`;
}

/** What only can be said by hand. */
export const written = (query: Omit<Query, 'shape' | 'legend'> & Partial<Query>): Query => ({
  shape: 'range',
  legend: '',
  ...query,
});
