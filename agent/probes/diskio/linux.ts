// Reads /proc/diskstats (kernel documentation: admin-guide/iostats). A disk that never moved a byte is left out.

import { type Choice, choose } from '../choice.ts';
import type { Host } from '../probe.ts';
import type { DiskTraffic } from './traffic.ts';

const SECTOR_BYTES = 512;
/** Loop, memory, compressed memory, optical, floppy, network block, device-mapper. */
const NOT_WHOLE_DISK = /^(loop|ram|zram|sr|fd|nbd|dm-)\d/;

export async function readLinuxDisks(host: Host, choice: Choice): Promise<DiskTraffic[]> {
  return chooseDisks(parseDiskstats(await host.readText('/proc/diskstats')), choice);
}

export function parseDiskstats(text: string): DiskTraffic[] {
  const disks: DiskTraffic[] = [];
  for (const line of text.split('\n')) {
    const [, , name, ...counters] = line.trim().split(/ +/);
    const [
      reads,
      ,
      readSectors,
      readTimeMs,
      writes,
      ,
      writtenSectors,
      writeTimeMs,
      ,
      ioTimeMs,
      weightedIoTimeMs,
    ] = counters.map(Number);
    // Kernels before 2.6.25 gave partitions only four counters.
    if (name === undefined || weightedIoTimeMs === undefined) continue;
    disks.push({
      name,
      reads: reads ?? 0,
      writes: writes ?? 0,
      readBytes: (readSectors ?? 0) * SECTOR_BYTES,
      writeBytes: (writtenSectors ?? 0) * SECTOR_BYTES,
      readTimeMs: readTimeMs ?? 0,
      writeTimeMs: writeTimeMs ?? 0,
      ioTimeMs: ioTimeMs ?? 0,
      weightedIoTimeMs,
    });
  }
  return disks;
}

export function chooseDisks(disks: readonly DiskTraffic[], choice: Choice): DiskTraffic[] {
  const names = new Set(disks.map((disk) => disk.name));
  return choose(
    disks,
    choice,
    (disk) =>
      !NOT_WHOLE_DISK.test(disk.name) && !isPartition(disk.name, names) && disk.reads + disk.writes > 0,
  );
}

/** `sda1` of `sda`, `nvme0n1p2` of `nvme0n1`; but `xvda1` alone, as some clouds name a whole disk, is none. */
function isPartition(name: string, names: ReadonlySet<string>): boolean {
  const parent = name.replace(/\d+$/, '');
  if (parent === name) return false;
  return names.has(parent) || (parent.endsWith('p') && names.has(parent.slice(0, -1)));
}
