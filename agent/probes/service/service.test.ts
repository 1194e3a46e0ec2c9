// The service probe on real processes of this machine, and on arranged /proc and /sys/fs/cgroup trees for what this machine lacks.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { manualClock } from '../../../shared/clock.ts';
import { readConfig } from '../../../shared/config/schema.ts';
import { openHost } from '../../host/host.ts';
import { parseStat } from '../proc.ts';
import type { Host, Probe, Reading, Win32 } from '../probe.ts';
import { likelyFolders } from './cgroup.ts';
import { SERVICE } from './service.ts';

const signal = new AbortController().signal;

function openProbe(host: Host, services: unknown[]): Probe {
  return SERVICE.open(readConfig(SERVICE.config, { services }), host);
}

function valueOf(reading: Reading, metric: string, name: string): number | undefined {
  return reading.samples.find((sample) => sample.metric === metric && sample.labels?.name === name)?.value;
}

function checkOf(reading: Reading, name: string) {
  return reading.checks?.find((check) => check.id === `service:${name}`);
}

function kinds(reading: Reading): string[] {
  return (reading.events ?? []).map((event) => event.kind);
}

function tempFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'niswatch-service-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A process of our own with a name that nothing else bears. */
function program(t: TestContext, folder: string, name: string): { path: string; start(): ChildProcess } {
  const path = join(folder, name);
  copyFileSync('/bin/sleep', path);
  return {
    path,
    start() {
      const child = spawn(path, ['600'], { stdio: 'ignore' });
      t.after(() => child.kill('SIGKILL'));
      return child;
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

async function started(child: ChildProcess): Promise<ChildProcess> {
  await once(child, 'spawn');
  return child;
}

interface Arranged {
  comm?: string;
  state?: string;
  parent?: number;
  start?: number;
  ticks?: number;
  pages?: number;
}

/** A machine arranged from files: processes by pid, units by folder. */
function arrange(t: TestContext) {
  const root = tempFolder(t);
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const clock = manualClock();
  mkdirSync(join(root, 'proc'), { recursive: true });
  return {
    root,
    clock,
    write,
    host: openHost({ clock, root, platform: 'linux' }),
    process(pid: number, is: Arranged, argv?: string) {
      const { comm = 'thing', state = 'S', parent = 1, start = 100, ticks = 0, pages = 10 } = is;
      write(
        `proc/${pid}/stat`,
        `${pid} (${comm}) ${state} ${parent} 1 1 0 -1 4194560 1 0 0 0 ${ticks} 0 0 0 20 0 1 0 ${start} 4096 ${pages} 18446744073709551615 0 0\n`,
      );
      if (argv !== undefined) write(`proc/${pid}/cmdline`, argv);
    },
    gone(path: string) {
      rmSync(join(root, path), { recursive: true });
    },
  };
}

test('tells a running process by its name, its memory and its number', async (t) => {
  const own = program(t, tempFolder(t), 'nwsvc-one');
  await started(own.start());
  await started(own.start());
  const probe = openProbe(openHost({ clock: manualClock() }), [{ name: 'one', process: 'nwsvc-one' }]);
  const reading = await probe.read(signal);
  assert.equal(valueOf(reading, 'service_up', 'one'), 1);
  assert.equal(valueOf(reading, 'service_processes', 'one'), 2);
  assert.ok((valueOf(reading, 'service_memory_rss', 'one') ?? 0) > 100_000);
  assert.equal(checkOf(reading, 'one')?.status, 'ok');
  assert.deepEqual(kinds(reading), []);
});

test('reports a killed process as down at the next reading, and its return as up with one restart', async (t) => {
  const own = program(t, tempFolder(t), 'nwsvc-two');
  const first = await started(own.start());
  const clock = manualClock();
  const probe = openProbe(openHost({ clock }), [{ name: 'two', process: own.path }]);
  await probe.read(signal);
  await end(first);
  clock.advance(5_000);
  const down = await probe.read(signal);
  assert.equal(valueOf(down, 'service_up', 'two'), 0);
  assert.equal(checkOf(down, 'two')?.status, 'critical');
  assert.match(checkOf(down, 'two')?.text ?? '', new RegExp(`已停止.*原主进程 ${first.pid} 已退出`));
  assert.deepEqual(kinds(down), ['service.down']);
  await started(own.start());
  clock.advance(5_000);
  const up = await probe.read(signal);
  assert.equal(valueOf(up, 'service_restarts', 'two'), 1);
  assert.deepEqual(kinds(up), ['service.up']);
});

test('notices a restart that happened between two readings', async (t) => {
  const own = program(t, tempFolder(t), 'nwsvc-three');
  const first = await started(own.start());
  const probe = openProbe(openHost({ clock: manualClock() }), [{ name: 'three', process: 'nwsvc-three' }]);
  await probe.read(signal);
  await end(first);
  await started(own.start());
  const reading = await probe.read(signal);
  assert.equal(valueOf(reading, 'service_up', 'three'), 1);
  assert.equal(valueOf(reading, 'service_restarts', 'three'), 1);
  assert.deepEqual(kinds(reading), ['service.restart']);
});

test('matches a name longer than the 15 characters that the kernel keeps', async (t) => {
  const own = program(t, tempFolder(t), 'nwsvc-with-a-long-name');
  await started(own.start());
  const probe = openProbe(openHost({ clock: manualClock() }), [
    { name: 'long', process: 'nwsvc-with-a-long-name' },
    { name: 'prefix', process: 'nwsvc-with-a-lo' },
  ]);
  const reading = await probe.read(signal);
  assert.equal(valueOf(reading, 'service_up', 'long'), 1);
  assert.equal(checkOf(reading, 'long')?.status, 'ok');
});

test('goes by a pid file, and not by one that names a dead or another process', async (t) => {
  const folder = tempFolder(t);
  const own = program(t, folder, 'nwsvc-pid');
  const child = await started(own.start());
  const dead = await started(own.start());
  await end(dead);
  writeFileSync(join(folder, 'good.pid'), `${child.pid}\n`);
  writeFileSync(join(folder, 'dead.pid'), `${dead.pid}\n`);
  const probe = openProbe(openHost({ clock: manualClock() }), [
    { name: 'good', pidFile: join(folder, 'good.pid') },
    { name: 'dead', pidFile: join(folder, 'dead.pid') },
    { name: 'other', pidFile: join(folder, 'good.pid'), process: 'mysqld' },
    { name: 'none', pidFile: join(folder, 'none.pid') },
  ]);
  const reading = await probe.read(signal);
  assert.equal(valueOf(reading, 'service_up', 'good'), 1);
  assert.match(checkOf(reading, 'dead')?.text ?? '', /不在运行/);
  assert.match(checkOf(reading, 'other')?.text ?? '', /不是 mysqld/);
  assert.match(checkOf(reading, 'none')?.text ?? '', /不存在/);
});

test('does not count a zombie as running', async (t) => {
  const machine = arrange(t);
  machine.process(20, { comm: 'mysqld', state: 'Z' });
  const reading = await openProbe(machine.host, [{ name: 'db', process: 'mysqld' }]).read(signal);
  assert.equal(valueOf(reading, 'service_up', 'db'), 0);
});

test('takes only the program name of a rewritten command line', async (t) => {
  const machine = arrange(t);
  machine.process(20, { comm: 'x' }, 'nginx: master process /usr/sbin/nginx -g secret\0');
  machine.process(21, { comm: 'y' }, '/opt/app/other\0nginx\0');
  const reading = await openProbe(machine.host, [{ name: 'web', process: 'nginx' }]).read(signal);
  assert.equal(valueOf(reading, 'service_processes', 'web'), 1);
  assert.match(checkOf(reading, 'web')?.text ?? '', /主进程 20/);
});

for (const [version, base] of [
  ['v1', 'sys/fs/cgroup/systemd'],
  ['v2', 'sys/fs/cgroup'],
]) {
  test(`reads a systemd unit from control groups ${version}: its processes, its stop, its return`, async (t) => {
    const machine = arrange(t);
    const unit = `${base}/system.slice/nginx.service`;
    machine.write(`${base}/system.slice/cgroup.procs`, '');
    machine.write(`${unit}/cgroup.procs`, '30\n31\n');
    machine.process(30, { start: 500 });
    machine.process(31, { start: 510, parent: 30 });
    const probe = openProbe(machine.host, [{ name: 'web', unit: 'nginx' }]);
    const up = await probe.read(signal);
    assert.equal(valueOf(up, 'service_processes', 'web'), 2);
    assert.match(checkOf(up, 'web')?.text ?? '', /主进程 30/);
    machine.gone(unit);
    const down = await probe.read(signal);
    assert.equal(checkOf(down, 'web')?.status, 'critical');
    machine.write(`${unit}/cgroup.procs`, '40\n');
    machine.process(40, { start: 900 });
    assert.deepEqual(kinds(await probe.read(signal)), ['service.up']);
  });
}

test('finds instances in their own slice, units in other slices, and units with groups of their own', async (t) => {
  const machine = arrange(t);
  const base = 'sys/fs/cgroup';
  machine.write(`${base}/system.slice/cgroup.procs`, '');
  machine.write(
    `${base}/system.slice/system-postgresql.slice/postgresql@15-main.service/cgroup.procs`,
    '50\n',
  );
  machine.write(`${base}/nis.slice/nis-app.slice/nis.service/cgroup.procs`, '51\n');
  machine.write(`${base}/system.slice/docker.service/cgroup.procs`, '');
  machine.write(`${base}/system.slice/docker.service/main/cgroup.procs`, '52\n');
  for (const pid of [50, 51, 52]) machine.process(pid, {});
  const names = ['postgresql@15-main', 'nis', 'docker'];
  const probe = openProbe(
    machine.host,
    names.map((name) => ({ name, unit: name })),
  );
  const reading = await probe.read(signal);
  assert.deepEqual(
    names.map((name) => valueOf(reading, 'service_up', name)),
    [1, 1, 1],
  );
});

test('escapes a dash in the slice of an instance as systemd does', () => {
  assert.deepEqual(likelyFolders('/r', 'my-db@15.service'), [
    '/r/system.slice/system-my\\x2ddb.slice/my-db@15.service',
  ]);
});

test('says that a unit nobody installed is a mistake, and that a stopped one is stopped', async (t) => {
  const machine = arrange(t);
  machine.write('sys/fs/cgroup/system.slice/cgroup.procs', '');
  machine.write('usr/lib/systemd/system/redis.service', '[Service]\n');
  const probe = openProbe(machine.host, [
    { name: 'typo', unit: 'reddis' },
    { name: 'redis', unit: 'redis.service' },
  ]);
  const reading = await probe.read(signal);
  assert.equal(checkOf(reading, 'typo')?.status, 'unknown');
  assert.match(checkOf(reading, 'typo')?.text ?? '', /没有名为 reddis.service 的 systemd 单元/);
  assert.equal(valueOf(reading, 'service_up', 'typo'), undefined);
  assert.deepEqual(
    reading.errors?.map((error) => error.code),
    ['PROBE_SUBJECT_MISSING'],
  );
  assert.equal(checkOf(reading, 'redis')?.status, 'critical');
});

test('falls back to the process name where systemd does not run', async (t) => {
  const machine = arrange(t);
  machine.process(20, { comm: 'mysqld' });
  const reading = await openProbe(machine.host, [
    { name: 'db', unit: 'mysqld', process: 'mysqld' },
    { name: 'bare', unit: 'nginx' },
  ]).read(signal);
  assert.equal(valueOf(reading, 'service_up', 'db'), 1);
  assert.match(checkOf(reading, 'bare')?.text ?? '', /没有运行 systemd/);
});

test('sums processor time of the processes that it saw before, in percent of one core', async (t) => {
  const machine = arrange(t);
  machine.process(20, { comm: 'app', ticks: 1_000 });
  const probe = openProbe(machine.host, [{ name: 'app', process: 'app' }]);
  assert.equal(valueOf(await probe.read(signal), 'service_cpu_percent', 'app'), undefined);
  machine.process(20, { comm: 'app', ticks: 1_250 });
  machine.clock.advance(5_000);
  assert.equal(valueOf(await probe.read(signal), 'service_cpu_percent', 'app'), 50);
});

test('sees processes that joined a running service within a minute', async (t) => {
  const machine = arrange(t);
  machine.process(20, { comm: 'app' });
  const probe = openProbe(machine.host, [{ name: 'app', process: 'app' }]);
  await probe.read(signal);
  machine.process(21, { comm: 'app', parent: 20 });
  machine.clock.advance(60_000);
  assert.equal(valueOf(await probe.read(signal), 'service_processes', 'app'), 2);
});

test('counts a reused pid as another process', async (t) => {
  const machine = arrange(t);
  machine.process(20, { comm: 'app', start: 100 });
  const probe = openProbe(machine.host, [{ name: 'app', process: 'app' }]);
  await probe.read(signal);
  machine.process(20, { comm: 'sshd', start: 999 });
  assert.deepEqual(kinds(await probe.read(signal)), ['service.down']);
});

test('reads the page size of the kernel, for arm64 has 64 KiB pages', async (t) => {
  const machine = arrange(t);
  const auxv = Buffer.alloc(32);
  auxv.writeBigUInt64LE(6n, 0);
  auxv.writeBigUInt64LE(65_536n, 8);
  machine.write('proc/self/auxv', auxv.toString('latin1'));
  machine.process(20, { comm: 'app', pages: 10 });
  const reading = await openProbe(machine.host, [{ name: 'app', process: 'app' }]).read(signal);
  assert.equal(valueOf(reading, 'service_memory_rss', 'app'), 655_360);
});

test('does not take the agent itself for the service', async (t) => {
  const machine = arrange(t);
  machine.process(20, { comm: 'node' });
  symlinkSync('20', join(machine.root, 'proc/self'));
  const reading = await openProbe(machine.host, [{ name: 'app', process: 'node' }]).read(signal);
  assert.equal(valueOf(reading, 'service_up', 'app'), 0);
});

test('reads Windows services by name in any case, and says which name is unknown', async (t) => {
  const win32 = {
    services: () => [
      { name: 'MSSQLSERVER', state: 'running', pid: 1200 },
      { name: 'W3SVC', state: 'stopped', pid: 0 },
      { name: 'Tomcat9', state: 'starting', pid: 1300 },
    ],
    process: () => ({ memoryRss: 5_000_000, cpuSeconds: 12 }),
  } as unknown as Win32;
  const host: Host = { ...arrange(t).host, platform: 'win32', win32 };
  const services = ['mssqlserver', 'W3SVC', 'Tomcat9', 'Oracle'].map((name) => ({ name, windows: name }));
  const reading = await openProbe(host, services).read(signal);
  assert.equal(valueOf(reading, 'service_memory_rss', 'mssqlserver'), 5_000_000);
  assert.deepEqual(
    services.map(({ name }) => checkOf(reading, name)?.status),
    ['ok', 'critical', 'warning', 'unknown'],
  );
});

test('refuses two services of one name, naming it', (t) => {
  const host = arrange(t).host;
  assert.throws(
    () =>
      openProbe(host, [
        { name: 'db', process: 'a' },
        { name: 'db', process: 'b' },
      ]),
    { code: 'CONFIG_BAD_VALUE', message: /db/ },
  );
});

test('parses a stat line whatever the process calls itself', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 15 }), fc.nat(1 << 22), fc.nat(), (comm, pid, start) => {
      const line = `${pid} (${comm}) S 1 1 1 0 -1 4194560 1 0 0 0 7 3 0 0 20 0 1 0 ${start} 4096 33 0 0\n`;
      const parsed = parseStat(line);
      assert.deepEqual(
        [parsed?.pid, parsed?.comm, parsed?.state, parsed?.cpuTicks, parsed?.startTicks, parsed?.rssPages],
        [pid, comm, 'S', 10, start, 33],
      );
    }),
  );
});

test('reads nginx as it ran on Debian 12: one main process, two workers, by name, by path and by pid file', async () => {
  const root = join(import.meta.dirname, 'fixtures', 'debian12-nginx');
  const host = openHost({ clock: manualClock(), root, platform: 'linux' });
  const reading = await openProbe(host, [
    { name: 'name', process: 'nginx' },
    { name: 'path', process: '/usr/sbin/nginx' },
    { name: 'pid', pidFile: '/run/nginx.pid', process: 'nginx' },
    { name: 'kernel', process: 'kthreadd' },
  ]).read(signal);
  for (const name of ['name', 'path', 'pid']) {
    assert.equal(valueOf(reading, 'service_processes', name), 3);
    assert.match(checkOf(reading, name)?.text ?? '', /主进程 9916/);
  }
  assert.equal(valueOf(reading, 'service_up', 'kernel'), 0);
});
