// PromQL over HTTP: the collector's /prom over its embedded store, and Debian's Prometheus on the same samples, in one run.

import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seriesKey } from '../../shared/catalogue.ts';
import { readConfig } from '../../shared/config/schema.ts';
import { openStage, type Stage, tokenFor } from '../../collector/api/testing/stage.ts';
import { labelsOf } from '../../collector/prom/labels.ts';
import type { RawSeries } from '../../collector/prom/source.ts';
import { storeConfig } from '../../collector/store/config.ts';
import { openEmbeddedStore } from '../../collector/store/embedded.ts';
import type { Entry, Store } from '../../collector/store/store.ts';
import { testClock } from '../../collector/store/contract/rows.ts';
import { openReference, post, type Reference } from '../promql/reference.ts';
import { seededRandom } from '../sim/random.ts';
import type { BenchOptions, Figures } from './bench.ts';

export const about =
  'queries of dashboards, ours and Prometheus side by side (p50Ms, p95Ms, ratioP95, monthMs)';

const STEP_MS = 15_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const END = Date.UTC(2026, 10, 2);
const HOSPITALS = 40;

const COLUMNS: [name: string, labels: Record<string, string>][] = [
  ['cpu_usage_active', {}],
  ['mem_used_percent', {}],
  ['disk_used_percent', { path: '/' }],
  ['net_bytes_recv', { interface: 'eth0' }],
];

const QUERIES = [
  'avg by (hospital) (cpu_usage_active)',
  'sum by (hospital) (rate(net_bytes_recv[5m]))',
  'topk(5, avg_over_time(cpu_usage_active[10m]))',
  'cpu_usage_active{host="host-7"}',
  'rate(net_bytes_recv{host="host-7"}[5m])',
  'max by (host) (disk_used_percent)',
  'quantile(0.95, mem_used_percent)',
  'count(cpu_usage_active > 60)',
  'predict_linear(disk_used_percent{hospital="hospital-3"}[1h], 4 * 3600)',
  'sum(increase(net_bytes_recv[1h]))',
  'avg(mem_used_percent) - avg(mem_used_percent offset 1h)',
  'max_over_time(cpu_usage_active{hospital=~"hospital-1.*"}[15m])',
];

interface Host {
  id: string;
  labels: Record<string, string>;
  at: Float64Array;
  columns: Float64Array[];
}

function makeHost(index: number, hours: number): Host {
  const random = seededRandom(1000 + index);
  const count = (hours * HOUR) / STEP_MS;
  const phase = random.int(0, STEP_MS - 1);
  const at = Float64Array.from({ length: count }, (_, i) => END - hours * HOUR + i * STEP_MS + phase);
  const state = [random.between(5, 60), random.between(30, 90), random.between(20, 80), random.int(0, 1e9)];
  const columns = COLUMNS.map((_, c) =>
    at.map(() => {
      const v = state[c] as number;
      if (c === 3) return (state[c] = v + random.int(0, 90_000));
      const next = Math.min(100, Math.max(0, v + random.between(-1, 1)));
      state[c] = next;
      return Math.round(next * 10) / 10;
    }),
  );
  const labels = { host: `host-${index}`, hospital: `hospital-${index % HOSPITALS}` };
  return { id: `h${index}`, labels, at, columns };
}

async function fill(store: Store, host: Host): Promise<void> {
  store.declare(
    host.id,
    's',
    COLUMNS.map(([name, labels]) => seriesKey(name, labels)),
  );
  for (let i = 0; i < host.at.length; i += 2000) {
    const entries: Entry[] = Array.from({ length: Math.min(2000, host.at.length - i) }, (_, k) => {
      const at = host.at[i + k] as number;
      const values = host.columns.map((column) => column[i + k] as number);
      return {
        kind: 'row',
        host: host.id,
        stream: host.id.padEnd(32, '0'),
        seq: i + k,
        at,
        arrivedAt: at + 40,
        series: 's',
        values,
      };
    });
    await store.write(entries);
  }
}

async function seed(stage: Stage, hosts: readonly Host[]): Promise<void> {
  const [known] = await stage.state.selectFrom('hosts').selectAll().limit(1).execute();
  if (!known) throw new Error('the stage has no host to copy');
  for (const { id, labels } of hosts) {
    const hospital = {
      id: labels.hospital as string,
      name: labels.hospital as string,
      timeZone: 'Asia/Shanghai',
      createdAt: 0,
    };
    await stage.state
      .insertInto('hospitals')
      .values(hospital)
      .onConflict((c) => c.doNothing())
      .execute();
    const own = {
      id,
      name: labels.host as string,
      hospitalId: hospital.id,
      publicKey: `key-${id}`,
      fingerprint: id,
    };
    await stage.state
      .insertInto('hosts')
      .values({ ...known, ...own })
      .execute();
  }
}

