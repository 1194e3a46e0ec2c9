// Process matters of the HTTP side, a section of collector.yaml.

import type { SectionField, Values } from '../../shared/config/schema.ts';

const fields = {
  trustProxy: {
    kind: 'list',
    help: 'Addresses or networks of the reverse proxies whose X-Forwarded-For and -Proto count. Empty: nobody is believed.',
    of: { kind: 'text', help: 'An address or a network such as 10.0.0.0/8.' },
  },
  publicUrl: {
    kind: 'text',
    help: 'How agents and people reach this collector, such as https://watch.example.com; empty: as the request names it.',
    default: '',
    pattern: {
      re: /^(https?:\/\/[^\s/]+)?$/,
      words: 'an address such as https://watch.example.com without a path',
    },
  },
  sessionIdle: {
    kind: 'duration',
    help: 'A login ends after this long without use.',
    default: 12 * 3_600_000,
    min: 60_000,
    max: 30 * 86_400_000,
  },
  sessionLifetime: {
    kind: 'duration',
    help: 'A login ends after this long in any case.',
    default: 7 * 86_400_000,
    min: 60_000,
    max: 90 * 86_400_000,
  },
  maxConnections: {
    kind: 'int',
    help: 'Connections at once, agents and people together; further ones are refused.',
    default: 25_000,
    min: 10,
    max: 1_000_000,
  },
} as const;

export const HTTP_CONFIG = {
  kind: 'section',
  help: 'The web server for people and programs.',
  fields,
} as const satisfies SectionField;

export type HttpConfig = Values<typeof fields>;
