// A feed from another system that has brought nothing for longer than its policy allows. The agent judges by the policy written in agent.yaml; this rule tells its
// judgement with the age it rests on.

import type { SectionField } from '../../../shared/config/schema.ts';
import { judgeOverdue, type Overdue } from '../overdue.ts';
import type { RuleUnit } from '../rule.ts';

const config = {
  kind: 'section',
  help: 'A feed from another system that has brought nothing for longer than its policy allows.',
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

const FEED: Overdue = {
  kind: 'feed',
  metric: 'feed_age_seconds',
  label: 'name',
  summary: (name, span) => ({
    zh: `数据接口 ${name} ${span ? `已有 ${span.zh}没有新数据` : '读不到数据'}`,
    en: `Feed ${name}: ${span ? `nothing new for ${span.en}` : 'cannot be read'}`,
  }),
  advice: {
    zh: '确认接口程序在运行，再联系来源系统(HIS/LIS/EMR)方确认是否仍在推送；恢复后核对中断期间的数据是否补齐。',
    en: 'See that the interface program runs, then ask the source system whether it still sends; afterwards check that the missed data was brought up to date.',
  },
};

export const feedOld: RuleUnit<typeof config.fields> = {
  name: 'feed-old',
  title: { zh: '数据接口停更', en: 'Feed too old' },
  config,
  evaluate: (config, picture, now) => judgeOverdue(FEED, config.for, picture, now),
};
