// A watched service does not run, or is restarted again and again.

import type { SectionField, Values } from '../../../shared/config/schema.ts';
import { judgeSeries, freshValue, gather, renderSpan, type Reading } from '../reading.ts';
import type { Finding, HostPicture, RuleUnit } from '../rule.ts';

const config = {
  kind: 'section',
  help: 'A watched service that does not run.',
  fields: {
    enabled: { kind: 'bool', help: 'Whether this rule judges at all.', default: true },
    for: {
      kind: 'duration',
      help: 'How long a service must be down before the alert fires.',
      default: 5_000,
      min: 0,
      max: 3_600_000,
    },
    restarts: {
      kind: 'int',
      help: 'Restarts within `restartsWithin` that count as a loop (warning).',
      default: 3,
      min: 1,
      max: 1_000,
    },
    restartsWithin: {
      kind: 'duration',
      help: 'The past over which restarts are counted.',
      default: 600_000,
      min: 300_000,
      max: 3_600_000,
    },
  },
} as const satisfies SectionField;

type Config = Values<typeof config.fields>;

export const serviceDown: RuleUnit<typeof config.fields> = {
  name: 'service-down',
  title: { zh: '服务停止', en: 'Service down' },
  config,
  evaluate(config, picture, now) {
    const nameOf = (labels: Readonly<Record<string, string>>): string => labels.name ?? '';
    const down = judgeSeries(picture, 'service_up', now, nameOf, (reading, name) =>
      reading.value === 0 ? isDown(config, picture, reading, name) : undefined,
    );
    const loops = judgeSeries(
      picture,
      'service_restarts',
      now,
      (labels) => `${nameOf(labels)} restarts`,
      (reading, subject) => isLooping(config, picture, reading, nameOf(reading.labels), subject, now),
    );
    if (down.unknown === 'all' || loops.unknown === 'all') return down;
    const unknown = [...listed(down.unknown), ...listed(loops.unknown)];
    return gather([...down.findings, ...loops.findings], unknown);
  },
};

const listed = (unknown: 'none' | 'all' | readonly string[]): readonly string[] =>
  typeof unknown === 'string' ? [] : unknown;

function isDown(config: Config, picture: HostPicture, reading: Reading, name: string): Finding {
  const check = picture.checks.get(`service:${name}`);
  const told = check && check.status !== 'ok' && check.text ? { check: check.text } : {};
  return {
    subject: name,
    severity: 'critical',
    forMs: config.for,
    value: 0,
    summary: { zh: `服务 ${name} 已停止`, en: `Service ${name} is down` },
    advice: {
      zh: `登录该主机，查看服务 ${name} 的状态和最近日志；确认磁盘未满后启动服务，并确认业务页面可以打开。`,
      en: `Log in, read the state and the last log lines of ${name}; make sure that the disk is not full, start it, and see that the application answers.`,
    },
    evidence: { [reading.key]: reading.value, readAt: reading.at, ...told },
  };
}

function isLooping(
  config: Config,
  picture: HostPicture,
  reading: Reading,
  name: string,
  subject: string,
  now: number,
): Finding | undefined {
  const rise = picture.rise?.(reading.key, config.restartsWithin);
  if (rise === undefined || rise < config.restarts) return undefined;
  // While it is down the other finding says it.
  if (freshValue(picture, 'service_up', { name }, now)?.value === 0) return undefined;
  const span = renderSpan(config.restartsWithin);
  return {
    subject,
    severity: 'warning',
    forMs: 0,
    value: rise,
    summary: {
      zh: `服务 ${name} 在 ${span.zh}内重启了 ${rise} 次`,
      en: `Service ${name} restarted ${rise} times within ${span.en}`,
    },
    advice: {
      zh: `查看服务 ${name} 每次退出前的日志（内存不足、配置错误、数据库连不上最常见）。`,
      en: `Read the log of ${name} before each exit: out of memory, a wrong setting and an unreachable database are the usual causes.`,
    },
    evidence: { [reading.key]: reading.value, readAt: reading.at, rise, limit: config.restarts },
  };
}
