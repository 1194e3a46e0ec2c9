// The facts of a Linux server: /proc and /etc, and a few programs that tell their version. Promise: only what anybody of the machine may
// read or root sees; programs are started without a shell.

import { readListeners } from '../discover/listeners.ts';
import { findServers } from '../discover/servers.ts';
import { listLinuxVolumes } from '../probes/disk/linux.ts';
import { baseName, readCommandName, readProcesses } from '../probes/proc.ts';
import type { DiscoveryHost } from '../probes/probe.ts';
import { type Item, masked } from './inventory.ts';

export async function linuxSystem(host: DiscoveryHost): Promise<Item[]> {
  const release = await host.readText('/etc/os-release').catch(() => '');
  const kernel = (await host.readText('/proc/sys/kernel/osrelease').catch(() => '')).trim();
  const zone = await host.readLink('/etc/localtime').then(
    (path) => path.replace(/^.*zoneinfo\//, ''),
    () => '',
  );
  return [
    { key: 'name', facts: { value: host.os.hostname() } },
    { key: 'system', facts: { value: /^PRETTY_NAME="?([^"\n]*)/m.exec(release)?.[1] ?? '' } },
    { key: 'kernel', facts: { value: kernel } },
    { key: 'zone', facts: { value: zone || new Intl.DateTimeFormat().resolvedOptions().timeZone } },
    { key: 'processors', facts: { value: host.os.cpuTimes().length } },
    { key: 'memory', facts: { bytes: host.os.totalMemory() } },
  ];
}

export async function linuxVolumes(host: DiscoveryHost): Promise<Item[]> {
  const { volumes } = await listLinuxVolumes(host, { include: [], exclude: [], types: [] });
  const items: Item[] = [];
  for (const { path, root, type } of volumes) {
    const { totalBytes, freeBytes, availableBytes } = await host.statfs(root);
    items.push({ key: path, facts: { type, totalBytes, usedBytes: totalBytes - freeBytes, availableBytes } });
  }
  return items;
}

/** Units by systemd where it runs; the servers that are known by name everywhere. */
export async function linuxServices(host: DiscoveryHost): Promise<Item[]> {
  const listed = await host
    .run('systemctl', ['list-unit-files', '--type=service', '--no-legend', '--no-pager', '--plain'])
    .catch(() => '');
  const running = await host
    .run('systemctl', [
      'list-units',
      '--type=service',
      '--state=running',
      '--no-legend',
      '--no-pager',
      '--plain',
    ])
    .catch(() => '');
  const up = new Set(running.split('\n').map((line) => line.trim().split(/\s+/)[0] ?? ''));
  const units = listed.split('\n').flatMap((line) => {
    const [unit, start] = line.trim().split(/\s+/);
    // Units that nobody enabled and that do not run are only files of their packages.
    if (!unit || !start || (!start.startsWith('enabled') && !up.has(unit))) return [];
    return [{ key: unit, facts: { running: up.has(unit), start } }];
  });
  const known = new Set(units.map((unit) => unit.key));
  const servers = (await findServers(host)).filter(
    (server) => server.unit === undefined || !known.has(server.unit),
  );
  return [
    ...units,
    ...servers.map((server) => ({
      key: server.name,
      facts: { running: true, processes: server.pids.length },
    })),
  ];
}

export async function linuxPorts(host: DiscoveryHost): Promise<Item[]> {
  const processes = await readProcesses(host);
  const byPid = await readListeners(host, [...processes.keys()]);
  const ports = new Map<string, Item>();
  for (const [pid, listens] of byPid) {
    const program = baseName((await readCommandName(host, pid)) ?? processes.get(pid)?.comm ?? '');
    for (const { host: address, port } of listens) {
      const key = `tcp ${port}`;
      // A server's children share its socket.
      if (!ports.has(key)) ports.set(key, { key, facts: { program, address } });
    }
  }
  return [...ports.values()];
}

const PROGRAMS: readonly [string, string, readonly string[]][] = [
  ['mariadb', 'mariadbd', ['--version']],
  ['mysql', 'mysqld', ['--version']],
  ['postgresql', 'psql', ['--version']],
  ['pgbackrest', 'pgbackrest', ['version']],
  ['nginx', 'nginx', ['-v']],
  ['apache', 'apache2', ['-v']],
  ['php', 'php', ['--version']],
  ['java', 'java', ['-version']],
  ['node', 'node', ['--version']],
  ['python', 'python3', ['--version']],
  ['docker', 'docker', ['--version']],
  ['openssl', 'openssl', ['version']],
];

export async function linuxVersions(host: DiscoveryHost): Promise<Item[]> {
  const items: Item[] = [];
  for (const [key, program, args] of PROGRAMS) {
    const printed = await host.run(program, args).catch(() => undefined);
    const version = /\d+(?:\.\d+)+[\w.+~-]*/.exec(printed ?? '')?.[0];
    if (version !== undefined) items.push({ key, facts: { version } });
  }
  return items;
}

const CRON_LINE = /^(@\w+|(?:\S+\s+){4}\S+)\s+(.+)$/;

/** One line of a crontab; the system's own tables name the user before the command. */
export function parseCrontab(text: string, where: string, user: string | undefined): Item[] {
  return text.split('\n').flatMap((raw) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || /^\w+\s*=/.test(line)) return [];
    const [, schedule = '', rest = ''] = CRON_LINE.exec(line) ?? [];
    if (rest === '') return [];
    const [, named = '', command = ''] =
      user === undefined ? (/^(\S+)\s+(.+)$/.exec(rest) ?? []) : ['', user, rest];
    return [
      {
        key: `cron ${where}: ${masked(command)}`,
        facts: { schedule: schedule.replace(/\s+/g, ' '), user: named },
      },
    ];
  });
}

export async function linuxTasks(host: DiscoveryHost): Promise<Item[]> {
  const items = parseCrontab(await host.readText('/etc/crontab').catch(() => ''), 'crontab', undefined);
  const each = async (
    folder: string,
    take: (name: string, path: string) => Promise<Item[]>,
  ): Promise<void> => {
    for (const name of (await host.list(folder).catch(() => [] as string[])).sort())
      items.push(...(await take(name, `${folder}/${name}`).catch(() => [])));
  };
  await each('/etc/cron.d', async (name, path) => parseCrontab(await host.readText(path), name, undefined));
  for (const folder of ['/var/spool/cron/crontabs', '/var/spool/cron'])
    await each(folder, async (name, path) => parseCrontab(await host.readText(path), name, name));
  for (const period of ['hourly', 'daily', 'weekly', 'monthly'])
    await each(`/etc/cron.${period}`, async (name) =>
      name.startsWith('.')
        ? []
        : [{ key: `cron.${period} ${name}`, facts: { schedule: period, user: 'root' } }],
    );
  const timers = new Map<string, Item>();
  for (const folder of ['/lib/systemd/system', '/usr/lib/systemd/system', '/etc/systemd/system'])
    for (const name of (await host.list(folder).catch(() => [] as string[])).filter((n) =>
      n.endsWith('.timer'),
    ))
      timers.set(name, timerOf(name, await host.readText(`${folder}/${name}`).catch(() => '')));
  return [...items, ...timers.values()];
}

function timerOf(name: string, text: string): Item {
  const set = [...text.matchAll(/^(On\w+)\s*=\s*(.*)$/gm)].map(([, key, value]) => `${key}=${value}`);
  return { key: `timer ${name}`, facts: { schedule: set.join(' ') } };
}
