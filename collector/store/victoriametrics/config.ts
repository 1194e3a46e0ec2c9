// How VictoriaMetrics is reached.

import type { SectionField, Values } from '../../../shared/config/schema.ts';

export const victoriametricsConfig = {
  kind: 'section',
  help: 'VictoriaMetrics, single node or cluster.',
  fields: {
    url: {
      kind: 'text',
      help: 'A single node, such as http://10.0.0.5:8428; of a cluster, vminsert (http://10.0.0.5:8480).',
      default: '',
    },
    selectUrl: {
      kind: 'text',
      help: 'Of a cluster: vmselect, such as http://10.0.0.6:8481. Empty for a single node.',
      default: '',
    },
    tenant: {
      kind: 'text',
      help: 'Of a cluster: the tenant, ACCOUNT or ACCOUNT:PROJECT.',
      default: '0',
      pattern: { re: /^\d{1,10}(:\d{1,10})?$/, words: 'a number, or two with a colon between' },
    },
    token: {
      kind: 'secret',
      help: 'Sent as a bearer token; with a colon in it (USER:PASSWORD) as basic authentication. Empty: none.',
      default: '',
    },
  },
} as const satisfies SectionField;

export type VictoriametricsConfig = Values<typeof victoriametricsConfig.fields>;
