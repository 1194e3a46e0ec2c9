// `npm run bench -- stores [--hosts N] [--ticks N]`: the three kinds of store on the fleet workload (60 series, 15 s apart), one
// after the other in one run, each through our own Store interface: what a collector would pay. A table for people, and one JSON
// line. Processor time is ours (all threads) and the engine's own; the making of the values is taken off.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { storeConfig } from '../../collector/store/config.ts';
import { openEmbeddedStore } from '../../collector/store/embedded.ts';
import { openOutsideStore } from '../../collector/store/outside/outside.ts';
import type { Store } from '../../collector/store/store.ts';
import { systemClock } from '../../shared/clock.ts';
import { readConfig } from '../../shared/config/schema.ts';
import { SERIES, STEP_MS } from '../data/fleet.mjs';
import { influx, queueSettings, quiet, victoria } from '../stores/outside.ts';
import { type EngineServer, makeDatabase, startInflux, startVictoria } from '../support/engines.ts';
import { temporaryFolder } from '../support/programs.ts';
import { openScope, type Scope } from '../support/scope.ts';
import { until } from '../../tools/processes.ts';
import type { BenchOptions, Figures } from './bench.ts';
import { folderBytes, memoryMiB, secondsOf } from './proc.ts';
import { feed, fleet, KEYS } from './store.ts';

export const about =
  'embedded, victoriaMetrics, influxdb side by side: samplesPerSecond, samplesPerCpuSecond, bytesPerSample, query times';

export const help = `  --hosts N   hosts (${100})
  --ticks N   reports of each, 15 s apart (${960}: four hours)

VictoriaMetrics and InfluxDB must be installed: apt-get install victoria-metrics influxdb
`;

interface Subject {
  name: string;
  store: Store;
  server?: EngineServer;
  /** Brings everything into its final files; bytes of history then. */
  settle(): Promise<number>;
}

const REPEATS = 20;
const clock = systemClock();

export async function bench({ args }: BenchOptions): Promise<Figures> {
  const number = (name: string, otherwise: number): number => {
    const i = args.indexOf(`--${name}`);
    return i < 0 ? otherwise : Number(args[i + 1]);
  };
  const [hosts, ticks] = [number('hosts', 100), number('ticks', 960)];
  const results: [string, Record<string, number>][] = [];
  for (const open of [openOurs, openVictoria, openInflux]) {
    const scope = openScope();
    try {
      const subject = await open(scope);
      results.push([subject.name, await measure(subject, hosts, ticks)]);
      await subject.store.close();
    } finally {
      await scope.close();
    }
  }
  process.stdout.write(`${table(results, hosts * ticks * SERIES)}\n`);
  return Object.fromEntries(results);
}

async function openOurs(scope: Scope): Promise<Subject> {
  const folder = temporaryFolder(scope);
  const config = readConfig(storeConfig, {});
  const store = await openEmbeddedStore({ folder, clock, config, log: quiet });
  return { name: 'embedded', store, settle: async () => folderBytes(folder) };
}

async function openVictoria(scope: Scope): Promise<Subject> {
  const server = await startVictoria(scope, temporaryFolder(scope));
  const ask = async (path: string): Promise<string> => await (await fetch(server.url + path)).text();
  return {
    name: 'victoriaMetrics',
    server,
    store: await openOutside(scope, victoria(server.url)),
    async settle() {
      await ask('/internal/force_merge');
      let quietPolls = 0;
      const isQuiet = async (): Promise<boolean> => {
        const active = /^vm_active_force_merges (\d+)$/m.exec(await ask('/metrics'))?.[1];
        quietPolls = active === '0' ? quietPolls + 1 : 0;
        return quietPolls === 20;
      };
      await until('the merge to end', 600_000, isQuiet, 100);
      return folderBytes(join(server.folder, 'data')) + folderBytes(join(server.folder, 'indexdb'));
    },
  };
}

async function openInflux(scope: Scope): Promise<Subject> {
  const server = await startInflux(scope, temporaryFolder(scope), { compactAfter: '2s' });
  await makeDatabase(server, 'db');
  return {
    name: 'influxdb',
    server,
    store: await openOutside(scope, influx(server.url, 'db')),
    async settle() {
      // Its write-ahead log empties into compressed files when it has been quiet for a while.
      let [before, since] = [0, performance.now()];
      const isQuiet = (): boolean => {
        // Without its list of series, which takes 32 MiB from the first one on.
        const now =
          folderBytes(join(server.folder, 'wal')) + folderBytes(join(server.folder, 'data/db/autogen'));
        if (now !== before) since = performance.now();
        before = now;
        return performance.now() - since > 15_000;
      };
      await until('the compaction to end', 600_000, isQuiet, 500);
      return before;
    },
  };
}

