// Panels about incidents and verdicts that several dashboards show.

import type { Column, Panel } from '../define/board.ts';
import { FEW_WANTED, NONE_WANTED, OPEN, VERDICTS } from '../define/looks.ts';
import { influxFrom, type Scope, selector, written } from '../define/query.ts';
import { t, type Text } from '../define/text.ts';

type Size = Pick<Panel, 'width' | 'height'>;

/** Labels that tell an incident. */
const WHO = ['began', 'hospital', 'host', 'title', 'subject'] as const;
const GROUP = WHO.map((label) => `"${label}"`).join(', ');

const openCount = (scope: Scope, severity?: string) => {
  const where = severity === undefined ? {} : { severity };
  return written({
    promql: `count(${selector(scope, 'incident_open', where)} == 1) or vector(0)`,
    influxql: `SELECT count("v") FROM (SELECT last("open") AS "v" ${influxFrom(scope, 'incident_open', where)} AND time > now() - 5m GROUP BY "alert") WHERE "v" = 1`,
    shape: 'now',
  });
};

export const openIncidents = (scope: Scope, severity: 'critical' | 'warning', size: Size): Panel => ({
  ...size,
  kind: 'stat',
  title: severity === 'critical' ? t('严重事件', 'Critical') : t('警告事件', 'Warnings'),
  description:
    severity === 'critical'
      ? t(
          '未恢复的严重事件数。大于 0：点开 niswatch 告警列表，从最早的一条开始处理并确认接手。',
          'Critical incidents that are open. Above 0: open the list of alerts, begin with the oldest and acknowledge it.',
        )
      : t(
          '未恢复的警告数。当班内处理；同一主机反复出现时查看主机仪表盘的趋势。',
          'Warnings that are open. Work on them within the shift; if one host repeats, look at its trends.',
        ),
  unit: 'short',
  queries: [openCount(scope, severity)],
  target: 'alerts',
  thresholds: severity === 'critical' ? NONE_WANTED : FEW_WANTED,
  noValue: t('0', '0'),
});

const COLUMNS: Column[] = [
  { name: 'Value', title: t('开始时间', 'Since'), unit: 'dateTimeAsIso', width: 180 },
  { name: 'hospital', title: t('医院', 'Hospital'), width: 200 },
  { name: 'host', title: t('主机', 'Host'), width: 160 },
  { name: 'title', title: t('问题', 'Problem'), width: 160 },
  { name: 'subject', title: t('对象', 'Subject') },
  { name: 'severity', title: t('级别', 'Severity'), width: 100 },
];

export const incidentTable = (scope: Scope, size: Size): Panel => ({
  ...size,
  kind: 'table',
  title: t('什么坏了、从何时起', 'What is broken, and since when'),
  description: t(
    '未恢复的事件，最早的在最前：通常最早的是原因，后面的是后果。点任一行在 niswatch 打开事件页，按建议处理并确认接手。',
    'Open incidents, the oldest first: it is usually the cause, the later ones its effects. A click opens the incident in niswatch with its advice; acknowledge it there.',
  ),
  unit: 'dateTimeAsIso',
  queries: [
    written({
      promql: `max by (alert, hospital, host, title, subject, severity) (${selector(scope, 'incident_began_seconds')}) * 1000`,
      influxql: `SELECT last("began_seconds") * 1000 AS "Value" ${influxFrom(scope, 'incident_began_seconds')} AND time > now() - 5m GROUP BY "alert", "hospital", "host", "title", "subject", "severity"`,
      shape: 'table',
    }),
  ],
  target: 'incident',
  columns: COLUMNS,
  sortBy: { column: t('开始时间', 'Since'), desc: false },
  noValue: t('没有未恢复的事件', 'nothing is open'),
});

export const incidentTimeline = (scope: Scope, size: Size, interval?: string): Panel => ({
  ...size,
  kind: 'timeline',
  title: t('事件时间线（按首次异常排序）', 'Incidents, by first failure'),
  description: t(
    '每行一个事件，按开始时间排序，行名以开始时间起头。从最上面一行查起；某行结束而其他行仍在，说明那一项已恢复。',
    'One row an incident, sorted by when it began, which is how the row’s name starts. Begin with the top row; where one ends and others go on, that part has recovered.',
  ),
  unit: 'short',
  queries: [
    written({
      promql: `max by (${WHO.join(', ')}) (${selector(scope, 'incident_open')})`,
      influxql: `SELECT last("open") ${influxFrom(scope, 'incident_open')} GROUP BY time($__interval), ${GROUP} fill(none)`,
      legend: '{began} {host} {title} {subject}',
    }),
  ],
  target: 'host',
  mappings: OPEN,
  ...(interval === undefined ? {} : { interval }),
});

export const verdictTimeline = (scope: Scope, size: Size, title?: Text): Panel => ({
  ...size,
  kind: 'timeline',
  title: title ?? t('主机判定', 'Verdicts on the hosts'),
  description: t(
    '对每台主机的判定：宕机、关机、失联、探针停止各不相同，事后更正也画在这里。红色：联系医院现场；橙色失联：先查专线；同时多行变色：先查中心或运营商。',
    'The verdict on each host; down, shut down, silent and a stopped agent are different things, and corrections are drawn too. Red: call the hospital. Orange: look at the line first. Many rows at once: look at the collector or the carrier.',
  ),
  unit: 'short',
  queries: [
    written({
      promql: selector(scope, 'host_verdict'),
      influxql: `SELECT last("verdict") ${influxFrom(scope, 'host_verdict')} GROUP BY time($__interval), "hospital", "host" fill(none)`,
      legend: '{hospital} {host}',
    }),
  ],
  target: 'host',
  mappings: VERDICTS,
});
