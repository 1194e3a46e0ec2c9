// Space on the real volumes of the machine. Promise: percentages as df counts them; a volume that does not answer (a dead network
// mount) holds up no other volume and never has more than one call under way; a volume that agent.yaml lists and that is
// gone is said by name while the others are still read.

import type { Values } from '../../../shared/config/schema.ts';
import { NamedError } from '../../../shared/errors.ts';
import type {
  DiscoveryHost,
  Finding,
  Host,
  Judgement,
  Probe,
  ProbeUnit,
  Reading,
  Sample,
  Statfs,
} from '../probe.ts';
import { probeSection } from '../section.ts';
import type { Volume, VolumeChoice } from './volume.ts';
import { judgeMissing, judgeSilent, judgeVolume, usedPercent } from './judge.ts';
import { listLinuxVolumes } from './linux.ts';
import { type Outcome, volumeReader } from './volume-reader.ts';
import { listWindowsVolumes } from './windows.ts';

const PATH = { kind: 'text', help: 'A mount point such as /data, or a drive such as D:.' } as const;
const CONFIG = probeSection('Space on volumes.', 15_000, {
  include: {
    kind: 'list',
    help: 'Mount points or drives that must be there, whatever their file system; one that is gone is an error.',
    of: PATH,
  },
  exclude: { kind: 'list', help: 'Mount points or drives that are not read.', of: PATH },
  types: {
    kind: 'list',
    help: 'File systems read besides those on local block devices, such as nfs4 or cifs.',
    of: {
      kind: 'text',
      help: 'A file system type as /proc/self/mounts names it; on Windows: remote or removable.',
    },
  },
  readOnlyExpected: {
    kind: 'list',
    help: 'Mount points or drives that are mounted read-only on purpose.',
    of: PATH,
  },
  warnPercent: {
    kind: 'number',
    help: 'Share of space or inodes used from which the check warns.',
    default: 85,
    min: 1,
    max: 100,
    unit: 'percent',
  },
  criticalPercent: {
    kind: 'number',
    help: 'Share of space or inodes used from which the check is critical.',
    default: 95,
    min: 1,
    max: 100,
    unit: 'percent',
  },
  answerWithin: {
    kind: 'duration',
    help: 'How long a volume may take to answer.',
    default: 3_000,
    min: 100,
    max: 60_000,
  },
});
type Config = Values<typeof CONFIG.fields>;

export const DISK: ProbeUnit<typeof CONFIG.fields> = {
  name: 'disk',
  config: CONFIG,
  metrics: [
    'disk_total',
    'disk_used',
    'disk_free',
    'disk_used_percent',
    'disk_inodes_total',
    'disk_inodes_used',
    'disk_inodes_used_percent',
    'disk_read_only',
  ],
  open,
  discover,
};

function open(config: Config, host: Host): Probe {
  const listVolumes = host.platform === 'win32' ? listWindowsVolumes : listLinuxVolumes;
  const askVolume = volumeReader(host, config.answerWithin);
  return {
    async read(signal) {
      const { volumes, missing } = await listVolumes(host, config);
      const outcomes = await Promise.all(volumes.map((volume) => askVolume(volume, signal)));
      const reading: Required<Pick<Reading, 'samples' | 'checks' | 'errors'>> = {
        samples: [],
        checks: [],
        errors: [],
      };
      volumes.forEach((volume, i) => addVolume(reading, volume, outcomes[i], config));
      for (const path of missing) {
        reading.checks.push(judgeMissing(path));
        reading.errors.push(subjectMissing(path));
      }
      return reading;
    },
  };
}

function addVolume(
  reading: { samples: Sample[]; checks: Judgement[]; errors: NamedError[] },
  volume: Volume,
  outcome: Outcome | undefined,
  config: Config,
): void {
  if (outcome?.kind === 'space') {
    // A size of 0 is a drive without a medium, or a pseudo file system that was asked for: nothing to say.
    if (outcome.space.totalBytes === 0) return;
    reading.samples.push(...samplesOf(volume, outcome.space));
    reading.checks.push(judgeVolume(volume, outcome.space, config));
  } else if (outcome?.kind === 'gone') {
    reading.checks.push(judgeMissing(volume.path));
    reading.errors.push(subjectMissing(volume.path, outcome.error));
  } else if (outcome?.kind === 'silent') {
    reading.checks.push(judgeSilent(volume.path));
    reading.errors.push(
      new NamedError('PROBE_TIMEOUT', `disk: ${volume.path} (${volume.type}) does not answer`),
    );
  } else if (outcome?.kind === 'failed') {
    reading.checks.push({ id: `disk:${volume.path}`, status: 'unknown', text: '磁盘无法读取' });
    reading.errors.push(
      new NamedError('PROBE_FAILED', `disk: ${volume.path} cannot be read`, { cause: outcome.error }),
    );
  }
}

function subjectMissing(path: string, cause?: unknown): NamedError {
  return new NamedError('PROBE_SUBJECT_MISSING', `disk: ${path} is not mounted`, { cause });
}

function samplesOf(volume: Volume, space: Statfs): Sample[] {
  const labels = { path: volume.path };
  const { totalBytes, freeBytes, availableBytes, inodes, inodesFree } = space;
  const samples: Sample[] = [
    { metric: 'disk_total', labels, value: totalBytes },
    { metric: 'disk_used', labels, value: totalBytes - freeBytes },
    { metric: 'disk_free', labels, value: availableBytes },
    { metric: 'disk_used_percent', labels, value: usedPercent(space) },
    { metric: 'disk_read_only', labels, value: volume.readOnly ? 1 : 0 },
  ];
  // Windows, btrfs and vfat have no fixed number of inodes.
  if (inodes > 0) {
    samples.push(
      { metric: 'disk_inodes_total', labels, value: inodes },
      { metric: 'disk_inodes_used', labels, value: inodes - inodesFree },
      { metric: 'disk_inodes_used_percent', labels, value: ((inodes - inodesFree) / inodes) * 100 },
    );
  }
  return samples;
}

/** Names each volume that is found, so that one that vanishes later is an error and not a quiet end of its series. */
async function discover(host: DiscoveryHost): Promise<Finding[]> {
  const listVolumes = host.platform === 'win32' ? listWindowsVolumes : listLinuxVolumes;
  const choice: VolumeChoice = { include: [], exclude: [], types: ['nfs', 'nfs4', 'cifs', 'smb3', 'remote'] };
  const { volumes } = await listVolumes(host, choice);
  return volumes.map((volume) => ({
    what: `磁盘 ${volume.path}（${volume.type}）`,
    why: volume.network ? '网络存储，常用于备份副本；列入后断开即告警' : '本机真实磁盘；列入后若消失即告警',
    config: {
      include: [volume.path],
      ...(volume.readOnly ? { readOnlyExpected: [volume.path] } : {}),
    },
  }));
}
