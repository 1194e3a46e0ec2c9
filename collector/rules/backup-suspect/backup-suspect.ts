// What speaks for ransomware, a job that saves too little, or one that copies an old file: lost format, changed extension, shrinking,
// the same content again.

import type { SectionField } from '../../../shared/config/schema.ts';
import { judgeFindings, SUSPECT } from '../backup-findings.ts';
import { judgeBackups } from '../backups.ts';
import type { RuleUnit } from '../rule.ts';

const config = {
  kind: 'section',
  help: 'Backup files that look wrong: no longer of their format, another extension, much smaller, the same content again.',
  fields: {
    enabled: { kind: 'bool', help: 'Whether this rule judges at all.', default: true },
  },
} as const satisfies SectionField;

export const backupSuspect: RuleUnit<typeof config.fields> = {
  name: 'backup-suspect',
  title: { zh: '备份文件可疑', en: 'Backup files look wrong' },
  config,
  evaluate: (_config, picture) => judgeBackups(picture, (set) => judgeFindings(set, SUSPECT)),
};