const seriesOf = ({ labels, at, columns }: Host): RawSeries[] =>
  COLUMNS.map(([name, own], c) => ({
    labels: labelsOf({ __name__: name, ...labels, ...own }),
    at,
    value: columns[c] as Float64Array,
  }));

type Ask = (query: string) => Promise<unknown>;

/** Rounds before the clock runs: both are servers that have run for long. */
const WARM_UP = 3;

/** Round by round all queries, the two programs in turn, so that both meet the same machine. */
async function race(
  ours: Ask,
  theirs: Ask,
  rounds: number,
): Promise<{ ours: number[]; theirs: number[]; each: string[] }> {
  const times = { ours: [] as number[], theirs: [] as number[], each: [] as string[] };
  const timed = async (ask: Ask, query: string): Promise<number> => {
    const from = performance.now();
    await ask(query);
    return performance.now() - from;
  };
  const each = QUERIES.map((query) => ({ query, mine: [] as number[], other: [] as number[] }));
  for (let round = -WARM_UP; round < rounds; round++) {
    for (const { query, mine, other } of each) {
      const [our, their] = [await timed(ours, query), await timed(theirs, query)];
      if (round < 0) continue;
      mine.push(our);
      other.push(their);
    }
  }
  for (const { query, mine, other } of each) {
    times.ours.push(...mine);
    times.theirs.push(...other);
    times.each.push(
      `${rank(mine, 0.5).toFixed(1).padStart(8)} ${rank(other, 0.5).toFixed(1).padStart(8)}  ${query}`,
    );
  }
  return times;
}

function rank(times: readonly number[], q: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN;
}

const progress = (text: string): void => void process.stderr.write(`${text}\n`);

export async function bench({ args }: BenchOptions): Promise<Figures> {
  const count = Number(args.find((a) => /^\d+$/.test(a)) ?? 100);
  const closers: (() => unknown)[] = [];
  const scope = { after: (close: () => unknown) => void closers.push(close) };
  try {
    return await measure(count, scope);
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

async function measure(count: number, scope: { after(close: () => unknown): void }): Promise<Figures> {
  progress(`making ${count} hosts × 24 h at 15 s, and one × 30 days`);
  const hosts = Array.from({ length: count }, (_, i) => makeHost(i, 24));
  const month = { ...makeHost(9999, 30 * 24), labels: { host: 'month', hospital: 'month' } };
  const folder = mkdtempSync(join(tmpdir(), 'niswatch-promql-'));
  scope.after(() => rmSync(folder, { recursive: true, force: true }));
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const clock = testClock(END);
  const config = readConfig(storeConfig, { keepRaw: '31d' });
  const store = await openEmbeddedStore({ folder, clock, config, log: quiet });
  scope.after(() => store.close());
  const stage = await openStage({ clock });
  scope.after(() => stage.close());
  stage.context.store = store;
  await seed(stage, [...hosts, month]);
  for (const host of [...hosts, month]) await fill(store, host);
  await store.maintain({ all: true });
  progress('filling Prometheus');
  const reference = await openReference(scope, hosts.flatMap(seriesOf));
  return await compare(stage, reference);
}

async function compare(stage: Stage, reference: Reference): Promise<Figures> {
  const headers = await tokenFor(stage, 'engineer');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const times = { start: String((END - DAY) / 1000), end: String(END / 1000), step: '60' };
  const ask = async (query: string, more = times): Promise<void> => {
    const answer = await post(agent, `${stage.url}/prom/api/v1/query_range`, { query, ...more }, headers);
    if (!answer.subarray(0, 20).includes('success'))
      throw new Error(`${query}: ${answer.toString().slice(0, 300)}`);
  };
  const cpu = { ours: process.cpuUsage(), theirs: reference.cpuSeconds() };
  const { ours, theirs, each } = await race(
    ask,
    (query) => reference.askRaw('/api/v1/query_range', { query, ...times }),
    5,
  );
  progress(`median ms: ours, Prometheus\n${each.join('\n')}`);
  const monthly: number[] = [];
  const month = { start: String((END - 30 * DAY) / 1000), end: String(END / 1000), step: '3600' };
  for (let i = 0; i < 12; i++) {
    const from = performance.now();
    await ask('cpu_usage_active{host="month"}', month);
    if (i > 1) monthly.push(performance.now() - from);
  }
  agent.destroy();
  const used = process.cpuUsage(cpu.ours);
  return {
    ours: { p50Ms: rank(ours, 0.5), p95Ms: rank(ours, 0.95), maxMs: rank(ours, 1) },
    prometheus: { p50Ms: rank(theirs, 0.5), p95Ms: rank(theirs, 0.95), maxMs: rank(theirs, 1) },
    ratioP50: rank(ours, 0.5) / rank(theirs, 0.5),
    ratioP95: rank(ours, 0.95) / rank(theirs, 0.95),
    monthMs: rank(monthly, 0.5),
    // Ours with both clients.
    cpuSeconds: { ours: (used.user + used.system) / 1e6, prometheus: reference.cpuSeconds() - cpu.theirs },
  };
}
