// Traffic of whole disks since boot. Promise: each disk once: no partitions, no loop, memory or optical devices, and of the
// layers above a disk (device-mapper) only those that the configuration names.

import type { Values } from '../../../shared/config/schema.ts';
import type { Host, Probe, ProbeUnit, Sample } from '../probe.ts';
import { probeSection } from '../section.ts';
import type { DiskTraffic } from './traffic.ts';
import { readLinuxDisks } from './linux.ts';
import { readWindowsDisks } from './windows.ts';

const NAME = {
  kind: 'text',
  help: 'A device such as sda or dm-0, on Windows PhysicalDrive0; a * at the end stands for any ending.',
} as const;
const CONFIG = probeSection('Traffic of disks.', 15_000, {
  include: { kind: 'list', help: 'Devices read besides whole disks, such as dm-0.', of: NAME },
  exclude: { kind: 'list', help: 'Devices that are not read.', of: NAME },
});

export const DISKIO: ProbeUnit<typeof CONFIG.fields> = {
  name: 'diskio',
  config: CONFIG,
  metrics: [
    'diskio_reads',
    'diskio_writes',
    'diskio_read_bytes',
    'diskio_write_bytes',
    'diskio_read_time',
    'diskio_write_time',
    'diskio_io_time',
    'diskio_weighted_io_time',
  ],
  open,
};

function open(config: Values<typeof CONFIG.fields>, host: Host): Probe {
  const readDisks = host.platform === 'win32' ? readWindowsDisks : readLinuxDisks;
  return {
    async read() {
      const disks = await readDisks(host, config);
      return { samples: disks.flatMap(samplesOf) };
    },
  };
}

function samplesOf(disk: DiskTraffic): Sample[] {
  const labels = { name: disk.name };
  const samples: Sample[] = [
    { metric: 'diskio_reads', labels, value: disk.reads },
    { metric: 'diskio_writes', labels, value: disk.writes },
    { metric: 'diskio_read_bytes', labels, value: disk.readBytes },
    { metric: 'diskio_write_bytes', labels, value: disk.writeBytes },
    { metric: 'diskio_read_time', labels, value: disk.readTimeMs },
    { metric: 'diskio_write_time', labels, value: disk.writeTimeMs },
  ];
  if (disk.ioTimeMs !== undefined) samples.push({ metric: 'diskio_io_time', labels, value: disk.ioTimeMs });
  if (disk.weightedIoTimeMs !== undefined)
    samples.push({ metric: 'diskio_weighted_io_time', labels, value: disk.weightedIoTimeMs });
  return samples;
}
