// What the demonstration shows: invented hospitals, their hosts, and what happens to them. Pure: the same seed, size and end make the
// same world, and everything in it is a function of time.

import { type Draw, openDraw, seedOf } from './draw.ts';
import { makeEpisodes } from './episodes.ts';
import { hospitalName } from './names.ts';
import { DAY, HOUR } from './rhythm.ts';
import {
  type DemoDisk,
  type DemoHospital,
  type DemoHost,
  type DemoService,
  type DemoSet,
  GIB,
  MIB,
  type World,
  type WorldOptions,
} from './shape.ts';

export function makeWorld(options: WorldOptions): World {
  const world: World = { ...options, startAt: options.endAt - options.days * DAY, list: [], hosts: [] };
  for (let i = 0; i < options.hospitals; i++) {
    const draw = openDraw(seedOf(options.seed, `hospital ${i}`));
    const hospital: DemoHospital = {
      id: `demo${String(i + 1).padStart(2, '0')}`,
      name: hospitalName(i),
      timeZone: 'Asia/Shanghai',
      hosts: [],
    };
    // The last one's line is cut: with two hosts it is seen that it is the line.
    const count = i % 4 === 1 || i === options.hospitals - 1 ? 2 : 1;
    for (let n = 0; n < count; n++) hospital.hosts.push(makeHost(world, hospital, n, count, draw));
    world.list.push(hospital);
    world.hosts.push(...hospital.hosts);
  }
  makeEpisodes(world);
  return world;
}

/** Of two hosts the first is the application's, the second the database's. */
function makeHost(world: World, hospital: DemoHospital, n: number, count: number, draw: Draw): DemoHost {
  const seed = seedOf(world.seed, `${hospital.id} host ${n}`);
  const platform = draw.chance(0.6) ? 'windows' : 'linux';
  const holdsData = n === count - 1;
  const holdsPage = n === 0;
  const name = count === 1 ? 'NIS01' : holdsPage ? 'NIS-APP' : 'NIS-DB';
  const host: DemoHost = {
    id: `${hospital.id}h${n + 1}`.padEnd(20, '0'),
    seed,
    hospital,
    name,
    hostname: `${name.toLowerCase()}-${hospital.id.slice(-2)}`,
    platform,
    os: platform === 'windows' ? draw.pick(WINDOWS) : draw.pick(LINUX),
    cpus: draw.pick([8, 8, 16, 16, 24]),
    memBytes: draw.pick([16, 32, 32, 64]) * GIB,
    disks: [],
    services: [],
    feeds: holdsPage ? FEEDS.slice(0, draw.int(2, FEEDS.length)) : [],
    sets: [],
    load: draw.between(0.55, 1.15),
    certificateEndsAt: world.endAt + draw.int(40, 320) * DAY + draw.int(0, 23) * HOUR,
    bootAt: world.startAt - draw.int(3, 70) * DAY - draw.int(0, 20) * HOUR,
    episodes: [],
  };
  host.disks.push(...makeDisks(host, holdsData, draw));
  host.services.push(...servicesOf(host, { holdsPage, holdsData }, draw));
  if (holdsData) host.sets.push(...makeSets(host, draw));
  return host;
}

const WINDOWS = ['Windows Server 2016', 'Windows Server 2019', 'Windows Server 2019', 'Windows Server 2022'];
const LINUX = ['CentOS Linux 7', 'openEuler 22.03', 'Kylin V10', 'Debian GNU/Linux 12'];
const FEEDS = [
  { name: 'HIS医嘱', everyMs: 5 * 60_000, maxAgeMs: 2 * HOUR },
  { name: 'LIS检验', everyMs: 10 * 60_000, maxAgeMs: 2 * HOUR },
  { name: 'EMR病程', everyMs: 15 * 60_000, maxAgeMs: 4 * HOUR },
  { name: 'PACS报告', everyMs: 20 * 60_000, maxAgeMs: 6 * HOUR },
];

