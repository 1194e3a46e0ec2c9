// How long the collector remembers what is no longer there.

import type { SectionField } from '../../shared/config/schema.ts';

const DAY_MS = 86_400_000;

export const backupsConfig = {
  kind: 'section',
  help: 'What is remembered of backups. Files that are there, and drills, are never forgotten.',
  fields: {
    keepGone: {
      kind: 'duration',
      help: 'How long files that are gone, and findings that no longer hold, are remembered.',
      default: 400 * DAY_MS,
      min: DAY_MS,
      max: 4_000 * DAY_MS,
    },
    keepPast: {
      kind: 'duration',
      help: 'How long runs and changes of the rung are remembered.',
      default: 800 * DAY_MS,
      min: DAY_MS,
      max: 4_000 * DAY_MS,
    },
  },
} as const satisfies SectionField;
