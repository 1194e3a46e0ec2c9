// The `spool` section of agent.yaml.

import type { SectionField, Values } from '../../shared/config/schema.ts';

const MiB = 1024 ** 2;

export const spoolConfig = {
  kind: 'section',
  help: 'Reports kept on disk until the collector has stored them.',
  fields: {
    maxBytes: {
      kind: 'size',
      default: 512 * MiB,
      min: 1 * MiB,
      help: 'Most that the spool takes of the volume; past it the oldest history is thinned, then dropped, and declared.',
    },
    freeFloor: {
      kind: 'size',
      default: 1024 * MiB,
      min: 0,
      help: 'Free space that the spool leaves on the volume (the larger of this and freeFloorPercent); it always keeps two segments.',
    },
    freeFloorPercent: {
      kind: 'number',
      default: 5,
      min: 0,
      max: 90,
      unit: 'percent',
      help: 'The same as a share of the volume.',
    },
    segmentBytes: {
      kind: 'size',
      default: 1 * MiB,
      min: 4096,
      max: 16 * MiB,
      help: 'Size at which a segment file is closed and packed.',
    },
    syncInterval: {
      kind: 'duration',
      default: 0,
      min: 0,
      max: 60_000,
      help: 'How long reports are gathered before they are synced to the disk: at most this much is lost when the process or the machine dies. 0 syncs each at once.',
    },
    memoryBytes: {
      kind: 'size',
      default: 4 * MiB,
      min: 65_536,
      max: 256 * MiB,
      help: 'Reports kept in memory while the disk refuses writes; past it the oldest are lost and declared.',
    },
    windowBytes: {
      kind: 'size',
      default: MiB / 4,
      min: 0,
      max: 64 * MiB,
      help: 'Newest reports kept in memory besides the disk, so that live reports are sent without a read.',
    },
  },
} as const satisfies SectionField;

export type SpoolLimits = Values<typeof spoolConfig.fields>;
