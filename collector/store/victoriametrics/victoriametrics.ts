// VictoriaMetrics: line protocol in, raw samples out by /api/v1/export, aggregates by MetricsQL's aggr_over_time. Promise: what
// is read is collapsed to one sample a time, whether or not the server does so itself (-dedup.minScrapeInterval).
//
//   single node   URL/write · URL/api/v1/…
//   cluster       VMINSERT/insert/TENANT/influx/write · VMSELECT/select/TENANT/prometheus/api/v1/…

import { gzipSync } from 'node:zlib';
import {
  type Dialect,
  EngineError,
  type Reader,
  type ReadQuery,
  type Sender,
  toColumns,
} from '../outside/engine.ts';
import { ask, askText, authorization, isRefusal } from '../outside/http.ts';
import { identity, type OutsideSeries } from '../outside/names.ts';
import type { Bucket, SampleColumns } from '../store.ts';
import type { VictoriametricsConfig } from './config.ts';

/** Its parser takes a backslash before these four as an escape. */
export const VICTORIAMETRICS_DIALECT: Dialect = {
  escape: (text) => text.replaceAll(/[\\ ,=]/g, String.raw`\$&`),
};

/** Below the server's own limit of 30,000 points a series. */
const MOST_POINTS = 5_000;
const MOST_NAMES = 8;
const AGGREGATES = ['min', 'max', 'sum', 'last', 'count'] as const;
const DEDUP_ADVICE =
  'start VictoriaMetrics with -dedup.minScrapeInterval=1ms: reports that are sent again after a break would count twice for others who read it';

interface Paths {
  write: string;
  api: string;
  headers: Record<string, string>;
  /** Of a single node alone. */
  own: string | undefined;
}

function pathsOf({ url, selectUrl, tenant, token }: VictoriametricsConfig): Paths {
  const bare = (text: string): string => text.replace(/\/+$/, '');
  const headers = authorization(token, 'Bearer');
  if (selectUrl === '')
    return { write: `${bare(url)}/write?precision=ms`, api: `${bare(url)}/api/v1`, own: bare(url), headers };
  return {
    write: `${bare(url)}/insert/${tenant}/influx/write?precision=ms`,
    api: `${bare(selectUrl)}/select/${tenant}/prometheus/api/v1`,
    own: undefined,
    headers,
  };
}

export function victoriametricsSender(config: VictoriametricsConfig): Sender {
  const { write, own, headers } = pathsOf(config);
  const metrics = async (): Promise<string> => await askText(`${own}/metrics`, { headers });
  return {
    async send(lines) {
      const body = gzipSync(`${lines.join('\n')}\n`, { level: 1 });
      const { status, text } = await ask(write, {
        method: 'POST',
        headers: { ...headers, 'content-encoding': 'gzip' },
        body,
      });
      if (status >= 200 && status < 300) return 0;
      throw new EngineError(isRefusal(status) ? 'split' : 'retry', `${status}: ${text.trim().slice(0, 300)}`);
    },
    ...(own === undefined
      ? {}
      : {
          async generation() {
            return /^vm_app_start_timestamp (\S+)$/m.exec(await metrics())?.[1] ?? '';
          },
          async flush() {
            await askText(`${own}/internal/force_flush`, { headers });
          },
          async advise() {
            const flag = /^flag\{name="dedup\.minScrapeInterval", value="([^"]*)"/m.exec(await metrics());
            return flag?.[1] === '1ms' ? [] : [DEDUP_ADVICE];
          },
        }),
  };
}

interface ExportLine {
  metric: Record<string, string>;
  values: (number | null)[];
  timestamps: number[];
}

interface RangeAnswer {
  data: { result: { metric: Record<string, string>; values: [number, string][] }[] };
}

export function victoriametricsReader(config: VictoriametricsConfig): Reader {
  const { api, headers } = pathsOf(config);
  const post = (path: string, form: Record<string, string>): Promise<string> =>
    askText(`${api}/${path}`, { method: 'POST', headers, body: new URLSearchParams(form) });

  const samples = async (query: ReadQuery): Promise<Map<string, SampleColumns>> => {
    const byIdentity = new Map(query.series.map((s) => [identity(s.metric, s.tags), s.key]));
    const text = await post('export', {
      'match[]': selector(query),
      start: seconds(query.from),
      end: seconds(query.to - 1),
    });
    const found = new Map<string, [number, number][]>();
    for (const line of text.split('\n')) {
      if (line === '') continue;
      const { metric, values, timestamps } = JSON.parse(line) as ExportLine;
      const key = byIdentity.get(identityOf(metric));
      if (key === undefined) continue;
      const list = found.get(key) ?? [];
      found.set(key, list);
      timestamps.forEach((at, i) => {
        const value = values[i];
        if (typeof value === 'number') list.push([at, value]);
      });
    }
    return new Map([...found].map(([key, list]) => [key, toColumns(list)]));
  };

  return {
    samples,
    async buckets(query) {
      const tally = new Tally(query.series);
      for (const [start, end] of slices(query)) tally.add(await aggregates({ ...query, post, start, end }));
      return tally.result();
    },
  };
}

