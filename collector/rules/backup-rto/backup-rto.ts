// Bringing the data back would take longer than the hospital allows itself: the estimate, measured in a drill or made from the speed of
// reading, against the RTO.

import type { SectionField } from '../../../shared/config/schema.ts';
import type { SetDigest } from '../../backups/digest.ts';
import { judgeBackups } from '../backups.ts';
import { renderSpan, type Word } from '../reading.ts';
import type { RuleUnit } from '../rule.ts';

const config = {
  kind: 'section',
  help: 'Restoring is expected to take longer than the RTO in agent.yaml.',
  fields: {
    enabled: { kind: 'bool', help: 'Whether this rule judges at all.', default: true },
    for: {
      kind: 'duration',
      help: 'How long it must hold before the alert fires.',
      default: 3_600_000,
      min: 0,
      max: 86_400_000,
    },
  },
} as const satisfies SectionField;

export const backupRto: RuleUnit<typeof config.fields> = {
  name: 'backup-rto',
  title: { zh: '恢复用时超出要求', en: 'RTO exceeded' },
  config,
  evaluate: (config, picture) => judgeBackups(picture, (set) => judge(config, set)),
};

/** The range is wide: only what is over it at best is critical. */
function judge(config: { for: number }, { name, policy: { rtoMs }, rto }: SetDigest): Word {
  if (rtoMs <= 0) return undefined;
  if (!rto) return 'unsure';
  const [least, most] = [rto.fromSeconds * 1000, rto.toSeconds * 1000];
  if (most <= rtoMs) return undefined;
  const [from, to, allowed] = [renderSpan(least), renderSpan(most), renderSpan(rtoMs)];
  const by = BY[rto.by];
  return {
    subject: name,
    severity: least > rtoMs ? 'critical' : 'warning',
    forMs: config.for,
    value: rto.toSeconds,
    summary: {
      zh: `备份集 ${name}：预计恢复需要 ${from.zh} 至 ${to.zh}（${by.zh}），要求不超过 ${allowed.zh}`,
      en: `Backup set ${name}: restoring is expected to take ${from.en} to ${to.en} (${by.en}), ${allowed.en} at most is allowed`,
    },
    advice: ADVICE,
    evidence: { fromSeconds: rto.fromSeconds, toSeconds: rto.toSeconds, by: rto.by, allowed: allowed.en },
  };
}

const BY = {
  drill: { zh: '按演练实测', en: 'by the last drill' },
  'read-speed': { zh: '按读取速度估算', en: 'by the speed of reading' },
} as const;

const ADVICE = {
  zh: '先做一次恢复演练得到实测值；仍超出时，缩短恢复链（更勤的全备或差异）、把最近一份备份放在更快的盘上，或与院方重新商定 RTO。',
  en: 'Run a drill for a measured time first. If it stands: shorten the chain (fulls or differentials more often), keep the newest backup on a faster disk, or agree on another RTO.',
};
