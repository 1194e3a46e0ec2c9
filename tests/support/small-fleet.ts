// A small generated fleet in which every metric of the catalogue has a series, and troubles run now: a full disk, a stopped service, a
// dead host, an old backup. Promise: everything follows from the seed and the instant; nothing is read, nothing is random.

import { METRICS, type MetricName, seriesKey } from '../../shared/catalogue.ts';

export interface SmallHost {
  id: string;
  hospitalId: string;
  name: string;
  os: string;
  bootAt: number;
  versions: { at: number; version: string }[];
  columns: string[];
  /** One value a column; undefined: the host was not heard then. */
  values(at: number): number[] | undefined;
  /** Not heard from this instant on, and why. */
  down?: { at: number; word: 'down' | 'silent' | 'shutdown' };
}

export interface SmallIncident {
  rule: string;
  hostId: string;
  hospitalId: string;
  subject: string;
  severity: 'critical' | 'warning';
  firingAt: number;
  resolvedAt: number | null;
  value: number;
}

export interface SmallFleet {
  hospitals: { id: string; name: string }[];
  hosts: SmallHost[];
  incidents: SmallIncident[];
  events: { hostId: string; at: number; kind: string; subject?: string; data?: object }[];
}

export interface SmallOptions {
  hospitals: number;
  seed: number;
  /** The instant that counts as now, and how far back there is history. */
  now: number;
  historyMs: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NAMES = [
  '青山县人民医院',
  '江北区中心医院',
  '临河市第一医院',
  '云岭中医院',
  '白鹿妇幼保健院',
  '东湖医院',
];
const SERVICES = ['nis-web', 'nis-db', 'his-feed'];
const SETS = ['nis-full', 'nis-log'];

/** Labels of each metric on a host. */
const SUBJECTS: Readonly<Record<string, readonly string[]>> = {
  path: ['/', '/data'],
  interface: ['eth0'],
  target: ['127.0.0.1:8443'],
  set: SETS,
  probe: ['disk'],
};

const subjectsOf = (metric: MetricName, label: string): readonly string[] =>
  label !== 'name'
    ? (SUBJECTS[label] ?? [])
    : metric.startsWith('diskio_')
      ? ['sda']
      : metric.startsWith('feed_')
        ? ['lis']
        : SERVICES;

/** Every metric of the catalogue, with every label it has on this host. */
export const COLUMNS: { key: string; metric: MetricName; subject: string }[] = (
  Object.keys(METRICS) as MetricName[]
).flatMap((metric) => {
  const label = METRICS[metric].labels[0];
  if (label === undefined) return [{ key: metric, metric, subject: '' }];
  return subjectsOf(metric, label).map((subject) => ({
    key: seriesKey(metric, { [label]: subject }),
    metric,
    subject,
  }));
});

/** Between 0 and 1, the same for the same words. */
export function noise(...words: (string | number)[]): number {
  let hash = 2_166_136_261;
  for (const char of words.join('\n')) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 16_777_619);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 2_246_822_519);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

interface World extends SmallOptions {
  start: number;
}

interface Life {
  id: string;
  bootAt: number;
  /** Which trouble it has. */
  trouble: 'none' | 'disk' | 'service' | 'down' | 'backup';
  troubleAt: number;
}

const TROUBLES: Life['trouble'][] = ['disk', 'service', 'down', 'backup', 'none', 'none'];

export function smallFleet(options: SmallOptions): SmallFleet {
  const world: World = { ...options, start: options.now - options.historyMs };
  const fleet: SmallFleet = { hospitals: [], hosts: [], incidents: [], events: [] };
  for (let i = 0; i < options.hospitals; i++) {
    const id = `h${i}`;
    const round = Math.floor(i / NAMES.length);
    fleet.hospitals.push({ id, name: `${NAMES[i % NAMES.length]}${round === 0 ? '' : `（${round + 1}）`}` });
    for (const [index, name] of ['院感主服务器', '院感备机'].entries()) {
      const life = lifeOf(
        world,
        `${id}-${index}`,
        index === 0 ? (TROUBLES[i % TROUBLES.length] ?? 'none') : 'none',
      );
      fleet.hosts.push(hostOf(world, life, { hospitalId: id, name, os: osOf(i) }));
      tell(fleet, world, life, id);
    }
  }
  return fleet;
}

