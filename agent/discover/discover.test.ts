// Discovery on arranged machines: a folder stands for the machine, its files bear the names and times of real backups.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { manualClock } from '../../shared/clock.ts';
import { parseYaml } from '../../shared/config/file.ts';
import { openHost } from '../host/host.ts';
import { BACKUP } from '../probes/backup/backup.ts';
import { proposeMaxAge } from '../probes/backup/guess.ts';
import { HTTP } from '../probes/http/http.ts';
import { PORT } from '../probes/port/port.ts';
import type { DiscoveryHost, Finding, ProbeUnit, Win32 } from '../probes/probe.ts';
import { SERVICE } from '../probes/service/service.ts';
import { discover, type Proposal } from './discover.ts';
import { parseListeners } from './listeners.ts';

const UNITS: readonly ProbeUnit[] = [SERVICE, PORT, HTTP, BACKUP];
const HOUR_MS = 3_600_000;

function machine(t: TestContext, platform: 'linux' | 'win32' = 'linux') {
  const root = mkdtempSync(join(tmpdir(), 'niswatch-discover-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const clock = manualClock(Date.UTC(2026, 0, 5, 8));
  const write = (path: string, text = ''): string => {
    const full = join(root, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, text);
    return full;
  };
  mkdirSync(join(root, 'proc'));
  const host: DiscoveryHost = {
    ...openHost({ clock, root, platform }),
    run: () => Promise.reject(new Error('none')),
  };
  return {
    root,
    host,
    write,
    /** A sparse file of the given size, written so many hours ago. */
    backup(path: string, hours: number, bytes = 10_000) {
      const full = write(path);
      truncateSync(full, bytes);
      const at = (clock.now() - hours * HOUR_MS) / 1000;
      utimesSync(full, at, at);
    },
    process(
      pid: number,
      program: string,
      options: { unit?: string; parent?: number; inodes?: number[] } = {},
    ) {
      const comm = program.slice(program.lastIndexOf('/') + 1, program.lastIndexOf('/') + 16);
      const { unit, parent = 1, inodes = [] } = options;
      write(
        `proc/${pid}/stat`,
        `${pid} (${comm}) S ${parent} 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 ${pid} 4096 10 0 0\n`,
      );
      write(`proc/${pid}/cgroup`, `0::${unit ? `/system.slice/${unit}` : '/'}\n`);
      symlinkSync(program, join(root, `proc/${pid}/exe`));
      mkdirSync(join(root, `proc/${pid}/fd`));
      for (const inode of inodes) symlinkSync(`socket:[${inode}]`, join(root, `proc/${pid}/fd/${inode}`));
    },
    listeners(...listeners: [address: string, port: number, inode: number][]) {
      const rows = listeners.map(
        ([address, port, inode], i) =>
          `   ${i}: ${address}:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0 100 0 0 10 0`,
      );
      write('proc/net/tcp', ['  sl  local_address rem_address   st', ...rows].join('\n'));
    },
  };
}

interface Proposed {
  probes: Record<string, Record<string, Record<string, unknown>[]>>;
}
const proposed = (proposal: Proposal): Proposed['probes'] =>
  (parseYaml(proposal.text, 'proposal') as Proposed).probes;
const setsOf = (proposal: Proposal) => proposed(proposal).backup?.sets ?? [];
const pick = (entries: readonly Record<string, unknown>[], ...keys: string[]): unknown[][] =>
  entries.map((entry) => keys.map((key) => entry[key]));

test('proposes running servers by their unit, and by process where there is none', async (t) => {
  const at = machine(t);
  at.process(10, '/usr/sbin/mysqld', { unit: 'mysql.service' });
  at.process(20, '/usr/local/nginx/sbin/nginx');
  at.process(21, '/usr/local/nginx/sbin/nginx', { parent: 20 });
  at.process(30, '/usr/bin/vim');
  at.process(40, '/usr/lib/postgresql/15/bin/postgres', { unit: 'postgresql@15-main.service' });
  at.process(41, '/usr/lib/postgresql/13/bin/postgres', { unit: 'postgresql@13-old.service' });
  const proposal = await discover(at.host, UNITS);
  assert.deepEqual(pick(proposed(proposal).service?.services ?? [], 'name', 'unit', 'process'), [
    ['mysql', 'mysql.service', undefined],
    ['postgresql@15-main', 'postgresql@15-main.service', undefined],
    ['postgresql@13-old', 'postgresql@13-old.service', undefined],
    ['nginx', undefined, 'nginx'],
  ]);
  assert.match(
    proposal.text,
    /# 发现：MySQL 数据库：服务 mysql.service 正在运行（进程号 10）\n\s+# 理由：数据库停止即业务中断/,
  );
});

test('proposes units written for this machine, and says that two programs of one name cannot be told apart', async (t) => {
  const at = machine(t);
  at.process(10, '/opt/nis/bin/nisd', { unit: 'nis.service' });
  at.write('etc/systemd/system/nis.service', '[Service]\n');
  at.process(11, '/opt/nis/bin/feed', { unit: 'nis-feed@lis.service' });
  at.write('etc/systemd/system/nis-feed@.service', '[Service]\n');
  at.process(12, '/usr/sbin/foo', { unit: 'foo.service' });
  symlinkSync('/usr/lib/systemd/system/foo.service', join(at.root, 'etc/systemd/system/foo.service'));
  at.process(20, '/usr/bin/java');
  at.process(21, '/opt/jdk/bin/java');
  const proposal = await discover(at.host, UNITS);
  assert.deepEqual(pick(proposed(proposal).service?.services ?? [], 'name', 'unit'), [
    ['nis', 'nis.service'],
    ['nis-feed@lis', 'nis-feed@lis.service'],
  ]);
  assert.match(proposal.text, /Java 应用.*进程号 20、21[^\n]*\n\s+# 理由：多个程序同名/);
});

test('does not take itself for a server, nor the programs that called it', async (t) => {
  const at = machine(t);
  at.process(10, '/usr/bin/node');
  at.process(11, '/usr/bin/sh', { parent: 10 });
  at.process(12, '/opt/niswatch/bin/node', { parent: 11 });
  at.process(13, '/opt/niswatch/bin/node', { parent: 12 });
  symlinkSync('13', join(at.root, 'proc/self'));
  at.process(20, '/opt/app/bin/node');
  const proposal = await discover(at.host, UNITS);
  assert.match(proposal.text, /Node\.js 应用：进程 node 正在运行（进程号 20）/);
  assert.deepEqual(pick(proposed(proposal).service?.services ?? [], 'name', 'process'), [['node', 'node']]);
});

test('proposes the ports of servers, and the page of a web server in place of its port', async (t) => {
  const at = machine(t);
  const web = createServer((_request, answer) => answer.writeHead(403).end());
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  t.after(() => web.close());
  const { port } = web.address() as AddressInfo;
  at.write('proc/sys/net/ipv4/ip_local_port_range', '65536\t65536\n');
  at.listeners(['00000000', 3306, 500], ['0100007F', port, 501], ['0101A8C0', 1521, 502]);
  at.process(10, '/usr/sbin/mysqld', { inodes: [500] });
  at.process(20, '/usr/sbin/nginx', { inodes: [501] });
  at.process(30, '/u01/app/oracle/bin/tnslsnr', { inodes: [502] });
  const probes = proposed(await discover(at.host, UNITS));
  assert.deepEqual(pick(probes.port?.targets ?? [], 'name', 'host', 'port'), [
    ['mysql-3306', undefined, 3306],
    ['oracle-listener-1521', '192.168.1.1', 1521],
  ]);
  assert.deepEqual(pick(probes.http?.targets ?? [], 'name', 'url', 'expectStatus'), [
    [`nginx-${port}`, `http://127.0.0.1:${port}/`, '200-399,403'],
  ]);
});

test('leaves out ports that the kernel deals out by chance', async (t) => {
  const at = machine(t);
  at.listeners(['00000000', 3306, 500], ['00000000', 40_000, 501]);
  at.process(10, '/usr/sbin/mysqld', { inodes: [500, 501] });
  const probes = proposed(await discover(at.host, [PORT]));
  assert.deepEqual(pick(probes.port?.targets ?? [], 'port'), [[3306]]);
});

test('reads addresses of the kernel in both families', () => {
  const text = [
    'header',
    ' 0: 0100007F:0CEA 00000000:0000 0A 0:0 0:0 0 0 0 7 1',
    ' 1: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 8 1',
    ' 2: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 9 1',
    ' 3: 0000000000000000FFFF00000A00000A:0051 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 11 1',
    ' 4: 0100007F:0CEA 0100007F:1000 01 0:0 0:0 0 0 0 10 1',
  ].join('\n');
  assert.deepEqual(
    [...parseListeners(text)],
    [
      ['7', { host: '127.0.0.1', port: 3306 }],
      ['8', { host: '::1', port: 8080 }],
      ['9', { host: '127.0.0.1', port: 80 }],
      ['11', { host: '10.0.0.10', port: 81 }],
    ],
  );
});

test('finds backup folders by what their files are called, and proposes one set for each kind of file', async (t) => {
  const at = machine(t);
  for (let day = 1; day <= 5; day++) {
    at.backup(`data/backup/NIS/NIS_FULL_2026010${day}_010000.bak`, (5 - day) * 24 + 7, 8_000_000);
    at.backup(`data/backup/NIS/NIS_DIFF_2026010${day}_130000.bak`, (5 - day) * 24 + 19);
  }
  for (let hour = 0; hour < 6; hour++)
    at.backup(`data/backup/NIS/NIS_LOG_20260105_0${hour}0000.trn`, 8 - hour);
  at.backup('home/oracle/dump/full.dmp', 30, 60_000_000);
  at.backup('opt/software/jdk-8u202.tar.gz', 5_000, 200_000_000);
  at.backup('data/app/logs/app_20260101.log', 50);
  at.backup('data/app/one_20260101.sql', 50);
  const sets = setsOf(await discover(at.host, UNITS));
  assert.deepEqual(pick(sets, 'name', 'folder', 'pattern', 'engine', 'kind', 'maxAge', 'minSize', 'keep'), [
    ['NIS_LOG', '/data/backup/NIS', 'NIS_LOG_[0-9]*.trn', 'sqlserver', 'log', undefined, undefined, 2],
    ['NIS_FULL', '/data/backup/NIS', 'NIS_FULL_[0-9]*.bak', 'sqlserver', 'full', undefined, '1MiB', 3],
    ['NIS_DIFF', '/data/backup/NIS', 'NIS_DIFF_[0-9]*.bak', 'sqlserver', 'diff', undefined, undefined, 3],
    // A schedule takes the place of an age (probes/backup/discover.test.ts).
    ['full', '/home/oracle/dump', 'full.dmp', 'oracle', 'dump', '26h', '14MiB', undefined],
  ]);
});

test('a proposed set reads the files it was proposed for', async (t) => {
  const at = machine(t);
  for (let day = 1; day <= 3; day++) at.backup(`backup/2026010${day}/nis.sql.gz`, (5 - day) * 24);
  at.backup('backup/2026010x/other.txt', 1);
  const proposal = await discover(at.host, UNITS);
  const [set] = setsOf(proposal);
  assert.deepEqual([set?.folder, set?.recursive, set?.depth], ['/backup', true, 1]);
  const { readConfig } = await import('../../shared/config/schema.ts');
  const config = readConfig(BACKUP.config, { sets: [{ ...set, settle: 0 }] });
  const reading = await BACKUP.open(config, at.host).read(new AbortController().signal);
  assert.equal(reading.samples.find((sample) => sample.metric === 'backup_copies')?.value, 3);
});

test('says that backups seem to have stopped, by the distance at which they used to come', async (t) => {
  const at = machine(t);
  for (let day = 1; day <= 5; day++) at.backup(`backup/nis_2025100${day}.bak`, 24 * (90 - day));
  assert.match(
    (await discover(at.host, UNITS)).text,
    /最新 nis_20251005.bak（9.8 KB，85 天前）\n.*备份可能已经停止/,
  );
});

test('knows repositories and physical backups by their layout and proposes nothing from inside them', async (t) => {
  const at = machine(t);
  for (const name of ['data/ab/x', 'index/i', 'keys/k', 'snapshots/s1', 'config'])
    at.backup(`backup/restic/${name}`, 5);
  for (const name of ['data/0/1', 'config', 'README', 'index.17', 'hints.17'])
    at.backup(`backup/borg/${name}`, 5);
  for (const name of ['backup.info', 'backup.info.copy', '20260104-010000F/backup.manifest'])
    at.backup(`backup/pg/backup/main/${name}`, 5);
  for (const day of ['2026-01-03', '2026-01-04']) {
    at.backup(`backup/xtra/${day}/xtrabackup_checkpoints`, 5);
    at.backup(`backup/xtra/${day}/nis/nis_20260101.sql`, 5, 99_000_000);
  }
  const sets = setsOf(await discover(at.host, UNITS));
  assert.deepEqual(pick(sets, 'folder', 'pattern', 'recursive').sort(), [
    ['/backup/borg', 'index.[0-9]*', undefined],
    ['/backup/pg/backup/main', 'backup.manifest', true],
    ['/backup/restic/snapshots', '*', undefined],
    ['/backup/xtra', 'xtrabackup_checkpoints', true],
  ]);
});

test('says which running database has no backup, and takes an export of unknown origin for the only one there is', async (t) => {
  const at = machine(t);
  at.process(10, '/usr/sbin/mariadbd', { unit: 'mariadb.service' });
  at.process(20, '/opt/mssql/bin/sqlservr', { unit: 'mssql-server.service' });
  for (const day of [3, 4]) at.backup(`backup/nis_2026010${day}.sql.gz`, 24 * (5 - day));
  const proposal = await discover(at.host, UNITS);
  assert.equal(setsOf(proposal)[0]?.engine, 'mariadb');
  assert.match(proposal.text, /# 发现：SQL Server 数据库正在运行，但没有找到它的备份/);
  assert.ok(!proposal.text.includes('MariaDB 数据库正在运行，但没有'));
});

test('finds servers and backups of Windows by its service list and drives', async (t) => {
  const at = machine(t, 'win32');
  for (const day of [3, 4]) at.backup(`D/备份/NIS_2026010${day}.bak`, 24 * (5 - day));
  const running = (name: string, pid: number) => ({ name, state: 'running', pid }) as const;
  const win32 = {
    services: () => [
      running('MSSQL$NIS', 5),
      running('W3SVC', 6),
      running('Dhcp', 7),
      { ...running('MySQL80', 8), state: 'stopped' },
    ],
    drives: () => [{ path: 'D:\\', kind: 'fixed', readOnly: false }],
  } as unknown as Win32;
  const proposal = await discover({ ...at.host, win32 }, UNITS);
  assert.deepEqual(pick(proposed(proposal).service?.services ?? [], 'name', 'windows'), [
    ['MSSQL$NIS', 'MSSQL$NIS'],
    ['W3SVC', 'W3SVC'],
  ]);
  assert.deepEqual(pick(setsOf(proposal), 'folder', 'pattern'), [['D:/备份', 'NIS_[0-9]*.bak']]);
});

test('a share that hangs ends the search at its deadline with what was found', async (t) => {
  const at = machine(t);
  for (const day of [3, 4]) at.backup(`backup/nis_2026010${day}.bak`, 24 * (5 - day));
  at.write('data/file');
  let hangs = (): void => {};
  const hung = new Promise<void>((done) => (hangs = done));
  const host: DiscoveryHost = {
    ...at.host,
    list(path) {
      if (path !== '/data') return at.host.list(path);
      hangs();
      return new Promise(() => {});
    },
  };
  const proposal = discover(host, [BACKUP]);
  await hung;
  (host.clock as ReturnType<typeof manualClock>).advance(20_000);
  assert.deepEqual(pick(setsOf(await proposal), 'folder'), [['/backup']]);
  assert.match((await proposal).text, /只查找了一部分/);
});

test('a unit that fails is named and hides no other; an empty machine gives a valid proposal', async (t) => {
  const at = machine(t);
  const failing: ProbeUnit = { ...PORT, discover: () => Promise.reject(new Error('no\nrights')) };
  const proposal = await discover(at.host, [failing, BACKUP]);
  assert.deepEqual(proposal.failures, [{ unit: 'port', reason: 'no\nrights' }]);
  assert.match(proposal.text, /# port 查找失败：no rights\n/);
  assert.deepEqual(parseYaml(proposal.text, 'p'), { probes: {} });
});

test('a finding cannot break out of its comment or its value, and repeats are written once', async (t) => {
  const odd = 'a: b #\n  - c: "d"\u2028';
  const finding: Finding = { what: odd, why: odd, config: { services: [{ name: 'x', process: odd }] } };
  const unit: ProbeUnit = { ...SERVICE, discover: async () => [finding, finding] };
  const proposal = await discover(machine(t).host, [unit]);
  assert.deepEqual(proposed(proposal).service?.services, [{ name: 'x', process: odd }]);
});

test('refuses to hand out a proposal that the agent would refuse', async (t) => {
  const unit: ProbeUnit = {
    ...SERVICE,
    discover: async () => [{ what: '', why: '', config: { servces: [] } }],
  };
  await assert.rejects(discover(machine(t).host, [unit]), { code: 'CONFIG_UNKNOWN_KEY' });
});

const AGES: [gapHours: number, wantHours: number][] = [
  [0.25, 1],
  [1, 4],
  [12, 26],
  [24, 26],
  [168, 192],
  [720, 864],
];
for (const [gap, want] of AGES) {
  test(`proposes ${want} h for files that come every ${gap} h`, () => {
    const times = Array.from({ length: 8 }, (_, i) => i * gap * HOUR_MS);
    assert.equal(proposeMaxAge(times), want * HOUR_MS);
  });
}
