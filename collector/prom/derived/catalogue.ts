// What the collector knows of its own, as series beside those of the agents: incidents, verdicts, events. Promise: these names never
// come from an agent (shared/catalogue.ts has none of them), and an outlet writes them under the same names.

import type { Metric } from '../../../shared/catalogue.ts';

export const DERIVED = {
  incident_open: {
    unit: 'bool',
    kind: 'gauge',
    labels: ['rule', 'subject', 'severity', 'title', 'title_en', 'alert', 'began'],
    help: { en: '1 from firing until resolved, a series for each incident', zh: '事件从告警到恢复期间为 1' },
  },
  incident_began_seconds: {
    unit: 'seconds',
    kind: 'gauge',
    labels: ['rule', 'subject', 'severity', 'title', 'title_en', 'alert'],
    help: { en: 'While an incident is open: since when (Unix time)', zh: '事件未恢复期间：其开始时刻' },
  },
  host_verdict: {
    unit: 'code',
    kind: 'gauge',
    labels: [],
    help: {
      en: 'Verdict on the host, with its corrections: 0 up, 1 suspect, 2 agent stopped, 3 agent lost, 4 shut down, 5 down, 6 crashed, 7 silent, 8 hospital cut off, 9 many hospitals cut off, 10 collector was away',
      zh: '对主机的判定（含事后更正）：0 在线，1 疑似失联，2 探针停止，3 探针失联，4 已关机，5 宕机，6 异常中断，7 失联，8 全院失联，9 多院失联，10 中心未监听',
    },
  },
  host_available: {
    unit: 'bool',
    kind: 'gauge',
    labels: [],
    help: {
      en: '1 up, 0 down; nothing while it is not known. Its average is the availability',
      zh: '1 可用，0 不可用，未知时无值；平均值即可用率',
    },
  },
  event_time_seconds: {
    unit: 'seconds',
    kind: 'gauge',
    labels: ['event', 'subject', 'version', 'title', 'title_en'],
    help: { en: 'When an event happened (Unix time)', zh: '事件发生时刻' },
  },
  niswatch_build_info: {
    unit: 'bool',
    kind: 'gauge',
    labels: ['version', 'url'],
    help: { en: 'Always 1; the version and how people reach the page', zh: '恒为 1；版本与网页地址' },
  },
} as const satisfies Record<string, Metric>;

/** As Prometheus itself names them: for readers that know Prometheus' own alerts. */
export const ALERT_SERIES = ['ALERTS', 'ALERTS_FOR_STATE'] as const;
