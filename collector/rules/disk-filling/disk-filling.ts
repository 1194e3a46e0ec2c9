// A volume is nearly full, runs out of inodes, will be full within hours, or has become read-only.

import type { SectionField } from '../../../shared/config/schema.ts';
import { CLEAR, gather, judgeChecks, judgeSeries } from '../reading.ts';
import type { Evaluation, RuleUnit } from '../rule.ts';
import { judgeMissing, judgeReadOnly, judgeSpace, judgeInodes } from './judge.ts';

const config = {
  kind: 'section',
  help: 'A volume that is nearly full, will be full soon, or is read-only.',
  fields: {
    enabled: { kind: 'bool', help: 'Whether this rule judges at all.', default: true },
    warning: {
      kind: 'number',
      help: 'Used share from which it is a warning.',
      default: 85,
      min: 10,
      max: 100,
      unit: 'percent',
    },
    critical: {
      kind: 'number',
      help: 'Used share from which it is critical.',
      default: 95,
      min: 10,
      max: 100,
      unit: 'percent',
    },
    hysteresis: {
      kind: 'number',
      help: 'How far below its limit a value must fall before it counts as good.',
      default: 2,
      min: 0,
      max: 20,
      unit: 'percent',
    },
    for: {
      kind: 'duration',
      help: 'How long a limit must be passed before the alert fires.',
      default: 10_000,
      min: 0,
      max: 3_600_000,
    },
    hoursWarning: {
      kind: 'number',
      help: 'Forecast hours to full below which it is a warning.',
      default: 24,
      min: 0,
      max: 720,
      unit: 'hours',
    },
    hoursCritical: {
      kind: 'number',
      help: 'Forecast hours to full below which it is critical.',
      default: 4,
      min: 0,
      max: 720,
      unit: 'hours',
    },
    forecastFrom: {
      kind: 'number',
      help: 'Used share below which nothing is forecast.',
      default: 50,
      min: 0,
      max: 100,
      unit: 'percent',
    },
    forecastOver: {
      kind: 'duration',
      help: 'The past that a forecast must rest on at least.',
      default: 3_600_000,
      min: 900_000,
      max: 21_600_000,
    },
    forecastFor: {
      kind: 'duration',
      help: 'How long a forecast must hold before the alert fires.',
      default: 600_000,
      min: 0,
      max: 3_600_000,
    },
  },
} as const satisfies SectionField;

export const diskFilling: RuleUnit<typeof config.fields> = {
  name: 'disk-filling',
  title: { zh: '磁盘空间', en: 'Disk filling' },
  config,
  evaluate(config, picture, now) {
    const pathOf = (labels: Readonly<Record<string, string>>): string => labels.path ?? '';
    const parts: Evaluation[] = [
      judgeSeries(picture, 'disk_used_percent', now, pathOf, (reading, path) =>
        judgeSpace(config, picture, reading, path, now),
      ),
      judgeSeries(
        picture,
        'disk_inodes_used_percent',
        now,
        (labels) => `${pathOf(labels)} inodes`,
        (reading, subject) => judgeInodes(config, reading, pathOf(reading.labels), subject),
      ),
      judgeSeries(
        picture,
        'disk_read_only',
        now,
        (labels) => `${pathOf(labels)} read-only`,
        (reading, subject) => judgeReadOnly(config, picture, reading, subject),
      ),
      judgeChecks(picture, 'disk', now, (check, path) => judgeMissing(config, picture, check, path)),
    ];
    const all = parts.find((part) => part.unknown === 'all');
    if (all) return all;
    if (parts.every((part) => part === CLEAR)) return CLEAR;
    const unknown = parts.flatMap((part) => (typeof part.unknown === 'string' ? [] : part.unknown));
    return gather(
      parts.flatMap((part) => part.findings),
      unknown,
    );
  },
};
