// Sections of collector.yaml for engines outside: where they are, and the queue that leads to them.

import { NamedError } from '../../../shared/errors.ts';
import type { SectionField, Values } from '../../../shared/config/schema.ts';
import { influxdbConfig } from '../influxdb/config.ts';
import { victoriametricsConfig } from '../victoriametrics/config.ts';
import type { EngineChoice } from './engines.ts';

export const queueConfig = {
  kind: 'section',
  help: 'The durable queue on this machine that leads to an engine outside.',
  fields: {
    limit: {
      kind: 'size',
      help: 'Above this size the oldest reports that the engine has not taken are given up, counted and shown as gaps.',
      default: 16 * 1024 ** 3,
      min: 16 * 1024 ** 2,
    },
    sendEvery: {
      kind: 'duration',
      help: 'How long reports are gathered for one request to the engine.',
      default: 1000,
      min: 0,
      max: 60_000,
    },
    batchBytes: {
      kind: 'size',
      help: 'Reports of at most this size, as the queue holds them, go into one request.',
      default: 1024 ** 2,
      min: 64 * 1024,
      max: 64 * 1024 ** 2,
    },
    memory: {
      kind: 'size',
      help: 'So much of the newest reports is held in memory, so that they are shown before the engine shows them.',
      default: 64 * 1024 ** 2,
      min: 1024 ** 2,
    },
  },
} as const satisfies SectionField;

const engines = {
  kind: {
    kind: 'choice',
    help: 'Which engine it is.',
    words: ['victoriametrics', 'influxdb'],
  },
  victoriametrics: victoriametricsConfig,
  influxdb: influxdbConfig,
  queue: queueConfig,
} as const;

export const outletsConfig = {
  kind: 'list',
  help: 'Engines outside that are given everything beside the store. What they do not take in time never holds up the store.',
  of: {
    kind: 'section',
    help: 'One engine.',
    fields: {
      name: {
        kind: 'text',
        help: 'Name of its queue’s folder; what is in the queue belongs to this name.',
        pattern: { re: /^[a-z0-9-]{1,40}$/, words: 'small letters, digits or dashes' },
      },
      ...engines,
    },
  },
} as const;

export type QueueChoice = Values<typeof queueConfig.fields>;

/** What the queue's thread needs of the configuration. */
export interface QueueSettings extends QueueChoice {
  segmentSize: number;
  freeFloor: number;
  keepStreams: number;
  keepGaps: number;
}

interface Choosing {
  kind: string;
  victoriametrics: Values<typeof victoriametricsConfig.fields>;
  influxdb: Values<typeof influxdbConfig.fields>;
}

/** The engine that is chosen. Throws CONFIG_BAD_VALUE, naming the key, when what it needs is missing. */
export function chosenEngine(config: Choosing, key: string): EngineChoice {
  const missing = (name: string): never => {
    throw new NamedError('CONFIG_BAD_VALUE', `${key}.${name} is missing`, {
      mend: `${key}.kind is ${config.kind}: say ${key}.${name}, or choose another kind.`,
    });
  };
  if (config.kind === 'victoriametrics') {
    if (config.victoriametrics.url === '') missing('victoriametrics.url');
    return { kind: 'victoriametrics', config: config.victoriametrics };
  }
  const { influxdb } = config;
  if (influxdb.url === '') missing('influxdb.url');
  if (influxdb.version === '1' && influxdb.database === '') missing('influxdb.database');
  if (influxdb.version === '2' && influxdb.bucket === '') missing('influxdb.bucket');
  return { kind: 'influxdb', config: influxdb };
}
