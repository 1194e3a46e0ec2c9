import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { manualClock } from '../../../shared/clock.ts';
import { readConfig } from '../../../shared/config/schema.ts';
import { openHost } from '../../host/host.ts';
import type { Host, Statfs } from '../probe.ts';
import { DISK } from './disk.ts';
import { cleanPath, judgeVolume, usedPercent } from './judge.ts';
import { chooseVolumes, listLinuxVolumes, parseMounts } from './linux.ts';
import { volumeReader } from './volume-reader.ts';
import { chooseDrives, listWindowsVolumes } from './windows.ts';

const NONE = { include: [], exclude: [], types: [] };
const SPACE: Statfs = {
  totalBytes: 1000 * 2 ** 30,
  freeBytes: 400 * 2 ** 30,
  availableBytes: 350 * 2 ** 30,
  inodes: 1000,
  inodesFree: 900,
};
const LIMITS = { warnPercent: 85, criticalPercent: 95, readOnlyExpected: [] };
const never = new AbortController().signal;

const mountsOf = (fixture: string): Host =>
  openHost({ clock: manualClock(), platform: 'linux', root: join(import.meta.dirname, 'fixtures', fixture) });

/** A Linux machine with these mounts and these answers. */
function machine(mounts: string, answers: Record<string, () => Promise<Statfs>>) {
  const clock = manualClock();
  const asked: string[] = [];
  const host: Host = {
    ...openHost({ clock, platform: 'linux' }),
    readText: async () => mounts,
    statfs: (path) => {
      asked.push(path);
      return answers[path]?.() ?? Promise.reject(Object.assign(new Error(path), { code: 'ENOENT' }));
    },
  };
  return { clock, asked, host };
}

const open = (host: Host, config: object = {}) => DISK.open(readConfig(DISK.config, config), host);

test('lists each device once under its shortest path, and nothing that another mount hides', async () => {
  const { volumes, missing } = await listLinuxVolumes(mountsOf('bind-and-over-mounts'), NONE);
  assert.deepEqual(
    volumes.map((volume) => [volume.path, volume.type, volume.readOnly]),
    [
      ['/', 'ext4', false],
      ['/mnt/a\\b\tc', 'ext4', false],
      ['/mnt/stick', 'vfat', true],
      ['/备份', 'ntfs3', false],
    ],
  );
  assert.deepEqual(missing, []);
});

test('reads pools and leaves out containers and network volumes', async () => {
  const { volumes } = await listLinuxVolumes(mountsOf('zfs-and-container'), NONE);
  assert.deepEqual(
    volumes.map((volume) => volume.path),
    ['/tank/bak', '/tank/nis'],
  );
});

test('reads network volumes when their type is configured, and knows them as such', async () => {
  const choice = { ...NONE, types: ['nfs', 'cifs'] };
  const { volumes } = await listLinuxVolumes(mountsOf('zfs-and-container'), choice);
  assert.deepEqual(
    volumes.map((volume) => [volume.path, volume.network]),
    [
      ['/mnt/share', true],
      ['/mnt/vol1', true],
      ['/tank/bak', false],
      ['/tank/nis', false],
    ],
  );
});

test('includes a small tmpfs by its path, excludes by path, and names what is missing', async () => {
  const choice = { include: ['/small/', '/gone'], exclude: ['/', '/mnt/stick'], types: [] };
  const { volumes, missing } = await listLinuxVolumes(mountsOf('bind-and-over-mounts'), choice);
  const paths = volumes.map((volume) => volume.path);
  assert.ok(paths.includes('/small'));
  assert.ok(!paths.includes('/') && !paths.includes('/mnt/stick'));
  assert.deepEqual(missing, ['/gone']);
});

test('naming a bind mount does not take the volume itself away', () => {
  const mounts = parseMounts('/dev/sda1 / ext4 rw 0 0\n/dev/sda1 /srv/data ext4 rw 0 0\n');
  const { volumes } = chooseVolumes(mounts, { ...NONE, include: ['/srv/data'] });
  assert.deepEqual(
    volumes.map((volume) => volume.path),
    ['/', '/srv/data'],
  );
});

test('leaves out a path that is too long to be a label', () => {
  const mounts = parseMounts(`/dev/sda1 /${'x'.repeat(200)} ext4 rw 0 0\n`);
  assert.deepEqual(chooseVolumes(mounts, NONE).volumes, []);
});

