// A database runs on the host and no backup set saves it.

import type { SectionField } from '../../../shared/config/schema.ts';
import { FINDING_WORDS } from '../../backups/words.ts';
import { CLEAR, UNKNOWN } from '../reading.ts';
import type { RuleUnit } from '../rule.ts';

const config = {
  kind: 'section',
  help: 'A database was found running that no backup set saves.',
  fields: {
    enabled: { kind: 'bool', help: 'Whether this rule judges at all.', default: true },
    for: {
      kind: 'duration',
      help: 'How long it must hold before the alert fires: a new database is given time.',
      default: 3_600_000,
      min: 0,
      max: 7 * 86_400_000,
    },
  },
} as const satisfies SectionField;

export const backupUnprotected: RuleUnit<typeof config.fields> = {
  name: 'backup-unprotected',
  title: { zh: '数据库没有备份集', en: 'Database without a backup' },
  config,
  evaluate(config, { verdict, backups }) {
    if (verdict.word !== 'up' || backups === 'unread') return UNKNOWN;
    if (!backups) return CLEAR;
    const { title, advice } = FINDING_WORDS['database-without-set'];
    const found = [backups.findings, ...backups.sets.map((s) => s.findings)].flat();
    const findings = found
      .filter((f) => f.kind === 'database-without-set')
      .map((f) => ({
        subject: f.key,
        severity: 'warning' as const,
        forMs: config.for,
        summary: { zh: `${title.zh}：${f.told.zh}`, en: `There is ${title.en}: ${f.told.en}` },
        advice,
        evidence: { found: f.text, since: f.since },
      }));
    return { findings, unknown: 'none' };
  },
};
