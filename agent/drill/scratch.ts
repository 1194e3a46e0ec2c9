// The folder that a scratch instance lives in. Promise: it is new, holds nothing of anybody, keeps the promised space free all the
// while, and goes when the drill ends; what a killed drill left behind, its servers included, goes at the next one.

import {
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { NamedError } from '../../shared/errors.ts';
import { renderBytes } from './bytes.ts';

const PREFIX = 'niswatch-drill-';
const OWNER = 'owner.json';

export interface Owner {
  uid: number;
  gid: number;
}

/** undefined: we are not root and stay who we are. Throws DRILL_IMPOSSIBLE for a user that this machine does not know. */
export function unprivileged(name: string): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid = 0, gid = 0] = (line ?? '').split(':').map(Number);
  if (line !== undefined && uid > 0) return { uid, gid };
  throw new NamedError('DRILL_IMPOSSIBLE', `there is no unprivileged user ${name}`, {
    mend: 'Set user: NAME under drills to an existing user that is not root.',
  });
}

export interface ScratchFolder {
  path: string;
  remove(): void;
  handOver(path: string): void;
}

export function openScratch(parent: string, owner: Owner | undefined): ScratchFolder {
  removeLeftovers(parent);
  mkdirSync(parent, { recursive: true });
  const path = mkdtempSync(join(parent, PREFIX));
  writeFileSync(join(path, OWNER), JSON.stringify({ pid: process.pid }));
  const work = join(path, 'w');
  mkdirSync(work, { mode: 0o700 });
  if (owner) {
    chownSync(path, owner.uid, owner.gid);
    chownSync(work, owner.uid, owner.gid);
  }
  return {
    path: work,
    remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }),
    handOver: (below) => owner && handOver(below, owner),
  };
}

/** Links themselves, never what they point at. */
function handOver(path: string, { uid, gid }: Owner): void {
  execFileSync('chown', ['-hR', `${uid}:${gid}`, path]);
  lchownSync(path, uid, gid);
}

function removeLeftovers(parent: string): void {
  let names: string[];
  try {
    names = readdirSync(parent).filter((name) => name.startsWith(PREFIX));
  } catch {
    return;
  }
  for (const path of names.map((name) => join(parent, name))) {
    if (isOwned(path)) continue;
    endProcessesIn(path);
    rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

function isOwned(path: string): boolean {
  try {
    const { pid } = JSON.parse(readFileSync(join(path, OWNER), 'utf8')) as { pid: number };
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A server stands in its data folder: whatever stands below ours is ours. */
function endProcessesIn(path: string): void {
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      if (readlinkSync(`/proc/${name}/cwd`).startsWith(`${path}/`)) process.kill(Number(name), 'SIGKILL');
    } catch {
      // It ended meanwhile, or belongs to somebody whose folder we may not see: not ours.
    }
  }
}

export async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

export interface Space {
  freeBytes: number;
  needBytes: number;
  reserveBytes: number;
}

/** Throws DRILL_IMPOSSIBLE, which names all three figures. */
export function requireSpace(folder: string, { freeBytes, needBytes, reserveBytes }: Space): void {
  if (freeBytes >= needBytes + reserveBytes) return;
  throw new NamedError(
    'DRILL_IMPOSSIBLE',
    `${folder} has ${renderBytes(freeBytes)} free; the restore needs about ${renderBytes(needBytes)}, and ${renderBytes(reserveBytes)} must stay free`,
    { mend: 'Set scratch: FOLDER under drills to a volume with more space, or lower reserve.' },
  );
}
