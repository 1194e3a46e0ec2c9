// The `store` section of collector.yaml: which engine, and what the embedded store does.

import type { SectionField, Values } from '../../shared/config/schema.ts';
import { influxdbConfig } from './influxdb/config.ts';
import { queueConfig } from './outside/config.ts';
import { victoriametricsConfig } from './victoriametrics/config.ts';

const DAY_MS = 86_400_000;

export const storeConfig = {
  kind: 'section',
  help: 'Time series of all hosts: in a folder of this machine (embedded), or in an engine outside.',
  fields: {
    kind: {
      kind: 'choice',
      help: 'Where history lies. Watermarks, newest values and alerts are always on this machine.',
      words: ['embedded', 'victoriametrics', 'influxdb'],
      default: 'embedded',
    },
    victoriametrics: victoriametricsConfig,
    influxdb: influxdbConfig,
    queue: queueConfig,
    pendingLimit: {
      kind: 'size',
      help: 'Writes are refused while more than this waits for the disk.',
      default: 64 * 1024 ** 2,
      min: 1024 ** 2,
      max: 1024 ** 3,
    },
    segmentSize: {
      kind: 'size',
      help: 'Size at which a journal file is closed and the next one begun.',
      default: 8 * 1024 ** 2,
      min: 64 * 1024,
      max: 1024 ** 3,
    },
    freeFloor: {
      kind: 'size',
      help: 'Free space below which writes are refused, so that packing still has room; 0 turns the check off.',
      default: 64 * 1024 ** 2,
      min: 0,
    },
    packRows: {
      kind: 'int',
      help: 'Rows of one host and column list after which they are packed (480 = two hours at 15 s).',
      default: 480,
      min: 16,
      max: 4096,
    },
    packBytes: {
      kind: 'size',
      help: 'Unpacked bytes of one host in memory after which they are packed.',
      default: 48 * 1024,
      min: 4096,
      max: 16 * 1024 ** 2,
    },
    memory: {
      kind: 'size',
      help: 'Unpacked rows of all hosts together; above it every host is packed with correspondingly fewer rows.',
      default: 160 * 1024 ** 2,
      min: 1024 ** 2,
      max: 64 * 1024 ** 3,
    },
    packAfter: {
      kind: 'duration',
      help: 'Age of the oldest unpacked row after which a host is packed although it has few rows.',
      default: 2 * 3_600_000,
      min: 60_000,
      max: DAY_MS,
    },
    keepRaw: {
      kind: 'duration',
      help: 'How long raw samples are kept.',
      default: 30 * DAY_MS,
      min: DAY_MS,
    },
    keepFiveMinutes: {
      kind: 'duration',
      help: 'How long 5 min rollups are kept.',
      default: 400 * DAY_MS,
      min: DAY_MS,
    },
    keepHours: {
      kind: 'duration',
      help: 'How long 1 h rollups and declared gaps are kept.',
      default: 5 * 365 * DAY_MS,
      min: DAY_MS,
    },
    keepStreams: {
      kind: 'duration',
      help: 'How long the watermark of a stream that is no longer used is kept.',
      default: 60 * DAY_MS,
      min: 60 * DAY_MS,
    },
  },
} as const satisfies SectionField;

export type StoreConfig = Values<typeof storeConfig.fields>;