test('counts percent as df does: blocks kept for root are neither used nor free', () => {
  assert.equal(
    usedPercent({ ...SPACE, totalBytes: 100, freeBytes: 30, availableBytes: 20 }),
    (70 / 90) * 100,
  );
  assert.equal(usedPercent({ ...SPACE, totalBytes: 100, freeBytes: 0, availableBytes: 0 }), 100);
});

test('judges by the fuller of space and inodes, and by the read-only mark', () => {
  const volume = { path: '/data', readOnly: false };
  const used = (percent: number): Statfs => ({
    ...SPACE,
    totalBytes: 100 * 2 ** 30,
    freeBytes: (100 - percent) * 2 ** 30,
    availableBytes: (100 - percent) * 2 ** 30,
  });
  const table: [string, Statfs, boolean, string[], string, string][] = [
    ['below the limits', used(84.9), false, [], 'ok', '已用 84.9%，剩余 15.1 GB'],
    ['warning', used(85), false, [], 'warning', '已用 85.0%，剩余 15.0 GB'],
    ['critical', used(95), false, [], 'critical', '已用 95.0%，剩余 5.0 GB'],
    ['inodes', { ...used(50), inodesFree: 20 }, false, [], 'critical', 'inode 已用 98.0%，还可建 20 个文件'],
    ['read-only', used(50), true, [], 'critical', '磁盘已变为只读，已用 50.0%'],
    ['read-only on purpose', used(50), true, ['/data/'], 'ok', '已用 50.0%，剩余 50.0 GB'],
    [
      'terabytes',
      { ...SPACE, totalBytes: 4 * 2 ** 40, freeBytes: 2 ** 41, availableBytes: 2 ** 41 },
      false,
      [],
      'ok',
      '已用 50.0%，剩余 2.0 TB',
    ],
    [
      'megabytes',
      { ...used(50), totalBytes: 2 ** 26, freeBytes: 2 ** 25, availableBytes: 2 ** 25 },
      false,
      [],
      'ok',
      '已用 50.0%，剩余 32 MB',
    ],
  ];
  for (const [name, space, readOnly, readOnlyExpected, status, text] of table) {
    const judged = judgeVolume({ ...volume, readOnly }, space, { ...LIMITS, readOnlyExpected });
    assert.deepEqual(judged, { id: 'disk:/data', status, text }, name);
  }
});

test('a vanished mount that is configured is an error by name, and the others are still read', async () => {
  const { host } = machine('/dev/sda1 / ext4 rw 0 0\n', { '/': async () => SPACE });
  const reading = await open(host, { include: ['/backup'] }).read(never);
  assert.ok(reading.samples.some((sample) => sample.labels?.path === '/'));
  assert.deepEqual(
    reading.errors?.map((error) => [error.code, error.message]),
    [['PROBE_SUBJECT_MISSING', 'disk: /backup is not mounted']],
  );
  assert.deepEqual(
    reading.checks?.map((check) => [check.id, check.status]),
    [
      ['disk:/', 'ok'],
      ['disk:/backup', 'critical'],
    ],
  );
});

test('a volume that fails is an error by name, and the others are still read', async () => {
  const failing = (code: string) => async (): Promise<Statfs> => {
    throw Object.assign(new Error('statfs'), { code });
  };
  const mounts = '/dev/sda1 / ext4 rw 0 0\n/dev/sdb1 /a ext4 rw 0 0\n/dev/sdc1 /b ext4 rw 0 0\n';
  const { host } = machine(mounts, { '/': async () => SPACE, '/a': failing('EIO'), '/b': failing('ENODEV') });
  const reading = await open(host).read(never);
  assert.deepEqual(
    reading.errors?.map((error) => error.code),
    ['PROBE_FAILED', 'PROBE_SUBJECT_MISSING'],
  );
  assert.deepEqual(
    reading.checks?.map((check) => check.status),
    ['ok', 'unknown', 'critical'],
  );
});

