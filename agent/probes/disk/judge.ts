// Judges one volume: space, inodes, read-only. Pure.

import type { Judgement, Statfs } from '../probe.ts';

export interface Limits {
  warnPercent: number;
  criticalPercent: number;
  readOnlyExpected: readonly string[];
}

/** As df counts it: blocks kept for root are neither used nor free. */
export function usedPercent({ totalBytes, freeBytes, availableBytes }: Statfs): number {
  const used = totalBytes - freeBytes;
  const reachable = used + availableBytes;
  return reachable <= 0 ? 100 : (used / reachable) * 100;
}

export function judgeVolume(
  volume: { path: string; readOnly: boolean },
  space: Statfs,
  limits: Limits,
): Judgement {
  const id = `disk:${volume.path}`;
  const percent = usedPercent(space);
  const inodePercent = space.inodes > 0 ? ((space.inodes - space.inodesFree) / space.inodes) * 100 : 0;
  if (volume.readOnly && !limits.readOnlyExpected.some((path) => samePath(path, volume.path))) {
    return { id, status: 'critical', text: `磁盘已变为只读，已用 ${percent.toFixed(1)}%` };
  }
  const worst = Math.max(percent, inodePercent);
  const status =
    worst >= limits.criticalPercent ? 'critical' : worst >= limits.warnPercent ? 'warning' : 'ok';
  if (inodePercent > percent && status !== 'ok') {
    return { id, status, text: `inode 已用 ${inodePercent.toFixed(1)}%，还可建 ${space.inodesFree} 个文件` };
  }
  const free = renderBytes(space.availableBytes);
  return { id, status, text: `已用 ${percent.toFixed(1)}%，剩余 ${free}` };
}

export function judgeMissing(path: string): Judgement {
  return { id: `disk:${path}`, status: 'critical', text: '磁盘未挂载或已消失' };
}

export function judgeSilent(path: string): Judgement {
  return { id: `disk:${path}`, status: 'unknown', text: '磁盘无应答' };
}

/** `/data/` is `/data`; `d:\` is `D:`. */
export function cleanPath(path: string): string {
  const drive = /^([A-Za-z]:)[\\/]?$/.exec(path)?.[1];
  if (drive !== undefined) return drive.toUpperCase();
  return path.length > 1 ? path.replace(/[\\/]+$/, '') || '/' : path;
}

function samePath(a: string, b: string): boolean {
  return cleanPath(a) === cleanPath(b);
}

function renderBytes(bytes: number): string {
  if (bytes >= 1024 ** 4) return `${(bytes / 1024 ** 4).toFixed(1)} TB`;
  if (bytes >= 1024 ** 3) return `${(bytes / 1024 ** 3).toFixed(1)} GB`;
  return `${(bytes / 1024 ** 2).toFixed(0)} MB`;
}
