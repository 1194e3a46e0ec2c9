// Walks the places where backups are likely to lie. Promise: bounded names and time, one file call at a time; what was found when
// a bound is reached is given, and said to be a part. A folder on a share that hangs ends the walk at the deadline and no later.

import type { DiscoveryHost, Host } from '../probes/probe.ts';
import type { NamedFile } from './backup-names.ts';

export interface WalkedFolder {
  path: string;
  files: NamedFile[];
  folders: string[];
}

export interface Walk {
  folders: WalkedFolder[];
  isCut: boolean;
}

export interface WalkLimits {
  names: number;
  namesPerFolder: number;
  timeMs: number;
}

const LIMITS: WalkLimits = { names: 60_000, namesPerFolder: 5_000, timeMs: 20_000 };
const BACKUP_NAME =
  /back-?up|^bak|bak$|备份|dump|rman|restic|borg|barman|xtra|^archive|robocopy|mirror|副本|镜像/i;
const LIKELY_TOP = /^(data|home|opt|srv|mnt|media|u\d+|export|app|www|usr2|nis|hospital|volume|disk)\w*$/i;
const SKIPPED =
  /^(proc|sys|dev|run|tmp|lost\+found|node_modules|\.git|\.cache|\.npm|\$RECYCLE\.BIN|System Volume Information|Windows|Program Files( \(x86\))?|ProgramData|overlay2|snap|__pycache__|site-packages|dist-packages)$/i;
/** How deep below a likely place; a folder that is named like backups is looked into further. */
const DEPTH = 3;
const DEPTH_OF_BACKUPS = 5;

interface Place {
  path: string;
  depth: number;
  isBackup: boolean;
}

/** Breadth first, places named like backups before the others. */
export async function walkLikelyPlaces(host: DiscoveryHost, limits: WalkLimits = LIMITS): Promise<Walk> {
  const walk: Walk = { folders: [], isCut: false };
  let expired = false;
  const work = visitAll(host, walk, limits, () => expired);
  await new Promise<void>((resolve, reject) => {
    const timer = host.clock.after(limits.timeMs, () => {
      expired = true;
      walk.isCut = true;
      resolve();
    });
    work.then(resolve, reject).finally(() => timer.cancel());
  });
  return { folders: [...walk.folders], isCut: walk.isCut };
}

async function visitAll(
  host: DiscoveryHost,
  walk: Walk,
  limits: WalkLimits,
  hasExpired: () => boolean,
): Promise<void> {
  const queue = await startingPlaces(host);
  const seen = new Set<string>();
  let names = 0;
  while (queue.length > 0 && !hasExpired()) {
    const next = queue.findIndex((place) => place.isBackup);
    const [place] = queue.splice(Math.max(0, next), 1);
    if (!place || seen.has(place.path)) continue;
    seen.add(place.path);
    if (names >= limits.names) {
      walk.isCut = true;
      return;
    }
    const folder = await readFolder(host, place.path, limits.namesPerFolder, hasExpired);
    if (!folder) continue;
    names += folder.files.length + folder.folders.length;
    walk.folders.push(folder);
    for (const name of folder.folders) {
      if (SKIPPED.test(name)) continue;
      const isBackup = place.isBackup || BACKUP_NAME.test(name);
      if (place.depth < (isBackup ? DEPTH_OF_BACKUPS : DEPTH))
        queue.push({ path: join(place.path, name), depth: place.depth + 1, isBackup });
    }
  }
}

async function readFolder(
  host: Host,
  path: string,
  limit: number,
  hasExpired: () => boolean,
): Promise<WalkedFolder | undefined> {
  const names = await host.list(path).catch(() => undefined);
  if (!names) return undefined;
  const folder: WalkedFolder = { path, files: [], folders: [] };
  for (const name of names.sort().slice(-limit)) {
    if (hasExpired()) break;
    const found = await host.stat(join(path, name)).catch(() => undefined);
    if (found?.kind === 'file') folder.files.push({ name, size: found.size, mtimeMs: found.mtimeMs });
    else if (found?.kind === 'folder') folder.folders.push(name);
  }
  return folder;
}

/** The folder, or one above it, bears a name that people give to backups. */
export function isNamedLikeBackups(path: string): boolean {
  return path.split('/').some((name) => BACKUP_NAME.test(name));
}

export function join(folder: string, name: string): string {
  return folder.endsWith('/') ? `${folder}${name}` : `${folder}/${name}`;
}

async function startingPlaces(host: DiscoveryHost): Promise<Place[]> {
  const roots = host.platform === 'win32' ? driveRoots(host) : ['/', ...(await mountedVolumes(host))];
  const places: Place[] = [];
  for (const root of roots) {
    for (const name of await host.list(root).catch(() => [] as string[])) {
      const isBackup = BACKUP_NAME.test(name);
      // Of the system's own volume only likely folders; of another volume any.
      if (SKIPPED.test(name) || (root === '/' && !isBackup && !LIKELY_TOP.test(name))) continue;
      places.push({ path: join(root, name), depth: isBackup || root === '/' ? 0 : 1, isBackup });
    }
    if (root !== '/') places.push({ path: root, depth: DEPTH, isBackup: false });
  }
  if (host.platform === 'linux') places.push(...(await systemPlaces(host)));
  return places;
}

/** Below /var only what is named so: the rest is the system's. */
async function systemPlaces(host: Host): Promise<Place[]> {
  const places: Place[] = [];
  for (const parent of ['/var', '/var/lib', '/var/opt', '/usr/local', '/root']) {
    for (const name of await host.list(parent).catch(() => [] as string[])) {
      const path = join(parent, name);
      if (BACKUP_NAME.test(name)) places.push({ path, depth: 1, isBackup: true });
      else if (parent === '/var/lib') {
        const inner = await host.list(path).catch(() => [] as string[]);
        const named = inner.filter((below) => BACKUP_NAME.test(below));
        places.push(...named.map((below) => ({ path: join(path, below), depth: 2, isBackup: true })));
      }
    }
  }
  return places;
}

function driveRoots(host: Host): string[] {
  const drives = host.win32?.drives() ?? [];
  return drives
    .filter((drive) => drive.kind === 'fixed' || drive.kind === 'remote')
    .map((drive) => `${drive.path.replace(/[\\/]+$/, '').replaceAll('\\', '/')}/`);
}

async function mountedVolumes(host: Host): Promise<string[]> {
  const text = await host.readText('/proc/mounts').catch(() => '');
  return text.split('\n').flatMap((line) => {
    const [device = '', path = '', type = ''] = line.split(' ');
    const isVolume = device.startsWith('/dev/') || /^(nfs4?|cifs|smb3)$/.test(type);
    if (!isVolume || path === '/' || /^\/(boot|proc|sys|dev|run|snap)(\/|$)/.test(path)) return [];
    // The kernel writes blanks as octal.
    return [
      path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8))),
    ];
  });
}
