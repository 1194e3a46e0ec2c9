// The `liveness` section of collector.yaml: how long a silence may last before it gets a word.

import type { SectionField, Values } from '../../shared/config/schema.ts';

const fields = {
  suspectAfter: {
    kind: 'duration',
    min: 1_000,
    default: 30_000,
    help: 'Without any frame for so long a host is suspect.',
  },
  downAfter: {
    kind: 'duration',
    min: 2_000,
    default: 40_000,
    help: 'Without any frame for so long a host is down, when a witness in its hospital finds that it answers no more.',
  },
  silentAfter: {
    kind: 'duration',
    min: 2_000,
    default: 120_000,
    help: 'Without any frame for so long a host is silent; when a witness finds that it answers, only its agent is lost.',
  },
  siteAfter: {
    kind: 'duration',
    min: 2_000,
    default: 120_000,
    help: 'When every host of a hospital is quiet and one for so long, the hospital is silent.',
  },
  startGrace: {
    kind: 'duration',
    min: 0,
    default: 120_000,
    help: 'After its own start or absence the collector calls no host silent for so long, unless enough are back.',
  },
  returnShare: {
    kind: 'number',
    min: 0,
    max: 1,
    default: 0.95,
    help: 'Share of the hosts last up that must be back for that wait to end early.',
  },
  wayBack: {
    kind: 'duration',
    min: 0,
    max: 600_000,
    // A handshake in vain (20 s) and the longest wait of an agent between two tries (60 s).
    default: 90_000,
    help: 'After its own start, absence or doubt the collector waits so much longer than otherwise for a host that it has not heard since: agents space out their tries.',
  },
  massShare: {
    kind: 'number',
    min: 0,
    max: 1,
    default: 0.05,
    help: 'When more than this share of the fleet (and more than massCount) turns quiet at once, the collector doubts itself.',
  },
  massCount: {
    kind: 'int',
    min: 1,
    default: 20,
    help: 'When more than so many hosts (and more than massShare) turn quiet at once, the collector doubts itself.',
  },
  massWindow: {
    kind: 'duration',
    min: 1_000,
    default: 30_000,
    help: 'What "at once" means.',
  },
  doubtAtMost: {
    kind: 'duration',
    min: 60_000,
    default: 600_000,
    help: 'The doubt ends after so long when at least half of the fleet is heard; the others stay cut off together, as one alert.',
  },
  plannedFor: {
    kind: 'duration',
    min: 0,
    default: 300_000,
    help: 'After a goodbye for a restart or an update a host may be quiet for so long.',
  },
  uplink: {
    kind: 'list',
    help: 'Addresses that answer whenever the collector is on the network, such as its gateway or name server. When none answers, the collector doubts itself.',
    of: {
      kind: 'text',
      help: 'An address with a TCP port.',
      pattern: { re: /^\S+:\d{1,5}$/, words: 'host:port, such as 10.0.0.1:53' },
    },
  },
} as const;

export const livenessConfig = {
  kind: 'section',
  help: 'When a silence gets which word.',
  fields,
} as const satisfies SectionField;

export type LivenessConfig = Values<typeof fields>;
