// Memory nearly used up, or swap in heavy use, for minutes.

import type { MetricName } from '../../../shared/catalogue.ts';
import type { SectionField } from '../../../shared/config/schema.ts';
import type { Text } from '../../../shared/text.ts';
import {
  freshValue,
  gather,
  judgeSeries,
  renderBytes,
  renderPercent,
  type Reading,
  type Word,
} from '../reading.ts';
import type { HostPicture, RuleUnit } from '../rule.ts';

const config = {
  kind: 'section',
  help: 'Memory and swap nearly used up.',
  fields: {
    enabled: { kind: 'bool', help: 'Whether this rule judges at all.', default: true },
    memory: {
      kind: 'number',
      help: 'Memory in use from which it is a warning.',
      default: 95,
      min: 50,
      max: 100,
      unit: 'percent',
    },
    swap: {
      kind: 'number',
      help: 'Swap in use from which it is a warning.',
      default: 80,
      min: 10,
      max: 100,
      unit: 'percent',
    },
    hysteresis: {
      kind: 'number',
      help: 'How far below its limit a value must fall before it counts as good.',
      default: 2,
      min: 0,
      max: 20,
      unit: 'percent',
    },
    for: { kind: 'duration', help: 'How long it must hold.', default: 300_000, min: 0, max: 3_600_000 },
  },
} as const satisfies SectionField;

const ADVICE: Text = {
  zh: '查看占用内存最多的进程；数据库请核对其最大内存设置，必要时在业务空闲时重启占用异常的服务。',
  en: "See which processes use most memory; check the database's memory limit; restart what leaks at a quiet hour.",
};

export const memory: RuleUnit<typeof config.fields> = {
  name: 'memory',
  title: { zh: '内存不足', en: 'Memory' },
  config,
  evaluate(config, picture, now) {
    const judge = (metric: MetricName, subject: string, limit: number, say: (reading: Reading) => Text) =>
      judgeSeries(
        picture,
        metric,
        now,
        () => subject,
        (reading): Word => {
          if (reading.value < limit) return reading.value >= limit - config.hysteresis ? 'unsure' : undefined;
          const evidence = { [reading.key]: reading.value, readAt: reading.at, limit };
          return {
            subject,
            severity: 'warning',
            forMs: config.for,
            value: reading.value,
            summary: say(reading),
            advice: ADVICE,
            evidence,
          };
        },
      );
    const mem = judge('mem_used_percent', 'memory', config.memory, (reading) =>
      sayMemory(picture, reading, now),
    );
    const swap = judge('swap_used_percent', 'swap', config.swap, ({ value }) => ({
      zh: `交换空间已用 ${renderPercent(value)}`,
      en: `Swap ${renderPercent(value)} used`,
    }));
    if (mem.unknown === 'all') return mem;
    const unknown = [mem.unknown, swap.unknown].flatMap((u) => (typeof u === 'string' ? [] : u));
    return gather([...mem.findings, ...swap.findings], unknown);
  },
};

function sayMemory(picture: HostPicture, reading: Reading, now: number): Text {
  const free = freshValue(picture, 'mem_available', {}, now);
  const percent = renderPercent(reading.value);
  return {
    zh: `内存已用 ${percent}${free ? `，可用 ${renderBytes(free.value)}` : ''}`,
    en: `Memory ${percent} used${free ? `, ${renderBytes(free.value)} available` : ''}`,
  };
}
