// Backups that lie on the volume of the data that they save, and nowhere else.

import type { SectionField } from '../../../shared/config/schema.ts';
import type { SetDigest } from '../../backups/digest.ts';
import { FINDING_WORDS } from '../../backups/words.ts';
import { judgeBackups } from '../backups.ts';
import type { Word } from '../reading.ts';
import type { RuleUnit } from '../rule.ts';

const config = {
  kind: 'section',
  help: 'Backups lie on the same volume as the data. With a second copy elsewhere that is equal (rung 5) it is only said, not warned of.',
  fields: {
    enabled: { kind: 'bool', help: 'Whether this rule judges at all.', default: true },
    for: {
      kind: 'duration',
      help: 'How long it must hold before the alert fires.',
      default: 3_600_000,
      min: 0,
      max: 7 * 86_400_000,
    },
  },
} as const satisfies SectionField;

export const backupSameVolume: RuleUnit<typeof config.fields> = {
  name: 'backup-same-volume',
  title: { zh: '备份与数据同盘', en: 'Backups beside the data' },
  config,
  evaluate: (config, picture) => judgeBackups(picture, (set) => judge(set, config.for)),
};

function judge(set: SetDigest, forMs: number): Word {
  const told = set.findings.find((f) => f.kind === 'same-volume');
  if (set.sameVolumeAsData !== true && !told) return undefined;
  const { title, advice } = FINDING_WORDS['same-volume'];
  const where = set.volume?.path ?? told?.text ?? '';
  const elsewhere = set.rung >= 5;
  return {
    subject: set.name,
    severity: elsewhere ? 'info' : 'warning',
    forMs,
    summary: {
      zh: `备份集 ${set.name}：${title.zh}${where && ` ${where}`}${elsewhere ? '，另有一致的异地副本' : ''}`,
      en: `Backup set ${set.name}: ${title.en}${where && ` ${where}`}${elsewhere ? ', an equal copy lies elsewhere' : ''}`,
    },
    advice,
    evidence: { ...(where ? { volume: where } : {}), rung: set.rung, ...(told ? { told: told.text } : {}) },
  };
}