/** First and last instants at which windows end, a millisecond before the next bucket: both ends of a window belong to it so. */
function* slices({ from, to, stepMs }: ReadQuery & { stepMs: number }): Generator<[number, number]> {
  const first = Math.floor(from / stepMs) * stepMs + stepMs - 1;
  const last = Math.ceil(to / stepMs) * stepMs - 1;
  for (let at = first; at <= last; at += stepMs * MOST_POINTS)
    yield [at, Math.min(last, at + stepMs * (MOST_POINTS - 1))];
}

/** Many names in one expression cost the server more than the host's other series cost here. */
function selector({ host, series }: ReadQuery): string {
  const names = [...new Set(series.map((s) => s.metric))];
  const named = names.length > MOST_NAMES ? '' : `__name__=~${quote(names.join('|'))},`;
  return `{${named}host_id=${quote(host)}}`;
}

interface Aggregate {
  labels: Record<string, string>;
  rollup: string;
  values: [at: number, value: number][];
}

async function aggregates(
  query: ReadQuery & {
    post: (path: string, form: Record<string, string>) => Promise<string>;
    start: number;
    end: number;
    stepMs: number;
  },
): Promise<Aggregate[]> {
  const { post, start, end, stepMs } = query;
  const functions = AGGREGATES.map((name) => `"${name}_over_time"`).join(',');
  const text = await post('query_range', {
    query: `aggr_over_time((${functions}), ${selector(query)}[${stepMs}ms]) keep_metric_names`,
    start: seconds(start),
    end: seconds(end),
    step: `${stepMs}ms`,
    // Otherwise the server moves the ends to whole steps, and with them every window.
    nocache: '1',
  });
  return (JSON.parse(text) as RangeAnswer).data.result.map(
    ({ metric: { rollup = '', ...labels }, values }) => ({
      labels,
      rollup,
      values: values.map(([at, value]) => [Math.round(at * 1000) + 1 - stepMs, Number(value)]),
    }),
  );
}

/** Buckets by key out of one answer per aggregate. */
class Tally {
  private readonly buckets = new Map<string, Map<number, Partial<Record<string, number>>>>();
  private readonly seriesOf = new Map<string, string>();
  private readonly mixed = new Set<string>();
  private readonly byIdentity: Map<string, string>;

  constructor(series: readonly OutsideSeries[]) {
    this.byIdentity = new Map(series.map((s) => [identity(s.metric, s.tags), s.key]));
  }

  add(answers: readonly Aggregate[]): void {
    for (const { labels, rollup, values } of answers) {
      const key = this.byIdentity.get(identityOf(labels));
      if (key === undefined) continue;
      const whose = JSON.stringify([labels.hospital, labels.host]);
      if ((this.seriesOf.get(key) ?? whose) !== whose) this.mixed.add(key);
      this.seriesOf.set(key, whose);
      let byTime = this.buckets.get(key);
      if (!byTime) this.buckets.set(key, (byTime = new Map()));
      for (const [at, value] of values) {
        const bucket = byTime.get(at) ?? {};
        bucket[rollup.replace('_over_time', '')] = value;
        byTime.set(at, bucket);
      }
    }
  }

  result(): { found: Map<string, Bucket[]>; mixed: string[] } {
    const found = new Map<string, Bucket[]>();
    for (const [key, byTime] of this.buckets) {
      if (this.mixed.has(key)) continue;
      const times = [...byTime.keys()].sort((a, b) => a - b);
      found.set(
        key,
        times.map((at) => {
          const { min = 0, max = 0, sum = 0, last = 0, count = 1 } = byTime.get(at) ?? {};
          return { at, min, max, mean: sum / count, last, count };
        }),
      );
    }
    return { found, mixed: [...this.mixed] };
  }
}

const identityOf = ({ __name__ = '', ...labels }: Record<string, string>): string =>
  identity(__name__, labels);
const quote = (text: string): string => JSON.stringify(text);
const seconds = (ms: number): string => (ms / 1000).toFixed(3);
