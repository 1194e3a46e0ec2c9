// A watched page does not answer as configured.

import type { SectionField } from '../../../shared/config/schema.ts';
import { freshValue, judgeSeries } from '../reading.ts';
import type { RuleUnit } from '../rule.ts';

const config = {
  kind: 'section',
  help: 'A watched page does not answer as configured.',
  fields: {
    enabled: { kind: 'bool', help: 'Whether this rule judges at all.', default: true },
    for: {
      kind: 'duration',
      help: 'How long it must hold before the alert fires.',
      default: 20_000,
      min: 0,
      max: 3_600_000,
    },
  },
} as const satisfies SectionField;

export const httpDown: RuleUnit<typeof config.fields> = {
  name: 'http-down',
  title: { zh: '网页异常', en: 'HTTP down' },
  config,
  evaluate(config, picture, now) {
    return judgeSeries(
      picture,
      'http_up',
      now,
      (labels) => labels.target ?? '',
      (reading, target) => {
        if (reading.value !== 0) return undefined;
        const status = freshValue(picture, 'http_status_code', reading.labels, now);
        const seen = status && status.value > 0 ? ` (HTTP ${status.value})` : '';
        const check = picture.checks.get(`http:${target}`);
        const evidence = {
          [reading.key]: reading.value,
          readAt: reading.at,
          ...(status ? { [status.key]: status.value } : {}),
          ...(check?.status !== 'ok' && check?.text ? { check: check.text } : {}),
        };
        return {
          subject: target,
          severity: 'critical',
          forMs: config.for,
          value: 0,
          summary: {
            zh: `网页 ${target} 无法正常访问${seen}`,
            en: `Page ${target} does not answer as it should${seen}`,
          },
          advice: {
            zh: '先在该主机本地打开该地址：本地也打不开则查应用服务与数据库连接，本地正常则查网络与防火墙。',
            en: 'Open the address on the host itself: if it fails there, look at the application and its database; otherwise at the network.',
          },
          evidence,
        };
      },
    );
  },
};