function makeDisks(host: DemoHost, holdsData: boolean, draw: Draw): DemoDisk[] {
  const names: [path: string, device: string, gib: number, perDayMib: number][] =
    host.platform === 'windows'
      ? [
          ['C:', 'C:', 200, 18],
          ['D:', 'D:', draw.pick([1000, 1800, 2000]), 420],
          ['E:', 'E:', 3600, 30],
        ]
      : [
          ['/', 'sda', 200, 18],
          ['/data', 'sdb', draw.pick([1000, 1800, 2000]), 420],
          ['/backup', 'sdc', 3600, 30],
        ];
  return names.slice(0, holdsData ? 3 : 2).map(([path, device, gib, perDay]) => ({
    path,
    device,
    totalBytes: gib * GIB,
    usedBytes: Math.round(gib * GIB * draw.between(0.28, 0.66)),
    perDayBytes: Math.round(perDay * MIB * draw.between(0.6, 1.5)),
  }));
}

function servicesOf(
  { platform }: DemoHost,
  { holdsPage, holdsData }: { holdsPage: boolean; holdsData: boolean },
  draw: Draw,
): DemoService[] {
  const services: DemoService[] = [];
  const add = (name: string, gib: number, cpuPercent: number, port?: number): void => {
    const rssBytes = Math.round(gib * GIB * draw.between(0.8, 1.2));
    services.push({ name, rssBytes, cpuPercent, ...(port === undefined ? {} : { port }) });
  };
  if (holdsPage) {
    add(platform === 'windows' ? 'NisWeb' : 'nginx', 0.06, 2, 8080);
    add(platform === 'windows' ? 'NisService' : 'nis-app', 2.4, 34, 9001);
    add(platform === 'windows' ? 'NisCollect' : 'nis-collect', 0.7, 9);
  }
  if (holdsData)
    add(platform === 'windows' ? 'MSSQLSERVER' : 'mariadb', 7.5, 58, platform === 'windows' ? 1433 : 3306);
  return services;
}

function makeSets(host: DemoHost, draw: Draw): DemoSet[] {
  const hour = draw.pick([0, 1, 1, 2, 3]);
  const minute = draw.pick([0, 0, 10, 30]);
  const offsetMs = hour * HOUR + minute * 60_000;
  const hasCopy = draw.chance(0.65);
  const drilled = draw.chance(0.55) ? { drilledDaysAgo: draw.int(5, 80) } : {};
  if (host.platform === 'linux') {
    const bytes = Math.round(draw.between(2.5, 9) * GIB);
    const copy = hasCopy ? '/mnt/nas/nis-backup' : '';
    return [
      {
        name: 'nis-dump',
        engine: 'mariadb',
        kind: 'dump',
        database: 'nis',
        folder: '/backup/mysql',
        disk: '/backup',
        offsetMs,
        everyMs: DAY,
        schedule: `${minute} ${hour} * * *`,
        bytes,
        perDayBytes: 6 * MIB,
        seconds: Math.round(bytes / (38 * MIB)),
        keep: 14,
        maxAgeMs: 26 * HOUR,
        secondCopy: copy,
        ...drilled,
      },
    ];
  }
  const bytes = Math.round(draw.between(12, 46) * GIB);
  const copy = hasCopy ? String.raw`\\nas01\nis-backup` : '';
  const share = { engine: 'sqlserver' as const, database: 'NIS', disk: 'E:', secondCopy: copy };
  return [
    {
      ...share,
      name: 'nis-full',
      kind: 'full',
      folder: String.raw`E:\Backup\NIS\FULL`,
      offsetMs,
      everyMs: DAY,
      schedule: `${minute} ${hour} * * *`,
      bytes,
      perDayBytes: 40 * MIB,
      seconds: Math.round(bytes / (140 * MIB)),
      keep: 7,
      maxAgeMs: 26 * HOUR,
      ...drilled,
    },
    {
      ...share,
      name: 'nis-log',
      kind: 'log',
      folder: String.raw`E:\Backup\NIS\LOG`,
      offsetMs: 0,
      everyMs: 2 * HOUR,
      schedule: '0 */2 * * *',
      bytes: 160 * MIB,
      perDayBytes: 0,
      seconds: 6,
      keep: 0,
      maxAgeMs: 5 * HOUR,
    },
  ];
}
