// Chooses the real volumes from /proc/self/mounts: those on block devices, and what the configuration names. Promise: one device
// appears once, under its shortest path, however often it is mounted or bound.

import type { Host } from '../probe.ts';
import type { Listing, Volume, VolumeChoice } from './volume.ts';
import { cleanPath } from './judge.ts';

export interface Mount {
  device: string;
  path: string;
  type: string;
  readOnly: boolean;
}

/** Always full by nature: an image, not a volume. */
const IMAGES = new Set(['squashfs', 'iso9660', 'udf', 'erofs', 'cramfs']);
const NETWORK = new Set([
  'nfs',
  'nfs4',
  'cifs',
  'smb3',
  'smbfs',
  'ceph',
  'glusterfs',
  'fuse.sshfs',
  'fuse.glusterfs',
  '9p',
]);
/** Real volumes whose device is no file below /dev. */
const POOLED = new Set(['zfs', 'bcachefs']);
/** Below these, container runtimes and services bind devices that are counted elsewhere. */
const NOT_BELOW = [
  '/proc/',
  '/sys/',
  '/dev/',
  '/run/credentials/',
  '/var/lib/docker/',
  '/var/lib/containers/',
  '/var/lib/kubelet/',
  '/snap/',
];
/** A label must fit in a column name on the wire. */
const LONGEST_PATH = 180;

export async function listLinuxVolumes(host: Host, choice: VolumeChoice): Promise<Listing> {
  return chooseVolumes(parseMounts(await host.readText('/proc/self/mounts')), choice);
}

export function parseMounts(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split('\n')) {
    const [device, path, type, options] = line.split(' ');
    if (device === undefined || path === undefined || type === undefined || options === undefined) continue;
    const readOnly = options === 'ro' || options.startsWith('ro,');
    mounts.push({ device: unescape(device), path: unescape(path), type, readOnly });
  }
  return mounts;
}

/** The kernel writes blank, tab, newline and backslash in octal. */
function unescape(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

export function chooseVolumes(mounts: readonly Mount[], choice: VolumeChoice): Listing {
  const include = new Set(choice.include.map(cleanPath));
  const exclude = new Set(choice.exclude.map(cleanPath));
  const types = new Set(choice.types);
  // What is mounted last on a path hides what lies there.
  const visible = new Map(mounts.map((mount) => [mount.path, mount]));
  const chosen = new Set<Mount>();
  const perDevice = new Map<string, Mount>();
  for (const mount of visible.values()) {
    if (exclude.has(mount.path) || mount.path.length > LONGEST_PATH) continue;
    if (include.has(mount.path)) chosen.add(mount);
    if (include.has(mount.path) || isReal(mount) || types.has(mount.type)) keepShortest(perDevice, mount);
  }
  for (const mount of perDevice.values()) chosen.add(mount);
  return {
    volumes: [...chosen].sort((a, b) => (a.path < b.path ? -1 : 1)).map(toVolume),
    missing: [...include].filter((path) => !visible.has(path) && !exclude.has(path)),
  };
}

function keepShortest(perDevice: Map<string, Mount>, mount: Mount): void {
  // Pseudo file systems that were asked for by type share a device name without being one volume.
  const key = mount.device.includes('/') ? mount.device : mount.path;
  const known = perDevice.get(key);
  if (known === undefined || mount.path.length < known.path.length) perDevice.set(key, mount);
}

function isReal(mount: Mount): boolean {
  if (NOT_BELOW.some((folder) => mount.path.startsWith(folder))) return false;
  return (mount.device.startsWith('/dev/') && !IMAGES.has(mount.type)) || POOLED.has(mount.type);
}

function toVolume({ path, type, readOnly }: Mount): Volume {
  return { path, root: path, type, readOnly, network: NETWORK.has(type) };
}
