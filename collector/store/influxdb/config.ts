// How InfluxDB is reached.

import type { SectionField, Values } from '../../../shared/config/schema.ts';

export const influxdbConfig = {
  kind: 'section',
  help: 'InfluxDB. Reading is by InfluxQL: 2.x and 3.x need a database name that is mapped to the bucket.',
  fields: {
    url: { kind: 'text', help: 'Such as http://10.0.0.5:8086.', default: '' },
    version: {
      kind: 'choice',
      help: '1 writes by /write, 2 by /api/v2/write, which 3.x has too.',
      words: ['1', '2'],
      default: '1',
    },
    database: {
      kind: 'text',
      help: 'The database (1.x), or the one that InfluxQL reads the bucket by (2.x; empty: the bucket’s name).',
      default: '',
    },
    org: { kind: 'text', help: 'The organisation (2.x).', default: '' },
    bucket: { kind: 'text', help: 'The bucket (2.x).', default: '' },
    token: {
      kind: 'secret',
      help: 'The token (2.x), or USER:PASSWORD (1.x). Empty: none.',
      default: '',
    },
  },
} as const satisfies SectionField;

export type InfluxdbConfig = Values<typeof influxdbConfig.fields>;
