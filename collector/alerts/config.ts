// What can be set about alerts as such. Rules and channels have their own sections.

import type { SectionField, Values } from '../../shared/config/schema.ts';

export const alertsConfig = {
  kind: 'section',
  help: 'The life of alerts and how they are told.',
  fields: {
    keepFiring: {
      kind: 'duration',
      help: 'How long a finding must be gone before its alert is resolved.',
      default: 15_000,
      min: 1_000,
      max: 3_600_000,
    },
    reopen: {
      kind: 'duration',
      help: 'A finding that comes back within this time opens the same alert again.',
      default: 600_000,
      min: 0,
      max: 86_400_000,
    },
    groupWait: {
      kind: 'duration',
      help: 'Alerts of one host that fire within this time share one message.',
      default: 3_000,
      min: 0,
      max: 300_000,
    },
    groupInterval: {
      kind: 'duration',
      help: 'After its first message a host gets at most one per this time (a first recovery and a first critical one go at once).',
      default: 60_000,
      min: 0,
      max: 3_600_000,
    },
    sendTimeout: {
      kind: 'duration',
      help: 'How long a channel may take to accept a message.',
      default: 20_000,
      min: 1_000,
      max: 120_000,
    },
    canaryAt: {
      kind: 'text',
      help: 'When each channel is tried with a harmless message every day, 24-hour clock.',
      default: '09:00',
      pattern: { re: /^([01]\d|2[0-3]):[0-5]\d$/, words: 'a time of day such as 09:00' },
    },
    canaryTimeZone: {
      kind: 'text',
      help: 'Time zone of canaryAt.',
      default: 'Asia/Shanghai',
    },
    troubleAfter: {
      kind: 'duration',
      help: 'A channel that has accepted nothing for this long, while something waits, raises an alert of the platform.',
      default: 600_000,
      min: 10_000,
      max: 86_400_000,
    },
  },
} as const satisfies SectionField;

export type AlertsConfig = Values<typeof alertsConfig.fields>;
