// What an agent would read on a host at an instant, as values of its columns. Counters are integrals of the same rhythm that the
// gauges show, so that rates and loads agree.

import { seriesKey } from '../../../shared/catalogue.ts';
import { drift, jitter, seedOf } from './draw.ts';
import { bootOf, episodeAt } from './episodes.ts';
import { busyAt, DAY, HOUR, workUntil } from './rhythm.ts';
import { type SetState, stateOfSet } from './sets.ts';
import { type DemoDisk, type DemoHost, type DemoService, GIB, MIB, type World } from './shape.ts';

export interface HostValues {
  columns: string[];
  /** Fills one row; `out` is as long as `columns`. */
  read(at: number, out: Float64Array): void;
}

/** What all columns of one instant share. */
interface Moment {
  at: number;
  busy: number;
  /** A backup is being written. */
  saving: boolean;
  active: number;
  memUsed: number;
  bootAt: number;
  sets: SetState[];
  /** Backup bytes written since history began. */
  saved: number;
}

type Column = (moment: Moment) => number;
type Add = (key: string, column: Column) => void;

const STEADY_MS = 15 * 60_000;

export function openValues(world: World, host: DemoHost): HostValues {
  const columns: string[] = [];
  const reads: Column[] = [];
  const add: Add = (key, column) => {
    columns.push(key);
    reads.push(column);
  };
  const origin = host.bootAt;
  addProcessor(add, host);
  addMemory(add, host);
  for (const disk of host.disks) addDisk(add, world, host, disk);
  addTraffic(add, host, origin);
  addSystem(add, host);
  for (const service of host.services) addService(add, host, service);
  addFeeds(add, host);
  host.sets.forEach((set, i) => addSet(add, set.name, i));
  addOwn(add, host, origin);
  const momentAt = openMoment(world, host);
  return {
    columns,
    read(at, out) {
      const moment = momentAt(at);
      for (let i = 0; i < reads.length; i++) out[i] = (reads[i] as Column)(moment);
    },
  };
}

function openMoment(world: World, host: DemoHost): (at: number) => Moment {
  const cpuSeed = seedOf(host.seed, 'cpu');
  const memSeed = seedOf(host.seed, 'mem');
  return (at) => {
    const busy = busyAt(at) * host.load * (1 + 0.18 * drift(cpuSeed, at, STEADY_MS));
    const sets = host.sets.map((set) => stateOfSet(world, host, set, at));
    const saving = sets.some((set) => set.writing);
    const noise = 3.2 * jitter(cpuSeed, at, 1000) + 2 * drift(cpuSeed + 1, at, 90_000);
    const active = clamp(4 + 46 * busy + (saving ? 17 : 0) + noise, 0.7, 99);
    const share =
      0.46 + 0.17 * busy + 0.06 * drift(memSeed, at, 6 * HOUR) + 0.004 * jitter(memSeed, at, 1000);
    return {
      at,
      busy,
      saving,
      active,
      memUsed: Math.round(host.memBytes * clamp(share, 0.2, 0.94)),
      bootAt: bootOf(host, at),
      sets,
      saved: sets.reduce((sum, set) => sum + set.written, 0),
    };
  };
}

function addProcessor(add: Add, host: DemoHost): void {
  const seed = seedOf(host.seed, 'iowait');
  const iowait: Column = (m) =>
    tenth(clamp(0.4 + 1.6 * m.busy + (m.saving ? 9 : 0) + jitter(seed, m.at, 1000), 0, 60));
  add('cpu_usage_active', (m) => tenth(m.active));
  add('cpu_usage_user', (m) => tenth(m.active * 0.71));
  add('cpu_usage_system', (m) => tenth(m.active * 0.24));
  add('cpu_usage_iowait', iowait);
}

function addMemory(add: Add, { memBytes, seed }: DemoHost): void {
  const swapTotal = 8 * GIB;
  const swap: Column = (m) =>
    Math.round(swapTotal * clamp(0.05 + 0.05 * drift(seed + 7, m.at, 12 * HOUR), 0, 1));
  add('mem_total', () => memBytes);
  add('mem_used', (m) => m.memUsed);
  add('mem_available', (m) => memBytes - m.memUsed);
  add('mem_used_percent', (m) => tenth((100 * m.memUsed) / memBytes));
  add('mem_cached', (m) => Math.round((memBytes - m.memUsed) * 0.7));
  add('swap_total', () => swapTotal);
  add('swap_used', swap);
  add('swap_used_percent', (m) => tenth((100 * swap(m)) / swapTotal));
}

