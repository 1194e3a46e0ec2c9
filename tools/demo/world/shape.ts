// What a world is made of: hospitals, hosts, backup sets, and what happens to them. Shapes only.

export interface WorldOptions {
  seed: number;
  hospitals: number;
  days: number;
  /** The end of history, UTC ms. */
  endAt: number;
}

export interface World extends WorldOptions {
  startAt: number;
  list: DemoHospital[];
  hosts: DemoHost[];
}

export interface DemoHospital {
  id: string;
  name: string;
  timeZone: string;
  hosts: DemoHost[];
}

export interface DemoHost {
  id: string;
  seed: number;
  hospital: DemoHospital;
  name: string;
  hostname: string;
  platform: 'windows' | 'linux';
  os: string;
  cpus: number;
  memBytes: number;
  disks: DemoDisk[];
  services: DemoService[];
  feeds: { name: string; everyMs: number; maxAgeMs: number }[];
  sets: DemoSet[];
  /** How much of the hospital's work it has. */
  load: number;
  certificateEndsAt: number;
  /** When it booted before history begins. */
  bootAt: number;
  episodes: Episode[];
}

export interface DemoDisk {
  path: string;
  device: string;
  totalBytes: number;
  /** At the start of history. */
  usedBytes: number;
  perDayBytes: number;
}

export interface DemoService {
  name: string;
  rssBytes: number;
  cpuPercent: number;
  port?: number;
}

/** One backup set: when it runs, how large it is, how long it takes. */
export interface DemoSet {
  name: string;
  engine: 'sqlserver' | 'mariadb';
  kind: 'full' | 'log' | 'dump';
  database: string;
  folder: string;
  disk: string;
  /** First run of the day after local midnight, and how often, ms. */
  offsetMs: number;
  everyMs: number;
  schedule: string;
  bytes: number;
  perDayBytes: number;
  seconds: number;
  keep: number;
  maxAgeMs: number;
  secondCopy: string;
  /** Days before the end at which a drill was made; undefined: never. */
  drilledDaysAgo?: number;
}

export type EpisodeKind =
  /** Nothing is heard: the machine lost power, was shut down, its agent ended, or the hospital's line was cut. */
  | 'crash'
  | 'shutdown'
  | 'agent-crash'
  | 'link-cut'
  /** Something on it is wrong. */
  | 'service-down'
  | 'disk-full'
  | 'backup-missed'
  | 'feed-old'
  | 'clock-off'
  | 'ransom';

export interface Episode {
  kind: EpisodeKind;
  from: number;
  /** Infinity: it is going on. */
  to: number;
  /** A service, a volume, a set, a feed. */
  subject: string;
}

export const GIB = 1024 ** 3;
export const MIB = 1024 ** 2;
