// A set whose newest file is there and fresh, and still not worth what it seems: it does not read to its end, its size is not
// plausible, or the second copy that is promised is not its equal. What only could not be confirmed is no alert.

import type { SectionField } from '../../../shared/config/schema.ts';
import type { SetDigest } from '../../backups/digest.ts';
import { RUNG_WORDS } from '../../backups/words.ts';
import { SUSPECT } from '../backup-findings.ts';
import { judgeBackups } from '../backups.ts';
import type { Word } from '../reading.ts';
import type { RuleUnit, Severity } from '../rule.ts';

const config = {
  kind: 'section',
  help: 'The newest backup file is fresh but unsound: not readable to its end, of an odd size, or without its second copy.',
  fields: {
    enabled: { kind: 'bool', help: 'Whether this rule judges at all.', default: true },
  },
} as const satisfies SectionField;

const SEVERITY: Partial<Record<number, Severity>> = { 3: 'warning', 4: 'critical', 5: 'warning' };

export const backupUnsound: RuleUnit<typeof config.fields> = {
  name: 'backup-unsound',
  title: { zh: '备份不可靠', en: 'Backup unsound' },
  config,
  evaluate: (_config, picture) => judgeBackups(picture, judge),
};

function judge(set: SetDigest): Word {
  // What signs say of the files is the matter of backup-suspect.
  const isSuspect = set.findings.some(({ kind }) => Object.hasOwn(SUSPECT, kind));
  const broken = set.rungs.filter(
    ({ rung, state }) =>
      state === 'no' &&
      (rung === 4 || (rung === 5 && set.policy.secondCopy !== '') || (rung === 3 && !isSuspect)),
  );
  const [worst] = broken.toSorted((a, b) => Number(b.rung === 4) - Number(a.rung === 4));
  if (!worst) return undefined;
  const words = RUNG_WORDS[worst.rung];
  return {
    subject: set.name,
    severity: SEVERITY[worst.rung] ?? 'warning',
    forMs: 0,
    value: worst.rung,
    summary: {
      zh: `备份集 ${set.name} 未通过第 ${worst.rung} 级“${words.zh}”：${worst.told.zh}`,
      en: `Backup set ${set.name} fails rung ${worst.rung}, ${words.en}: ${worst.told.en}`,
    },
    advice: {
      zh: '先保住较早的备份，不要清理；查看备份任务日志与磁盘，手动重做一次备份，并在备份集页面确认新文件读到底。',
      en: 'Keep the earlier backups. Look at the job’s log and the disk, take a backup by hand, and see on the set’s page that the new file reads to its end.',
    },
    evidence: Object.fromEntries(broken.map(({ rung, evidence }) => [`rung ${rung}`, evidence])),
  };
}
