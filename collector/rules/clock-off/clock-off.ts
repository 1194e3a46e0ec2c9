// The host's clock is off: log times mislead, scheduled backups run at the wrong hour, logins by token fail.

import type { SectionField } from '../../../shared/config/schema.ts';
import { judgeSeries, renderSpan } from '../reading.ts';
import type { RuleUnit } from '../rule.ts';

const config = {
  kind: 'section',
  help: "A host's clock that is off.",
  fields: {
    enabled: { kind: 'bool', help: 'Whether this rule judges at all.', default: true },
    warning: {
      kind: 'duration',
      help: 'Offset from which it is a warning.',
      default: 2_000,
      min: 100,
      max: 86_400_000,
    },
    critical: {
      kind: 'duration',
      help: 'Offset from which it is critical.',
      default: 60_000,
      min: 1_000,
      max: 86_400_000,
    },
    for: {
      kind: 'duration',
      help: 'How long it must hold before the alert fires.',
      default: 60_000,
      min: 0,
      max: 3_600_000,
    },
  },
} as const satisfies SectionField;

export const clockOff: RuleUnit<typeof config.fields> = {
  name: 'clock-off',
  title: { zh: '时钟偏差', en: 'Clock off' },
  config,
  evaluate(config, picture, now) {
    return judgeSeries(
      picture,
      'clock_offset_seconds',
      now,
      () => '',
      (reading) => {
        const offMs = Math.abs(reading.value) * 1000;
        // Just below the limit it may be either: what is open stays.
        if (offMs < config.warning) return offMs >= config.warning * 0.8 ? 'unsure' : undefined;
        const critical = offMs >= config.critical;
        const span = renderSpan(offMs);
        // The offset is the collector's clock less the host's.
        const slow = reading.value > 0;
        return {
          subject: '',
          severity: critical ? 'critical' : 'warning',
          forMs: config.for,
          value: reading.value,
          summary: {
            zh: `主机时钟${slow ? '慢' : '快'}了 ${span.zh}`,
            en: `The clock is ${span.en} ${slow ? 'slow' : 'fast'}`,
          },
          advice: {
            zh: '检查时间同步服务(Windows 时间服务或 chrony/ntpd)是否在运行、时间源是否可达；大幅校时请避开备份与跑批时段。',
            en: 'Check the time service (W32Time, chrony, ntpd) and its source; step the clock outside backup and batch hours.',
          },
          evidence: {
            [reading.key]: reading.value,
            readAt: reading.at,
            limit: (critical ? config.critical : config.warning) / 1000,
          },
        };
      },
    );
  },
};
