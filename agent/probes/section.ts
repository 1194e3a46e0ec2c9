// What every probe's section of agent.yaml holds: whether it is read, and how often.

import type { BoolField, DurationField, Fields, SectionField } from '../../shared/config/schema.ts';

/** A probe's section: `enabled`, `interval` with the given default, then its own keys. */
export function probeSection<const S extends Fields>(
  help: string,
  intervalMs: number,
  fields: S,
): SectionField<{ readonly enabled: BoolField; readonly interval: DurationField } & S> {
  return {
    kind: 'section',
    help,
    fields: {
      enabled: { kind: 'bool', help: 'Whether this probe is read.', default: true },
      interval: {
        kind: 'duration',
        help: 'Time between readings.',
        default: intervalMs,
        min: 1_000,
        max: 86_400_000,
      },
      ...fields,
    },
  };
}
