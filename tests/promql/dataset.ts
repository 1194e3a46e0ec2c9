// Six hours of a small fleet, drawn from a seed: gauges, counters with resets, gaps longer than the lookback, irregular and seldom
// samples, NaN and infinity, classic histograms, Chinese label values. Promise: gauges are multiples of 1/8, so that sums do not
// depend on their order and a difference between two programs is a difference of meaning.

import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { labelsOf } from '../../collector/prom/labels.ts';
import type { RawSeries } from '../../collector/prom/source.ts';
import { type Random, seededRandom } from '../sim/random.ts';

export const START = Date.UTC(2026, 9, 31, 22, 15);
export const HOURS = 6;
export const END = START + HOURS * 3_600_000;

const PLACES: [hospital: string, host: string][] = [
  ['市第一人民医院', 'nis-main'],
  ['市第一人民医院', 'nis-main-spare'],
  ['青山县人民医院', 'nis-server'],
  ['St. Mary', 'win-2019'],
  ['St. Mary', 'nis-db'],
];

type Walk = (random: Random) => (i: number) => number;

const eighths = (v: number): number => Math.round(v * 8) / 8;

const gauge =
  (low: number, high: number): Walk =>
  (random) => {
    let v = random.between(low, high);
    return () => {
      v = Math.min(high, Math.max(low, v + random.between(-1, 1) * (high - low) * 0.08));
      return eighths(v);
    };
  };

const counter =
  (perStep: number, resets: number): Walk =>
  (random) => {
    let v = random.int(0, 5000);
    return () => {
      v = random.chance(resets) ? random.int(0, 20) : v + random.int(0, perStep);
      return v;
    };
  };

const flag: Walk = (random) => {
  let up = 1;
  return () => (up = random.chance(0.03) ? 1 - up : up);
};

const odd: Walk = (random) => () =>
  random.chance(0.08) ? random.pick([NaN, Infinity, -Infinity, 0, -0.125]) : eighths(random.between(-50, 50));

/** Names by kind, for the generator. */
export const METRICS = {
  gauges: ['cpu_usage_active', 'mem_used_percent', 'disk_used_percent', 'temperature', 'flappy', 'seldom'],
  counters: ['net_bytes_recv', 'http_requests', 'service_restarts'],
  flags: ['service_up'],
  odd: ['odd_values'],
  info: ['host_info'],
  buckets: ['latency_bucket'],
} as const;

interface Kind {
  name: string;
  walk: Walk;
  labels?: Record<string, string>[];
  every?: number;
  gaps?: number;
}

const KINDS: Kind[] = [
  { name: 'cpu_usage_active', walk: gauge(0, 100) },
  { name: 'mem_used_percent', walk: gauge(20, 95) },
  {
    name: 'disk_used_percent',
    walk: gauge(10, 99),
    labels: [{ path: '/' }, { path: 'D:\\' }, { path: '/数据' }],
  },
  { name: 'temperature', walk: gauge(-30, 30), every: 47_000 },
  { name: 'flappy', walk: gauge(1, 9), gaps: 0.02, labels: [{ kind: 'a' }, { kind: 'b' }] },
  { name: 'seldom', walk: gauge(0, 10), every: 290_000 },
  {
    name: 'net_bytes_recv',
    walk: counter(4000, 0.01),
    labels: [{ interface: 'eth0' }, { interface: 'eth1' }],
  },
  {
    name: 'http_requests',
    walk: counter(7, 0.02),
    labels: [{ code: '200' }, { code: '500' }, { code: '404' }],
    gaps: 0.01,
  },
  { name: 'service_restarts', walk: counter(1, 0.005), every: 60_000 },
  { name: 'service_up', walk: flag, labels: [{ name: 'nis-web' }, { name: 'mysql' }] },
  { name: 'odd_values', walk: odd },
  { name: 'host_info', walk: () => () => 1 },
];

const BOUNDS = ['0.125', '0.5', '1', '2.5', '+Inf'];

export function makeDataset(seed: number): RawSeries[] {
  const root = seededRandom(seed);
  const all: RawSeries[] = [];
  PLACES.forEach(([hospital, host], p) => {
    for (const kind of KINDS)
      for (const own of kind.labels ?? [{}]) {
        const random = root.split(`${kind.name}${JSON.stringify(own)}${host}`);
        const extra =
          kind.name === 'host_info' ? { os: p < 3 ? 'linux' : 'windows', version: `1.${p % 3}` } : {};
        const at = instants(random, kind.every ?? random.pick([15_000, 30_000, 30_000]), kind.gaps ?? 0.002);
        const next = kind.walk(random);
        const value = at.map((_, i) => next(i));
        all.push({ labels: labelsOf({ __name__: kind.name, hospital, host, ...own, ...extra }), at, value });
      }
    all.push(...histogram(root.split(`latency${host}`), { hospital, host }));
  });
  return all;
}

/** Not quite regular, and now and then a hole. */
function instants(random: Random, every: number, gaps: number): Float64Array {
  const at: number[] = [];
  const phase = random.int(0, every);
  const jitter = random.chance(0.5) ? 0 : every / 8;
  for (let t = START + phase; t <= END; t += every) {
    if (random.chance(gaps)) t += Math.ceil(random.between(1, 15 * 60_000) / every) * every;
    if (t <= END) at.push(Math.round(t + random.between(0, jitter)));
  }
  return Float64Array.from(at);
}

function histogram(random: Random, place: Record<string, string>): RawSeries[] {
  const at = instants(random, 30_000, 0.002);
  const counts = BOUNDS.map(() => new Float64Array(at.length));
  const running = BOUNDS.map(() => 0);
  for (let i = 0; i < at.length; i++) {
    let below = 0;
    BOUNDS.forEach((_, b) => {
      running[b] = (running[b] as number) + random.int(0, 3);
      below += running[b] as number;
      (counts[b] as Float64Array)[i] = below;
    });
  }
  return BOUNDS.map((le, b) => ({
    labels: labelsOf({ __name__: 'latency_bucket', ...place, le }),
    at,
    value: counts[b] as Float64Array,
  }));
}

/** For `promtool tsdb create-blocks-from openmetrics`. */
export function writeOpenMetrics(folder: string, series: readonly RawSeries[]): string {
  const file = join(folder, 'data.om');
  const lines: string[] = [];
  for (const { labels, at, value } of series) {
    const name = labels[labels.indexOf('__name__') + 1] as string;
    const pairs: string[] = [];
    for (let i = 0; i < labels.length; i += 2)
      if (labels[i] !== '__name__') pairs.push(`${labels[i]}=${quote(labels[i + 1] as string)}`);
    const head = `${name}{${pairs.join(',')}} `;
    at.forEach((t, i) => lines.push(`${head}${show(value[i] as number)} ${t / 1000}`));
  }
  writeFileSync(file, `${lines.join('\n')}\n# EOF\n`);
  return file;
}

const quote = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
const show = (v: number): string => (v === Infinity ? '+Inf' : v === -Infinity ? '-Inf' : String(v));
