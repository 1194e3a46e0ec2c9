// A backup set whose newest finished file is older than its policy allows. The agent judges by the policy written in agent.yaml; this rule tells its
// judgement with the age it rests on.

import type { SectionField } from '../../../shared/config/schema.ts';
import { judgeOverdue, type Overdue } from '../overdue.ts';
import type { RuleUnit } from '../rule.ts';

const config = {
  kind: 'section',
  help: 'A backup set whose newest finished file is older than its policy allows.',
  fields: {
    enabled: { kind: 'bool', help: 'Whether this rule judges at all.', default: true },
    for: {
      kind: 'duration',
      help: 'How long it must hold before the alert fires.',
      default: 0,
      min: 0,
      max: 86_400_000,
    },
  },
} as const satisfies SectionField;

const BACKUP: Overdue = {
  kind: 'backup',
  metric: 'backup_age_seconds',
  label: 'set',
  summary: (name, span) => ({
    zh: `备份集 ${name} ${span ? `最新备份距今 ${span.zh}` : '没有可用的备份'}`,
    en: `Backup set ${name}: ${span ? `newest file is ${span.en} old` : 'no usable file'}`,
  }),
  advice: {
    zh: '查看备份任务的最近一次执行结果与日志，确认备份目录可写且磁盘未满；修复后手动执行一次，并确认新文件出现。',
    en: 'Look at the last run of the backup job and its log, see that the folder can be written and the disk is not full; run it once by hand and see the new file.',
  },
};

export const backupOld: RuleUnit<typeof config.fields> = {
  name: 'backup-old',
  title: { zh: '备份过期', en: 'Backup too old' },
  config,
  evaluate: (config, picture, now) => judgeOverdue(BACKUP, config.for, picture, now),
};
