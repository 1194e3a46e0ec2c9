// 宕机修复: what is broken, since when, what changed before: the first screen answers these three.

import type { Board, Column, Panel } from '../define/board.ts';
import { PLAIN, upTo } from '../define/looks.ts';
import { stat, table } from '../define/panels.ts';
import { influxFrom, selector, written } from '../define/query.ts';
import { t } from '../define/text.ts';
import { incidentTable, incidentTimeline, openIncidents, verdictTimeline } from './incidents.ts';
import {
  cpu,
  disks,
  diskTraffic,
  machineDetails,
  memory,
  network,
  responses,
  serviceUse,
} from './machine.ts';
import { failingChecks } from './services.ts';

const SCOPE = 'host';
const began = selector(SCOPE, 'incident_began_seconds');
const influxBegan = `${influxFrom(SCOPE, 'incident_began_seconds')} AND time > now() - 5m`;
const SIZE = { width: 5, height: 4 };

const since = stat({
  ...SIZE,
  width: 7,
  title: t('最早的未恢复事件', 'The oldest that is open'),
  description: t(
    '最早的未恢复事件从何时开始。把时间范围拖到它之前十几分钟，看当时变了什么。',
    'When the oldest open incident began. Move the time range to a quarter of an hour before it and see what changed.',
  ),
  unit: 'dateTimeAsIso',
  thresholds: PLAIN,
  target: 'alerts',
  queries: [
    written({
      promql: `min(${began}) * 1000`,
      influxql: `SELECT min("v") * 1000 FROM (SELECT last("began_seconds") AS "v" ${influxBegan} GROUP BY "alert")`,
      shape: 'now',
    }),
  ],
  noValue: t('没有未恢复的事件', 'nothing is open'),
});

const lasting = stat({
  ...SIZE,
  width: 7,
  title: t('已持续', 'Lasting'),
  description: t(
    '最早的未恢复事件已持续多久。超过合同约定的修复时间：升级到值班负责人。',
    'How long the oldest has lasted. Beyond the contract’s time to repair: escalate.',
  ),
  unit: 's',
  thresholds: upTo(3600, 4 * 3600),
  target: 'alerts',
  queries: [
    written({
      promql: `time() - min(${began})`,
      // InfluxQL has no time() to subtract from: the open ones were written once a minute.
      influxql: `SELECT max("v") * 60 FROM (SELECT count("open") AS "v" ${influxFrom(SCOPE, 'incident_open')} GROUP BY "alert")`,
      shape: 'now',
    }),
  ],
  noValue: t('0', '0'),
});

const CHANGES: Column[] = [
  { name: 'Value', title: t('时刻', 'When'), unit: 'dateTimeAsIso', width: 180 },
  { name: 'hospital', title: t('医院', 'Hospital'), width: 200 },
  { name: 'host', title: t('主机', 'Host'), width: 160 },
  { name: 'title', title: t('变化', 'Change'), width: 200 },
  { name: 'subject', title: t('对象', 'Subject') },
  { name: 'version', title: t('版本', 'Version'), width: 100 },
];

const changes: Panel = table({
  width: 11,
  title: t('之前变了什么', 'What changed before'),
  description: t(
    '时间范围内的开机、探针升级、配置变更、服务启停、时钟跳变、新备份，最近的在最前。故障前几分钟内的那一条先核对。',
    'Boots, updates, changed configuration, services, clock steps, backups within the time shown, the newest first. Look first at what happened minutes before the failure.',
  ),
  unit: 'dateTimeAsIso',
  queries: [
    written({
      promql: `max by (hospital, host, title, subject, version) (max_over_time(${selector(SCOPE, 'event_time_seconds')}[$__range])) * 1000`,
      influxql: `SELECT last("time_seconds") * 1000 AS "Value" ${influxFrom(SCOPE, 'event_time_seconds')} GROUP BY "hospital", "host", "title", "subject", "version"`,
      shape: 'table',
    }),
  ],
  columns: CHANGES,
  sortBy: { column: t('时刻', 'When'), desc: true },
});

/** Every reading of those minutes, not one a pixel. */
const everyReading = (panel: Panel): Panel => ({ ...panel, interval: '15s' });

export const outage: Board = {
  name: 'outage',
  title: t('niswatch 宕机修复', 'niswatch outage'),
  description: t(
    '什么坏了、从何时起、之前变了什么。',
    'What is broken, since when, and what changed before.',
  ),
  scope: SCOPE,
  time: { from: 'now-3h', to: 'now' },
  refresh: '30s',
  marks: { incidents: true, boots: true, updates: true, backups: true },
  rows: [
    {
      title: t('什么坏了、从何时起、之前变了什么', 'What is broken, since when, what changed'),
      isCollapsed: false,
      panels: [
        since,
        lasting,
        openIncidents(SCOPE, 'critical', SIZE),
        openIncidents(SCOPE, 'warning', SIZE),
        incidentTable(SCOPE, { width: 13, height: 8 }),
        changes,
        incidentTimeline(SCOPE, { width: 24, height: 7 }),
        failingChecks(7),
        verdictTimeline(SCOPE, { width: 24, height: 6 }),
      ],
    },
    {
      title: t('故障前后几分钟（逐次读数）', 'The minutes around it, every reading'),
      isCollapsed: false,
      panels: [cpu, memory, disks, diskTraffic, network, responses].map(everyReading),
    },
    { title: t('服务细节', 'Services in detail'), isCollapsed: true, panels: serviceUse },
    { title: t('系统细节', 'The system in detail'), isCollapsed: true, panels: machineDetails },
  ],
};
