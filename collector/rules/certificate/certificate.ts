// A certificate of a watched page ends soon.

import type { SectionField } from '../../../shared/config/schema.ts';
import { judgeSeries } from '../reading.ts';
import type { RuleUnit } from '../rule.ts';

const config = {
  kind: 'section',
  help: 'A certificate that ends soon.',
  fields: {
    enabled: { kind: 'bool', help: 'Whether this rule judges at all.', default: true },
    warning: {
      kind: 'number',
      help: 'Days left from which it is a warning.',
      default: 30,
      min: 1,
      max: 365,
      unit: 'days',
    },
    critical: {
      kind: 'number',
      help: 'Days left from which it is critical.',
      default: 7,
      min: 0,
      max: 365,
      unit: 'days',
    },
  },
} as const satisfies SectionField;

export const certificate: RuleUnit<typeof config.fields> = {
  name: 'certificate',
  title: { zh: '证书到期', en: 'Certificate' },
  config,
  evaluate(config, picture, now) {
    return judgeSeries(
      picture,
      'http_cert_days',
      now,
      (labels) => labels.target ?? '',
      (reading, target) => {
        const days = reading.value;
        if (days > config.warning) return undefined;
        const critical = days <= config.critical;
        const left = Math.floor(Math.abs(days));
        const ended = days < 0;
        return {
          subject: target,
          severity: critical ? 'critical' : 'warning',
          forMs: 0,
          value: days,
          summary: {
            zh: ended ? `${target} 的证书已过期 ${left} 天` : `${target} 的证书还有 ${left} 天到期`,
            en: ended
              ? `The certificate of ${target} ended ${left} days ago`
              : `The certificate of ${target} ends in ${left} days`,
          },
          advice: {
            zh: '向签发方续期证书，部署后重新加载 Web 服务，再核对浏览器里显示的有效期。',
            en: 'Renew the certificate, install it, reload the web server and check the dates in a browser.',
          },
          evidence: {
            [reading.key]: days,
            readAt: reading.at,
            limit: critical ? config.critical : config.warning,
          },
        };
      },
    );
  },
};
