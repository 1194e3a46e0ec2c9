// More would be lost now than the hospital promised itself: the last moment that the files bring back is further away than the RPO.

import type { SectionField } from '../../../shared/config/schema.ts';
import type { SetDigest } from '../../backups/digest.ts';
import { judgeBackups } from '../backups.ts';
import { renderSpan, type Word } from '../reading.ts';
import type { RuleUnit } from '../rule.ts';

const config = {
  kind: 'section',
  help: 'The last moment that can be restored is further away than the RPO in agent.yaml.',
  fields: {
    enabled: { kind: 'bool', help: 'Whether this rule judges at all.', default: true },
    criticalTimes: {
      kind: 'number',
      help: 'Critical from this many times the RPO.',
      default: 2,
      min: 1,
      max: 100,
    },
    for: {
      kind: 'duration',
      help: 'How long it must hold before the alert fires.',
      default: 300_000,
      min: 0,
      max: 86_400_000,
    },
  },
} as const satisfies SectionField;

export const backupRpo: RuleUnit<typeof config.fields> = {
  name: 'backup-rpo',
  title: { zh: '可恢复时刻过旧', en: 'RPO exceeded' },
  config,
  evaluate: (config, picture, now) => judgeBackups(picture, (set) => judge(config, set, now)),
};

function judge(config: { criticalTimes: number; for: number }, set: SetDigest, now: number): Word {
  const { rpoMs } = set.policy;
  if (rpoMs <= 0) return undefined;
  // Files that nobody has read yet may bring back more: that is not known to be too little.
  if (set.lastAt === undefined)
    return set.unjudged > 0 || set.copies === 0 ? 'unsure' : nothing(set, config.for);
  const lostMs = now - set.lastAt;
  if (lostMs <= rpoMs) return undefined;
  if (set.unjudged > 0 && lostMs <= config.criticalTimes * rpoMs) return 'unsure';
  const [lost, promised] = [renderSpan(lostMs), renderSpan(rpoMs)];
  return {
    subject: set.name,
    severity: lostMs > config.criticalTimes * rpoMs ? 'critical' : 'warning',
    forMs: config.for,
    value: lostMs / 1000,
    summary: {
      zh: `备份集 ${set.name}：现在出事将丢失 ${lost.zh}，要求不超过 ${promised.zh}`,
      en: `Backup set ${set.name}: ${lost.en} would be lost now, ${promised.en} at most is promised`,
    },
    advice: ADVICE,
    evidence: {
      lastRestorable: set.lastAt,
      rpo: promised.en,
      gaps: set.gaps,
      databases: set.databases.join(', '),
    },
  };
}

const ADVICE = {
  zh: '看备份集页面的时刻图：是最近一次备份没有完成，还是日志断档；立即补做一次全备或日志备份，再查任务。',
  en: 'See the picture of moments on the set’s page: did the last run not finish, or is a log missing? Take a backup now, then mend the job.',
};

function nothing(set: SetDigest, forMs: number): Word {
  return {
    subject: set.name,
    severity: 'critical',
    forMs,
    summary: {
      zh: `备份集 ${set.name}：现有 ${set.copies} 个文件恢复不出任何时刻`,
      en: `Backup set ${set.name}: no moment can be restored from its ${set.copies} files`,
    },
    advice: ADVICE,
    evidence: { copies: set.copies, gaps: set.gaps },
  };
}
