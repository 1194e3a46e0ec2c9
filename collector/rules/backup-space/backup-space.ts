// "今晚的备份放得下吗": the next run's size by its history against what will be free at its start. It warns in working hours, of every run
// that starts before the next working day begins; at other times only what will not fit for certain fires anew.

import type { SectionField } from '../../../shared/config/schema.ts';
import { isWorking, nextWorkingDay } from '../../backups/calendar.ts';
import type { SetDigest } from '../../backups/digest.ts';
import { type Forecast, forecastOf } from '../../backups/forecast.ts';
import { type NamedDays, STRETCH, workdaysOf } from '../../backups/workdays.ts';
import { diskOf, judgeBackups } from '../backups.ts';
import { renderBytes, renderSpan, type Word } from '../reading.ts';
import type { HostPicture, RuleUnit } from '../rule.ts';

const DAYS = {
  kind: 'text',
  help: 'A day or a stretch of days, both ends in it: 2027-02-05..2027-02-11.',
  pattern: { re: STRETCH, words: 'a day such as 2027-02-05, or a stretch such as 2027-02-05..2027-02-11' },
} as const;

const config = {
  kind: 'section',
  help: 'The next backup will not fit on its volume, or barely. Said in working hours (the hospital’s time; week-ends, Chinese holidays and make-up days known) before it starts.',
  fields: {
    enabled: { kind: 'bool', help: 'Whether this rule judges at all.', default: true },
    workFrom: { kind: 'int', help: 'Working hours begin at this hour.', default: 8, min: 0, max: 23 },
    workTo: { kind: 'int', help: 'And end at this one.', default: 18, min: 1, max: 24 },
    holidays: {
      kind: 'list',
      help: 'Further days without work, before those that are built in.',
      of: DAYS,
    },
    workdays: {
      kind: 'list',
      help: 'Days of work that are week-ends or holidays by the calendar, such as make-up days (调休).',
      of: DAYS,
    },
    for: {
      kind: 'duration',
      help: 'How long it must hold before the alert fires.',
      default: 600_000,
      min: 0,
      max: 86_400_000,
    },
  },
} as const satisfies SectionField;

interface Limits extends NamedDays {
  workFrom: number;
  workTo: number;
  for: number;
}

export const backupSpace: RuleUnit<typeof config.fields> = {
  name: 'backup-space',
  title: { zh: '今晚的备份放不下', en: 'The next backup does not fit' },
  config,
  evaluate: (config, picture, now) =>
    judgeBackups(picture, (set, { timeZone }) => judge(config, { picture, set, zone: timeZone, now })),
};

interface Case {
  picture: HostPicture;
  set: SetDigest;
  zone: string;
  now: number;
}

function judge(limits: Limits, { picture, set, zone, now }: Case): Word {
  const hours = { from: limits.workFrom, to: limits.workTo, isWorkday: workdaysOf(zone, limits) };
  const until = nextWorkingDay(hours, now, zone);
  const forecast = forecastOf(set, diskOf(picture, set, now), { now, zone, until });
  if (!forecast || forecast.answer === 'fits' || forecast.startsAt >= until) return undefined;
  if (!isWorking(hours, now, zone) && forecast.answer === 'tight') return 'unsure';
  return tell(limits, set, forecast, now);
}

function tell(limits: Limits, set: SetDigest, forecast: Forecast, now: number): Word {
  const { needBytes, freeThenBytes, startsAt, answer, path } = forecast;
  const span = renderSpan(startsAt - now);
  const [need, free] = [renderBytes(needBytes), renderBytes(freeThenBytes)];
  const small = answer === 'too-small';
  return {
    subject: set.name,
    severity: small ? 'critical' : 'warning',
    forMs: limits.for,
    value: freeThenBytes,
    summary: {
      zh: `备份集 ${set.name} ${span.zh}后开始，预计需要 ${need}，届时 ${path} 只剩 ${free}：${small ? '放不下' : '偏紧'}`,
      en: `Backup set ${set.name} starts in ${span.en} and needs ${need}; ${path} will have ${free} free: ${small ? 'it does not fit' : 'barely enough'}`,
    },
    advice: {
      zh: '下班前腾出空间：先清理已有异地副本的旧备份（不要删仍被差异或日志依赖的全备），或临时改写到另一块盘；再查空间为何增长。',
      en: 'Make room before you leave: remove old backups that exist elsewhere (no full that a differential or log still needs), or point the job at another disk; then find what grows.',
    },
    evidence: {
      needBytes,
      freeBytes: forecast.freeBytes,
      freeThenBytes,
      startsAt,
      runs: forecast.runs,
      rule: forecast.rule,
      volume: path,
    },
  };
}
