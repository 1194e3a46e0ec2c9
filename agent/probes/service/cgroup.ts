// Finds a systemd unit's processes in the control groups. Promise: no child process and no D-Bus; only files below /sys/fs/cgroup.
//
// systemd keeps one folder per running unit, whose cgroup.procs lists its processes, and removes it when the unit stops:
//   v2      /sys/fs/cgroup/system.slice/nginx.service/cgroup.procs
//   v1      /sys/fs/cgroup/systemd/system.slice/nginx.service/cgroup.procs
//   hybrid  both of /sys/fs/cgroup/{systemd,unified}/…
//   instance  …/system.slice/system-postgresql.slice/postgresql@15-main.service

import type { Host } from '../probe.ts';

const ROOTS = ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup', '/sys/fs/cgroup/unified'];
const UNIT_FOLDERS = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
  '/run/systemd/generator',
  '/run/systemd/generator.late',
];
const SEARCH_DEPTH = 4;
/** The kernel's own files in a control group; the rest are folders. */
const KERNEL_FILE =
  /^((cgroup|cpu|cpuset|cpuacct|memory|io|pids|hugetlb|rdma|misc|irq|dmem)\.|tasks$|notify_on_release$|release_agent$)/;

export function unitName(name: string): string {
  return /\.[a-z]+$/.test(name) ? name : `${name}.service`;
}

/** The hierarchy that systemd arranges, or undefined where systemd does not run. */
export async function findRoot(host: Host): Promise<string | undefined> {
  for (const root of ROOTS) {
    if ((await readPids(host, `${root}/system.slice`)) !== undefined) return root;
  }
  return undefined;
}

/** Where a unit's folder lies when it follows the usual arrangement. */
export function likelyFolders(root: string, unit: string): string[] {
  const template = /^(.+)@.*\.service$/.exec(unit)?.[1];
  const slice = template === undefined ? '' : `/system-${template.replaceAll('-', '\\x2d')}.slice`;
  return [`${root}/system.slice${slice}/${unit}`];
}

/** Looks through the slices for units that lie elsewhere (an own Slice=, a user's service). */
export async function searchFolders(
  host: Host,
  root: string,
  units: ReadonlySet<string>,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const visit = async (folder: string, depth: number): Promise<void> => {
    for (const name of await host.list(folder).catch(() => [] as string[])) {
      if (units.has(name)) found.set(name, `${folder}/${name}`);
      else if (depth < SEARCH_DEPTH && /\.slice$|^user@\d+\.service$/.test(name))
        await visit(`${folder}/${name}`, depth + 1);
    }
  };
  await visit(root, 0);
  return found;
}

/** The pids of a unit's folder; undefined when there is no such folder. Units that keep groups of their own hold their processes one level down. */
export async function readUnitPids(host: Host, folder: string): Promise<number[] | undefined> {
  const own = await readPids(host, folder);
  if (own === undefined || own.length > 0) return own;
  const inner: number[] = [];
  for (const name of await host.list(folder).catch(() => [] as string[])) {
    if (!KERNEL_FILE.test(name)) inner.push(...((await readPids(host, `${folder}/${name}`)) ?? []));
  }
  return inner;
}

async function readPids(host: Host, folder: string): Promise<number[] | undefined> {
  try {
    const text = await host.readText(`${folder}/cgroup.procs`);
    return text.split('\n').filter(Boolean).map(Number);
  } catch {
    return undefined;
  }
}

/** Whether systemd knows the unit at all, running or not. */
export async function isInstalled(host: Host, unit: string): Promise<boolean> {
  const names = [unit, unit.replace(/@.*\.service$/, '@.service')];
  const paths = UNIT_FOLDERS.flatMap((folder) => names.map((name) => `${folder}/${name}`));
  paths.push(`/etc/init.d/${unit.replace(/\.service$/, '')}`);
  for (const path of paths) {
    if (
      await host.stat(path).then(
        () => true,
        () => false,
      )
    )
      return true;
  }
  return false;
}
