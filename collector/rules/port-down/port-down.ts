// A watched port does not accept connections.

import type { SectionField } from '../../../shared/config/schema.ts';
import { judgeSeries } from '../reading.ts';
import type { RuleUnit } from '../rule.ts';

const config = {
  kind: 'section',
  help: 'A watched port does not accept connections.',
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

export const portDown: RuleUnit<typeof config.fields> = {
  name: 'port-down',
  title: { zh: '端口不通', en: 'Port down' },
  config,
  evaluate(config, picture, now) {
    return judgeSeries(
      picture,
      'port_up',
      now,
      (labels) => labels.target ?? '',
      (reading, target) => {
        if (reading.value !== 0) return undefined;
        const check = picture.checks.get(`port:${target}`);
        const evidence = {
          [reading.key]: reading.value,
          readAt: reading.at,
          ...(check?.status !== 'ok' && check?.text ? { check: check.text } : {}),
        };
        return {
          subject: target,
          severity: 'critical',
          forMs: config.for,
          value: 0,
          summary: { zh: `端口 ${target} 连接不上`, en: `Port ${target} does not accept connections` },
          advice: {
            zh: '在该主机上确认监听该端口的服务在运行，再查防火墙与端口占用。',
            en: 'See that the service behind the port runs, then look at the firewall.',
          },
          evidence,
        };
      },
    );
  },
};