/** A full one fills within its episode and is then cleared. */
export function diskUsed(world: World, host: DemoHost, disk: DemoDisk, at: number): number {
  const days = (at - world.startAt) / DAY;
  let used = disk.usedBytes + disk.perDayBytes * days + 30 * MIB * drift(host.seed + 3, at, 2 * HOUR);
  const filling = episodeAt(host, 'disk-full', disk.path, at);
  if (filling) {
    const ending = filling.to === Infinity;
    // What goes on has reached 90 % at the end of history, and goes on at that pace.
    const goal = (ending ? 0.9 : 0.93) * disk.totalBytes;
    const lasts = ending ? world.endAt - filling.from : filling.to - filling.from;
    used += Math.max(0, goal - used) * ((at - filling.from) / lasts);
  }
  const set = host.sets.filter((each) => each.disk === disk.path);
  for (const each of set) used += stateOfSet(world, host, each, at).bytesKept;
  return Math.round(Math.min(used, disk.totalBytes * 0.995));
}

function addDisk(add: Add, world: World, host: DemoHost, disk: DemoDisk): void {
  const { path, totalBytes } = disk;
  const key = (metric: string): string => seriesKey(metric, { path });
  // Four columns of one figure.
  let known = { at: Number.NaN, used: 0 };
  const used: Column = ({ at }) => {
    if (known.at !== at) known = { at, used: diskUsed(world, host, disk, at) };
    return known.used;
  };
  add(key('disk_total'), () => totalBytes);
  add(key('disk_used'), used);
  add(key('disk_free'), (m) => totalBytes - used(m));
  add(key('disk_used_percent'), (m) => hundredth((100 * used(m)) / totalBytes));
}

/** Since `origin`, or the boot: of so much per second at rest and so much more when busy. */
function counter(rest: number, busy: number, m: Moment, origin: number): number {
  const since = Math.max(origin, m.bootAt);
  return Math.floor((rest * (m.at - since) + busy * (workUntil(m.at) - workUntil(since))) / 1000);
}

function addTraffic(add: Add, host: DemoHost, origin: number): void {
  const name = (host.disks.at(-1) ?? host.disks[0])?.device ?? '';
  const data = host.disks[1]?.device ?? name;
  const k = host.load;
  for (const device of new Set([data, name])) {
    const isBackup = device === name && host.sets.length > 0;
    const key = (metric: string): string => seriesKey(metric, { name: device });
    const share = device === data ? 1 : 0.04;
    add(
      key('diskio_read_bytes'),
      (m) => counter(90e3 * share, 3.4e6 * k * share, m, origin) + (isBackup ? 0 : m.saved),
    );
    add(
      key('diskio_write_bytes'),
      (m) => counter(160e3 * share, 1.9e6 * k * share, m, origin) + (isBackup ? m.saved : 0),
    );
    add(
      key('diskio_io_time'),
      (m) => counter(9 * share, 140 * k * share, m, origin) + Math.round(m.saved / 180e3),
    );
  }
  const net = (metric: string): string =>
    seriesKey(metric, { interface: host.platform === 'windows' ? 'Ethernet0' : 'eth0' });
  add(net('net_bytes_recv'), (m) => counter(42e3, 820e3 * k, m, origin));
  add(net('net_bytes_sent'), (m) => counter(30e3, 1.35e6 * k, m, origin));
  add(net('net_err_in'), () => 0);
}

function addSystem(add: Add, host: DemoHost): void {
  if (host.platform === 'linux') {
    // The longer the average, the calmer.
    const load =
      (slotMs: number, swing: number): Column =>
      (m) => {
        const share = 0.03 + 0.45 * m.busy + (m.saving ? 0.12 : 0);
        return hundredth(
          Math.max(0.02, share * host.cpus * (1 + swing * drift(host.seed + slotMs, m.at, slotMs))),
        );
      };
    add('system_load1', load(60_000, 0.5));
    add('system_load5', load(300_000, 0.25));
    add('system_load15', load(900_000, 0.1));
  }
  add('system_n_cpus', () => host.cpus);
  add('system_uptime', (m) => Math.floor((m.at - m.bootAt) / 1000));
  add('host_boot_time_seconds', (m) => Math.floor(m.bootAt / 1000));
}

