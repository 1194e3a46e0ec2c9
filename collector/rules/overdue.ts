// What is fresh or overdue by a policy that stands in agent.yaml: backup sets and feeds. The agent judges; the rule tells its
// judgement with the age it rests on.

import type { MetricName } from '../../shared/catalogue.ts';
import type { Text } from '../../shared/text.ts';
import { freshValue, judgeChecks, renderSpan } from './reading.ts';
import type { Evaluation, HostPicture } from './rule.ts';

export interface Overdue {
  /** Kind of the agent's check, whose name is the subject. */
  kind: string;
  metric: MetricName;
  /** Label of the metric that holds the subject. */
  label: string;
  /** `span` is absent when no age is known. The agent's own sentence, which names age and policy, comes before the Chinese one. */
  summary: (name: string, span: Text | undefined) => Text;
  advice: Text;
}

export function judgeOverdue(what: Overdue, forMs: number, picture: HostPicture, now: number): Evaluation {
  return judgeChecks(picture, what.kind, now, (check, name) => {
    if (check.status === 'unknown') return 'unsure';
    if (check.status === 'ok') return undefined;
    const age = freshValue(picture, what.metric, { [what.label]: name }, now);
    const summary = what.summary(name, age && renderSpan(age.value * 1000));
    return {
      subject: name,
      severity: check.status === 'critical' ? 'critical' : 'warning',
      forMs,
      ...(age ? { value: age.value } : {}),
      summary: { zh: check.text ?? summary.zh, en: summary.en },
      advice: what.advice,
      evidence: {
        ...(age ? { [age.key]: age.value, readAt: age.at } : {}),
        ...(check.text ? { check: check.text } : {}),
        status: check.status,
        since: check.since,
      },
    };
  });
}
