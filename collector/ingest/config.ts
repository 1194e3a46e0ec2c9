// The `ingest` section of collector.yaml: what one agent may send, and how much of the past the whole fleet may send at once.

import type { SectionField, Values } from '../../shared/config/schema.ts';

const fields = {
  framesPerSecond: {
    kind: 'int',
    min: 1,
    default: 200,
    help: 'Frames per second that one agent may send in the long run.',
  },
  frameBurst: { kind: 'int', min: 1, default: 2000, help: 'Frames that one agent may send at once.' },
  bytesPerSecond: {
    kind: 'size',
    min: 1024,
    default: 1024 ** 2,
    help: 'Bytes per second that one agent may send in the long run.',
  },
  byteBurst: {
    kind: 'size',
    min: 256 * 1024,
    default: 8 * 1024 ** 2,
    help: 'Bytes that one agent may send at once.',
  },
  seriesPerHost: {
    kind: 'int',
    min: 1,
    default: 2000,
    help: 'Distinct series that one host may send.',
  },
  commitEvery: {
    kind: 'duration',
    min: 1,
    max: 5000,
    default: 50,
    help: 'How long reports are gathered before they are committed and acknowledged together.',
  },
  idleTimeout: {
    kind: 'duration',
    min: 15_000,
    default: 45_000,
    help: 'A connection without any frame for so long is closed; agents send a beat every 10 s.',
  },
  connections: {
    kind: 'int',
    min: 1,
    default: 20_000,
    help: 'Connections accepted at once.',
  },
  historyPool: {
    kind: 'size',
    min: 0,
    default: 4 * 1024 ** 2,
    help: 'Bytes of history that all agents together may have in flight.',
  },
  historyPerAgent: {
    kind: 'size',
    min: 16 * 1024,
    default: 1024 ** 2,
    help: 'Bytes of history that one agent may have in flight.',
  },
} as const;

export const ingestConfig = {
  kind: 'section',
  help: 'What agents may send, and how fast.',
  fields,
} as const satisfies SectionField;

export type IngestConfig = Values<typeof fields>;