function addService(add: Add, host: DemoHost, service: DemoService): void {
  const { name } = service;
  const seed = seedOf(host.seed, name);
  const labels = { name };
  const isUp = (m: Moment): boolean => !episodeAt(host, 'service-down', name, m.at);
  // Of history it is known how often it was started again since the boot.
  const restarts: Column = ({ at, bootAt }) =>
    host.episodes.filter(
      (e) => e.kind === 'service-down' && e.subject === name && e.to <= at && e.to > bootAt,
    ).length;
  add(seriesKey('service_up', labels), (m) => (isUp(m) ? 1 : 0));
  add(seriesKey('service_restarts', labels), restarts);
  add(seriesKey('service_memory_rss', labels), (m) =>
    isUp(m)
      ? Math.round(service.rssBytes * (1 + 0.07 * drift(seed, m.at, 3 * HOUR) + 0.1 * m.busy))
      : Number.NaN,
  );
  add(seriesKey('service_cpu_percent', labels), (m) =>
    isUp(m) ? tenth(service.cpuPercent * (0.06 + m.busy) * (1 + 0.2 * jitter(seed, m.at, 1000))) : Number.NaN,
  );
  if (service.port === undefined) return;
  const target = portOf(service);
  add(seriesKey('port_up', { target }), (m) => (isUp(m) ? 1 : 0));
  add(seriesKey('port_connect_seconds', { target }), (m) =>
    isUp(m) ? ms(0.4 + 0.6 * m.busy + 0.3 * jitter(seed + 1, m.at, 1000)) : Number.NaN,
  );
  if (service.port !== 8080) return;
  const page = { target: PAGE };
  const app = host.services[1]?.name ?? '';
  // The page needs its own program, and the application behind it.
  const answers = (m: Moment): boolean => isUp(m) && !episodeAt(host, 'service-down', app, m.at);
  add(seriesKey('http_up', page), (m) => (answers(m) ? 1 : 0));
  add(seriesKey('http_status_code', page), (m) => (answers(m) ? 200 : isUp(m) ? 502 : 0));
  add(seriesKey('http_response_seconds', page), (m) =>
    answers(m) ? ms(38 + 160 * m.busy * m.busy + 25 * jitter(seed + 2, m.at, 1000)) : Number.NaN,
  );
  add(seriesKey('http_cert_days', page), (m) => tenth((host.certificateEndsAt - m.at) / DAY));
}

export const PAGE = '院感登录页';
export const portOf = ({ port }: DemoService): string => `127.0.0.1:${port}`;

/** Age of the newest data of a feed, ms. */
export function feedAge(host: DemoHost, name: string, everyMs: number, at: number): number {
  const stalled = episodeAt(host, 'feed-old', name, at);
  const seed = seedOf(host.seed, name);
  const last = (until: number): number => {
    const slot = Math.floor(until / everyMs);
    const here = slot * everyMs + everyMs * 0.4 * (1 + jitter(seed, slot * everyMs, everyMs)) * 0.5;
    return here <= until ? here : here - everyMs;
  };
  return at - last(stalled ? Math.min(at, stalled.from) : at);
}

function addFeeds(add: Add, host: DemoHost): void {
  for (const { name, everyMs } of host.feeds) {
    add(seriesKey('feed_up', { name }), () => 1);
    add(seriesKey('feed_age_seconds', { name }), (m) =>
      Math.round(feedAge(host, name, everyMs, m.at) / 1000),
    );
  }
}

function addSet(add: Add, set: string, i: number): void {
  const of = (m: Moment): SetState => m.sets[i] as SetState;
  const key = (metric: string): string => seriesKey(metric, { set });
  add(key('backup_age_seconds'), (m) => Math.max(0, Math.round((m.at - of(m).newestAt) / 1000)));
  add(key('backup_size_bytes'), (m) => of(m).newestBytes);
  add(key('backup_copies'), (m) => of(m).copies);
  add(key('backup_writing'), (m) => (of(m).writing ? 1 : 0));
  add(key('backup_rung'), (m) => of(m).rung);
}

/** Collector's clock less the host's, ms. */
export function clockOffset(host: DemoHost, at: number): number {
  const off = episodeAt(host, 'clock-off', '', at);
  const usual = 9 * drift(host.seed + 5, at, 2 * HOUR) + 2;
  // Someone set it by hand: all at once.
  return off ? 134_000 + usual : usual;
}

function addOwn(add: Add, host: DemoHost, origin: number): void {
  const sibling = host.hospital.hosts.find((other) => other !== host);
  add('clock_offset_seconds', (m) => ms(clockOffset(host, m.at)));
  add('clock_rtt_seconds', (m) =>
    ms(17 + 6 * drift(host.seed + 11, m.at, HOUR) + 2 * jitter(host.seed, m.at, 1000)),
  );
  add('clock_synchronized', (m) => (episodeAt(host, 'clock-off', '', m.at) ? 0 : 1));
  if (sibling)
    add(seriesKey('witness_answer', { target: sibling.name }), (m) =>
      sibling.episodes.some(
        (e) => (e.kind === 'crash' || e.kind === 'shutdown') && m.at >= e.from && m.at < e.to,
      )
        ? 0
        : 2,
    );
  add('agent_memory_rss', (m) => Math.round(58 * MIB + 3 * MIB * drift(host.seed + 13, m.at, HOUR)));
  add('agent_cpu_seconds', (m) => Math.round(counter(3, 2, m, origin) / 10) / 100);
  add('agent_spool_bytes', () => 0);
  add('agent_spool_reports', () => 0);
  add('agent_spool_lost', () => 0);
}

const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));
const tenth = (value: number): number => Math.round(value * 10) / 10;
const hundredth = (value: number): number => Math.round(value * 100) / 100;
/** Milliseconds as seconds, to the tenth of one. */
const ms = (value: number): number => Math.round(value * 10) / 10_000;
