// The database's own history disagrees with the files: a run that it tells of left no file, or another job breaks the chain.

import type { SectionField } from '../../../shared/config/schema.ts';
import { judgeFindings } from '../backup-findings.ts';
import { judgeBackups } from '../backups.ts';
import type { RuleUnit } from '../rule.ts';

const config = {
  kind: 'section',
  help: 'The database’s own backup history disagrees with the files on the disk.',
  fields: {
    enabled: { kind: 'bool', help: 'Whether this rule judges at all.', default: true },
  },
} as const satisfies SectionField;

export const backupHistory: RuleUnit<typeof config.fields> = {
  name: 'backup-history',
  title: { zh: '备份记录与文件不符', en: 'Backup history disagrees' },
  config,
  evaluate: (_config, picture) =>
    judgeBackups(picture, (set) => judgeFindings(set, { 'history-disagrees': 'critical' })),
};