const openOutside = (
  scope: Scope,
  engine: Parameters<typeof openOutsideStore>[0]['engine'],
): Promise<Store> =>
  openOutsideStore({
    folder: temporaryFolder(scope),
    clock,
    engine,
    config: queueSettings({ sendEvery: 0 }),
    places: {
      place: (host) => ({ hospital: `h${Number(host.slice(4)) % 400}`, host }),
      refresh: () => Promise.resolve(),
    },
    log: quiet,
  });

async function measure(subject: Subject, hosts: number, ticks: number): Promise<Record<string, number>> {
  const { store, server } = subject;
  const samples = hosts * ticks * SERIES;
  const from = Math.floor((Date.now() - ticks * STEP_MS) / 3_600_000) * 3_600_000;
  const source = fleet(hosts, from);
  const [ours, theirs] = [process.cpuUsage(), engineSeconds(server)];
  const startedAt = performance.now();
  await feed(store, source, { hosts, ticks, together: 8 });
  await store.maintain({ all: true });
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(ours);
  const ourSeconds = (user + system - source.cpuMicros) / 1e6;
  const stored = (await store.stats()).samples;
  if (stored !== samples) throw new Error(`${subject.name} stored ${stored} samples of ${samples}`);
  const bytes = await subject.settle();
  const theirSeconds = engineSeconds(server) - theirs;
  const reading = await read(store, from, from + ticks * STEP_MS);
  return {
    samplesPerSecond: Math.round(samples / seconds),
    samplesPerCpuSecond: Math.round(samples / (ourSeconds + theirSeconds)),
    collectorCpuSeconds: round(ourSeconds),
    engineCpuSeconds: round(theirSeconds),
    engineMiB: server ? round(memoryMiB(server.pid, 'VmRSS')) : 0,
    bytesPerSample: Number((bytes / samples).toFixed(4)),
    ...reading,
  };
}

/** Medians, ms. Every count is checked, so that no answer is fast because it is short. */
async function read(store: Store, from: number, to: number): Promise<Record<string, number>> {
  const rows = Math.round((to - from) / STEP_MS);
  const [key = ''] = KEYS;
  const all = await median(async () => {
    const found = await store.points({ host: 'nis-1', keys: KEYS, from, to });
    check(found.size, SERIES, 'series');
    check(found.get(key)?.length, rows, 'samples');
  });
  const one = await median(async () => {
    check((await store.points({ host: 'nis-2', keys: [key], from, to })).get(key)?.length, rows, 'samples');
  });
  const stepMs = 300_000;
  const buckets = await median(async () => {
    const found = await store.buckets({ host: 'nis-3', keys: KEYS, from, to, stepMs });
    check(found.get(key)?.length, Math.ceil((to - from) / stepMs), 'buckets');
  });
  return { hostAllSeriesMs: round(all), oneSeriesMs: round(one), hostByFiveMinutesMs: round(buckets) };
}

async function median(work: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < REPEATS; i++) {
    const before = performance.now();
    await work();
    times.push(performance.now() - before);
  }
  return times.sort((a, b) => a - b)[REPEATS >> 1] ?? Number.NaN;
}

function check(got: number | undefined, wanted: number, what: string): void {
  if (got !== wanted) throw new Error(`read ${got} ${what}, wanted ${wanted}`);
}

const engineSeconds = (server: EngineServer | undefined): number =>
  server ? secondsOf(readFileSync(`/proc/${server.pid}/stat`, 'utf8')) : 0;
const round = (x: number): number => Number(x.toPrecision(4));

function table(results: readonly [string, Record<string, number>][], samples: number): string {
  const names = results.map(([name]) => name.padStart(16)).join('');
  const rows = Object.keys(results[0]?.[1] ?? {}).map((row) => {
    const cells = results.map(([, r]) => (r[row] ?? 0).toLocaleString('en', { maximumFractionDigits: 3 }));
    return row.padEnd(22) + cells.map((cell) => cell.padStart(16)).join('');
  });
  return [`${samples.toLocaleString('en')} samples`.padEnd(22) + names, ...rows].join('\n');
}