const osOf = (i: number): string => (i % 2 === 0 ? 'Debian GNU/Linux 12' : 'Windows Server 2019 Standard');

function lifeOf(world: World, id: string, trouble: Life['trouble']): Life {
  const troubleAt = world.now - Math.round((0.2 + 0.3 * noise(world.seed, id, 'trouble')) * world.historyMs);
  // Some were restarted within the history.
  const back = noise(world.seed, id, 'boot') < 0.4 ? 0.7 * world.historyMs : (3 + 60 * noise(id)) * DAY;
  return { id, bootAt: Math.round((world.now - back) / 1000) * 1000, trouble, troubleAt };
}

function hostOf(world: World, life: Life, place: Pick<SmallHost, 'hospitalId' | 'name' | 'os'>): SmallHost {
  const isDown = life.trouble === 'down';
  return {
    ...place,
    id: life.id,
    bootAt: life.bootAt,
    versions: [
      { at: world.start - 20 * DAY, version: '0.0.9' },
      { at: world.now - 0.6 * world.historyMs, version: '0.1.0' },
    ],
    columns: COLUMNS.map(({ key }) => key),
    values(at) {
      if (at < world.start || at > world.now || (isDown && at >= life.troubleAt)) return undefined;
      return COLUMNS.map(({ metric, subject }) => round(valueOf(world, life, metric, subject, at)));
    },
    ...(isDown ? { down: { at: life.troubleAt, word: 'down' as const } } : {}),
  };
}

/** What nobody measures finer. */
const round = (value: number): number => Math.round(value * 1000) / 1000;

/** 0 at night, 1 at noon, in China. */
const daylight = (at: number): number =>
  Math.max(0, Math.sin((((at / HOUR + 8) % 24) / 24) * 2 * Math.PI - Math.PI / 2));

function valueOf(world: World, life: Life, metric: MetricName, subject: string, at: number): number {
  const base = noise(world.seed, life.id, metric, subject);
  const jitter = noise(life.id, metric, subject, Math.floor(at / 15_000));
  const busy = 0.15 + 0.6 * daylight(at) * (0.5 + base) + 0.1 * jitter;
  const isTroubled = at >= life.troubleAt;
  const special = specialOf(life, metric, subject, at, isTroubled);
  if (special !== undefined) return special;
  const { unit, kind } = METRICS[metric];
  const since = Math.max(0, at - life.bootAt) / 1000;
  if (kind === 'counter') return Math.floor(since * counterRate(metric, base)) + Math.floor(jitter * 3);
  switch (unit) {
    case 'percent':
      return Math.min(99, 100 * busy);
    case 'bytes':
      return Math.floor((4 + 60 * base) * 2 ** 30 * (metric.includes('used') ? busy : 1));
    case 'bool':
      return metric === 'disk_read_only' || metric === 'backup_writing' ? 0 : 1;
    case 'seconds':
      return 0.002 + 0.05 * jitter;
    case 'days':
      return 20 + Math.floor(300 * base);
    default:
      return Math.floor(1 + 8 * busy);
  }
}

const counterRate = (metric: string, base: number): number =>
  metric.includes('err') ||
  metric.includes('drop') ||
  metric.includes('restarts') ||
  metric.endsWith('lost') ||
  metric.endsWith('errors')
    ? 0.0002 * base
    : metric.includes('bytes')
      ? 40_000 + 400_000 * base
      : metric === 'agent_cpu_seconds'
        ? 0.002
        : 5 + 50 * base;