test('a volume without an answer delays no other, and calls do not pile up', async () => {
  let answer = (_space: Statfs): void => {};
  const { host, clock, asked } = machine('/dev/sda1 / ext4 rw 0 0\nnas:/v /mnt nfs4 rw 0 0\n', {
    '/': async () => SPACE,
    '/mnt': () => new Promise((resolve) => (answer = resolve)),
  });
  const probe = open(host, { types: ['nfs4'], answerWithin: '2s' });
  const first = probe.read(never);
  await settled();
  clock.advance(2_000);
  const reading = await first;
  assert.deepEqual(
    reading.errors?.map((error) => error.code),
    ['PROBE_TIMEOUT'],
  );
  assert.deepEqual(
    reading.checks?.map((check) => [check.id, check.status]),
    [
      ['disk:/', 'ok'],
      ['disk:/mnt', 'unknown'],
    ],
  );
  const second = await probe.read(never);
  assert.equal(second.errors?.[0]?.code, 'PROBE_TIMEOUT');
  assert.deepEqual(asked.filter((path) => path === '/mnt').length, 1, 'the hung call is not made again');
  answer(SPACE);
  await settled();
  const third = probe.read(never);
  await settled();
  answer(SPACE);
  assert.deepEqual((await third).errors, []);
});

test('no more than two calls to other machines hang at once', async () => {
  const asked: string[] = [];
  const clock = manualClock();
  const ask = volumeReader(
    {
      clock,
      statfs: (path) => {
        asked.push(path);
        return new Promise(() => {});
      },
    },
    1_000,
  );
  for (const root of ['/n1', '/n2', '/n3']) {
    const outcome = ask({ root, network: true }, never);
    clock.advance(1_000);
    assert.deepEqual(await outcome, { kind: 'silent' });
  }
  assert.deepEqual(asked, ['/n1', '/n2']);
});

test('gives up waiting when the scheduler does', async () => {
  const { host } = machine('/dev/sda1 / ext4 rw 0 0\n', { '/': () => new Promise(() => {}) });
  const stop = new AbortController();
  const reading = open(host).read(stop.signal);
  await settled();
  stop.abort();
  assert.equal((await reading).errors?.[0]?.code, 'PROBE_TIMEOUT');
});

test('reads fixed drives, and remote ones only when they are configured', () => {
  const drives = [
    { path: 'C:\\', kind: 'fixed', readOnly: false },
    { path: 'E:\\', kind: 'cdrom', readOnly: true },
    { path: 'Z:\\', kind: 'remote', readOnly: false },
  ] as const;
  const paths = (choice: object): string[] =>
    chooseDrives(drives, { ...NONE, ...choice }).volumes.map((volume) => `${volume.path} ${volume.root}`);
  assert.deepEqual(paths({}), ['C: C:\\']);
  assert.deepEqual(paths({ include: ['z:'] }), ['C: C:\\', 'Z: Z:\\']);
  assert.deepEqual(paths({ types: ['remote'], exclude: ['C:\\'] }), ['Z: Z:\\']);
  assert.deepEqual(paths({ include: ['C:\\mount\\data'] }), ['C: C:\\', 'C:\\mount\\data C:\\mount\\data']);
  assert.deepEqual(chooseDrives(drives, { ...NONE, include: ['D:'] }).missing, ['D:']);
});

test('without Win32 it finds drives by asking each letter', async () => {
  const host: Host = {
    ...openHost({ clock: manualClock(), platform: 'win32', root: import.meta.dirname }),
    statfs: async (path) => {
      if (path === 'C:\\' || path === 'D:\\') return SPACE;
      throw Object.assign(new Error(path), { code: 'ENOENT' });
    },
  };
  const { volumes } = await listWindowsVolumes(host, NONE);
  assert.deepEqual(
    volumes.map((volume) => volume.path),
    ['C:', 'D:'],
  );
});

test('takes the many ways to write one path for the same', () => {
  for (const [given, clean] of [
    ['/', '/'],
    ['/data/', '/data'],
    ['d:', 'D:'],
    ['d:\\', 'D:'],
    ['D:/', 'D:'],
    ['C:\\m\\', 'C:\\m'],
  ] as const)
    assert.equal(cleanPath(given), clean);
});

test('discovery names each real volume with its reason', async () => {
  const host = {
    ...mountsOf('zfs-and-container'),
    run: () => Promise.reject(new Error('no program is needed')),
  };
  const findings = (await DISK.discover?.(host)) ?? [];
  assert.deepEqual(
    findings.map((finding) => finding.config),
    [
      { include: ['/mnt/share'] },
      { include: ['/mnt/vol1'] },
      { include: ['/tank/bak'] },
      { include: ['/tank/nis'] },
    ],
  );
  assert.match(findings[0]?.why ?? '', /网络存储/);
  assert.match(findings[2]?.why ?? '', /本机真实磁盘/);
});

/** Until every promise that can settle has. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
