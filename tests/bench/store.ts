// `npm run bench -- store [--hosts N] [--ticks N]`: the embedded store alone on the fleet workload. Keys of the JSON line:
// samplesPerCpuSecond (both threads, packing and rollups included, making the values excluded), bytesPerSample (every file
// after packing), peakRssMiB, reopenMs and replaySamplesPerSecond (journal alone), lastHoursMs and monthMs (one host; 6 hours of
// all metrics raw, 30 days of one metric by the hour, and monthFineMs by 5 min).

import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storeConfig } from '../../collector/store/config.ts';
import { openEmbeddedStore } from '../../collector/store/embedded.ts';
import type { Entry, Store } from '../../collector/store/store.ts';
import { systemClock, type Clock } from '../../shared/clock.ts';
import { readConfig } from '../../shared/config/schema.ts';
import { host as fleetHost, LAYOUT, SERIES, START_MS, STEP_MS } from '../data/fleet.mjs';

const MIB = 1024 ** 2;
const DAY_MS = 86_400_000;
const FLIGHT = 4;
const layout = LAYOUT as readonly [string, string, readonly string[]][];
export const KEYS = layout.flatMap(([measurement, tag, fields]) =>
  fields.map((f) => `${measurement}_${f}${tag === '' ? '' : `{${tag.replace('=', '="')}"}`}`),
);
const log = {
  info: () => undefined,
  warn: (fields: object, message: string) => process.stderr.write(`${message} ${JSON.stringify(fields)}\n`),
  error: (fields: object, message: string) => process.stderr.write(`${message} ${JSON.stringify(fields)}\n`),
};

export interface BenchOptions {
  json: boolean;
  args: readonly string[];
}

export const about =
  'the embedded store alone (--hosts N, --ticks N): samplesPerCpuSecond, bytesPerSample, peak memory, reading times';

export async function bench(options: BenchOptions): Promise<void> {
  const number = (name: string, otherwise: number): number => {
    const i = options.args.indexOf(`--${name}`);
    return i < 0 ? otherwise : Number(options.args[i + 1]);
  };
  const hosts = number('hosts', 1000);
  const ticks = number('ticks', 960);
  const written = await inFolder((folder) => writing(folder, hosts, ticks));
  const replayed = await inFolder((folder) => replaying(folder, Math.min(hosts, 1000), 60));
  const read = await inFolder((folder) => reading(folder));
  const result = { ...written, ...replayed, ...read };
  for (const [key, value] of Object.entries(result))
    process.stdout.write(
      `${key.padEnd(24)} ${value >= 1000 ? Math.round(value).toLocaleString('en') : value.toFixed(3)}\n`,
    );
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'niswatch-bench-store-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Wall time stands at the end of the workload, so that retention takes nothing. */
function open(folder: string, now: number): Promise<Store> {
  const clock: Clock = { ...systemClock(), now: () => now };
  return openEmbeddedStore({ folder, clock, config: readConfig(storeConfig, {}), log });
}

interface Fleet {
  /** Entries of the next tick; makes the values, whose cost is counted in `cpuMicros`. */
  next(): Entry[];
  cpuMicros: number;
}

export function fleet(count: number, startMs = START_MS): Fleet {
  const hosts = Array.from({ length: count }, (_, i) => fleetHost(i));
  let tick = 0;
  const self: Fleet = {
    cpuMicros: 0,
    next() {
      const before = process.threadCpuUsage();
      const at = startMs + tick * STEP_MS;
      const entries = hosts.map((h, i): Entry => ({
        kind: 'row',
        host: `nis-${i}`,
        stream: i.toString(16).padStart(32, '0'),
        seq: tick,
        at,
        arrivedAt: at + 40 + ((i * 7 + tick * 13) % 60),
        series: 'fleet',
        values: h.next() as number[],
      }));
      tick++;
      const used = process.threadCpuUsage(before);
      self.cpuMicros += used.user + used.system;
      return entries;
    },
  };
  return self;
}

/** Writes tick after tick, several ticks in flight, as agents with several frames in flight would. */
export async function feed(
  store: Store,
  source: Fleet,
  { hosts, ticks, together = 1 }: { hosts: number; ticks: number; together?: number },
  each: () => void = () => undefined,
): Promise<void> {
  for (let i = 0; i < hosts; i++) store.declare(`nis-${i}`, 'fleet', KEYS);
  const flying: Promise<void>[] = [];
  for (let t = 0; t < ticks; t += together) {
    flying.push(store.write(Array.from({ length: together }, () => source.next()).flat()));
    if (flying.length >= FLIGHT) await flying.shift();
    if (t % 16 === 0) each();
  }
  await Promise.all(flying);
}

async function writing(folder: string, hosts: number, ticks: number) {
  let peak = 0;
  const look = (): void => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const source = fleet(hosts);
  const store = await open(folder, START_MS + ticks * STEP_MS);
  const before = process.cpuUsage();
  await feed(store, source, { hosts, ticks }, look);
  await store.maintain({ all: true });
  const used = process.cpuUsage(before);
  look();
  const samples = hosts * ticks * SERIES;
  const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  await store.close();
  const cpuSeconds = (used.user + used.system - source.cpuMicros) / 1e6;
  return {
    samples,
    samplesPerCpuSecond: Math.round(samples / cpuSeconds),
    bytesPerSample: bytes / samples,
    peakRssMiB: peak / MIB,
  };
}

async function replaying(folder: string, hosts: number, ticks: number) {
  const first = await open(folder, START_MS);
  await feed(first, fleet(hosts), { hosts, ticks });
  await first.close();
  const startedAt = performance.now();
  const again = await open(folder, START_MS);
  const reopenMs = performance.now() - startedAt;
  await again.close();
  return { reopenMs, replaySamplesPerSecond: Math.round((hosts * ticks * SERIES) / (reopenMs / 1000)) };
}

async function reading(folder: string) {
  const ticks = (30 * DAY_MS) / STEP_MS;
  const to = START_MS + ticks * STEP_MS;
  const store = await open(folder, to);
  await feed(store, fleet(2), { hosts: 2, ticks, together: 240 });
  await store.maintain();
  const key = KEYS[3] as string;
  const host = 'nis-1';
  const from = to - 30 * DAY_MS;
  const lastHoursMs = await median(() => store.points({ host, keys: KEYS, from: to - 6 * 3_600_000, to }));
  const lastHoursOneMs = await median(() =>
    store.points({ host, keys: [key], from: to - 6 * 3_600_000, to }),
  );
  const lastHoursChartMs = await median(() =>
    store.buckets({ host, keys: KEYS, from: to - 6 * 3_600_000, to, stepMs: 60_000 }),
  );
  const monthMs = await median(() => store.buckets({ host, keys: [key], from, to, stepMs: 3_600_000 }));
  const monthFineMs = await median(() => store.buckets({ host, keys: [key], from, to, stepMs: 300_000 }));
  const monthRawMs = await median(() => store.points({ host, keys: [key], from, to }));
  await store.close();
  return { lastHoursMs, lastHoursOneMs, lastHoursChartMs, monthMs, monthFineMs, monthRawMs };
}

async function median(work: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let i = 0; i < 9; i++) {
    const startedAt = performance.now();
    await work();
    took.push(performance.now() - startedAt);
  }
  return took.sort((a, b) => a - b)[4] as number;
}