function specialOf(
  life: Life,
  metric: MetricName,
  subject: string,
  at: number,
  isTroubled: boolean,
): number | undefined {
  const has = (trouble: Life['trouble'], what: string): boolean =>
    isTroubled && life.trouble === trouble && subject === what;
  switch (metric) {
    case 'system_uptime':
      return (at - life.bootAt) / 1000;
    case 'host_boot_time_seconds':
      return life.bootAt / 1000;
    case 'system_n_cpus':
      return 8;
    case 'disk_used_percent':
      return has('disk', '/data') ? Math.min(99.5, 88 + (at - life.troubleAt) / (10 * MINUTE)) : undefined;
    case 'service_up':
      return has('service', 'nis-web') ? 0 : 1;
    case 'http_up':
    case 'port_up':
      return isTroubled && life.trouble === 'service' && at >= life.troubleAt + 2 * MINUTE ? 0 : 1;
    case 'http_status_code':
      return isTroubled && life.trouble === 'service' ? 0 : 200;
    case 'backup_age_seconds': {
      const every = subject === 'nis-log' ? HOUR : DAY;
      const late = has('backup', 'nis-full') ? 2 * DAY : 0;
      return ((at - 2 * HOUR) % every) / 1000 + late / 1000 + 60;
    }
    case 'backup_rung':
      return has('backup', 'nis-full') ? 1 : 4;
    case 'feed_age_seconds':
      return 30 + ((at / 1000) % 600);
    case 'agent_spool_reports':
      return 1;
    case 'agent_memory_rss':
      return 42 * 2 ** 20;
    default:
      return undefined;
  }
}

const INCIDENTS: Record<
  Exclude<Life['trouble'], 'none'>,
  [rule: string, subject: string, severity: 'critical' | 'warning'][]
> = {
  disk: [['disk-filling', '/data', 'critical']],
  service: [
    ['service-down', 'nis-web', 'critical'],
    ['http-down', '127.0.0.1:8443', 'critical'],
  ],
  down: [['silence', '', 'critical']],
  backup: [['backup-old', 'nis-full', 'warning']],
};

/** Incidents and events of a host. */
function tell(fleet: SmallFleet, world: World, life: Life, hospitalId: string): void {
  const add = (kind: string, at: number, subject?: string, data?: object): void => {
    if (at < world.start - 21 * DAY || at > world.now) return;
    const event = { hostId: life.id, at, kind };
    fleet.events.push({ ...event, ...(subject ? { subject } : {}), ...(data ? { data } : {}) });
  };
  add('host.boot', life.bootAt);
  add('agent.start', world.start - 20 * DAY, undefined, { version: '0.0.9' });
  add('agent.start', world.now - 0.6 * world.historyMs, undefined, { version: '0.1.0' });
  for (let at = Math.ceil(world.start / HOUR) * HOUR; at <= world.now; at += HOUR)
    add('backup.new', at, 'nis-log');
  for (let at = Math.ceil(world.start / DAY) * DAY + 2 * HOUR; at <= world.now; at += DAY)
    if (life.trouble !== 'backup' || at < life.troubleAt) add('backup.new', at, 'nis-full');
  const incident = { hostId: life.id, hospitalId, value: 1 };
  const past = world.start + 0.3 * world.historyMs;
  fleet.incidents.push({
    ...incident,
    rule: 'memory',
    subject: 'mem',
    severity: 'warning',
    firingAt: past,
    resolvedAt: past + 20 * MINUTE,
  });
  if (life.trouble === 'none') return;
  for (const [index, [rule, subject, severity]] of INCIDENTS[life.trouble].entries())
    fleet.incidents.push({
      ...incident,
      rule,
      subject,
      severity,
      firingAt: life.troubleAt + index * 2 * MINUTE,
      resolvedAt: null,
    });
  if (life.trouble === 'service') add('service.down', life.troubleAt, 'nis-web');
}
