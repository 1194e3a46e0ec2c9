// 服务与SLA: how available hosts and their services were over the time shown, as the contract counts it.

import { outsideName } from '../../collector/store/outside/names.ts';
import type { Board } from '../define/board.ts';
import { SHARE, upTo } from '../define/looks.ts';
import { graph, stat, table } from '../define/panels.ts';
import { influxFrom, type Query, reading, selector, written } from '../define/query.ts';
import { t, type Text } from '../define/text.ts';
import { incidentTimeline, verdictTimeline } from './incidents.ts';

const SCOPE = 'host';
const WIDE = { width: 6, height: 4, target: 'board', decimals: 3 } as const;

const average = (metric: string): Query =>
  written({
    promql: `avg(avg_over_time(${selector(SCOPE, metric)}[$__range])) * 100`,
    influxql: `SELECT mean("${outsideName(metric).field}") * 100 ${influxFrom(SCOPE, metric)}`,
    shape: 'now',
  });

const share = (metric: string, title: Text, description: Text) =>
  stat({ ...WIDE, title, description, unit: 'percent', thresholds: SHARE, queries: [average(metric)] });

const now = [
  share(
    'host_available',
    t('主机可用率', 'Availability of hosts'),
    t(
      '时间范围内各主机可用率的平均，只计已知的时间，含事后更正。低于合同：看下表是哪台、哪几次。',
      'Mean availability, counting the time of which it is known, with corrections. Below the contract: the table names host and outages.',
    ),
  ),
  share(
    'service_up',
    t('服务可用率', 'Availability of services'),
    t(
      '各服务在线时间的平均，只计有读数的时间。低于合同：看下表是哪个服务，核对停机是否已约定。',
      'Mean of the services while they were read. Below the contract: the table names the service; was the outage agreed?',
    ),
  ),
  share(
    'http_up',
    t('网页可用率', 'Availability of pages'),
    t(
      '网页按约定应答的时间比例。低于服务可用率：应用或反向代理有问题，而进程在。',
      'Share of the time in which pages answered. Lower than the services’: the application or its proxy, not the process.',
    ),
  ),
  stat({
    ...WIDE,
    decimals: 0,
    title: t('事件数', 'Incidents'),
    description: t(
      '时间范围内发生过的事件数。多次重复同一对象：写进月报，并安排根治而不是再次重启。',
      'Incidents within the time shown. The same subject again and again: put it into the monthly letter and mend the cause.',
    ),
    unit: 'short',
    target: 'alerts',
    thresholds: upTo(5, 20),
    queries: [
      written({
        promql: `count(max_over_time(${selector(SCOPE, 'incident_open')}[$__range])) or vector(0)`,
        influxql: `SELECT count("v") FROM (SELECT max("open") AS "v" ${influxFrom(SCOPE, 'incident_open')} GROUP BY "alert")`,
        shape: 'now',
      }),
    ],
    noValue: t('0', '0'),
  }),
];

const rows = (metric: string, by: readonly string[]): Query => {
  const { field } = outsideName(metric);
  return written({
    promql: `avg by (${by.join(', ')}) (avg_over_time(${selector(SCOPE, metric)}[$__range])) * 100`,
    influxql: `SELECT mean("${field}") * 100 AS "Value" ${influxFrom(SCOPE, metric)} GROUP BY ${by.map((l) => `"${l}"`).join(', ')}`,
    shape: 'table',
  });
};

const VALUE = { name: 'Value', title: t('可用率', 'Availability'), unit: 'percent', thresholds: SHARE };

const tables = [
  table({
    width: 12,
    title: t('各主机', 'By host'),
    description: t(
      '每台主机在时间范围内的可用率，最差的在最前。点任一行看判定轨迹，作为月报的依据。',
      'Each host’s availability, the worst first. A click shows its trail of verdicts, on which the letter rests.',
    ),
    unit: 'percent',
    decimals: 3,
    queries: [rows('host_available', ['hospital', 'host'])],
    columns: [
      { name: 'hospital', title: t('医院', 'Hospital') },
      { name: 'host', title: t('主机', 'Host') },
      VALUE,
    ],
    sortBy: { column: VALUE.title, desc: false },
  }),
  table({
    width: 12,
    title: t('各服务', 'By service'),
    description: t(
      '每个服务在有读数的时间内在线的比例，最差的在最前。低于 99%：查重启次数与当时的事件。',
      'Each service’s share up, the worst first. Below 99 %: see its restarts and the incidents of that time.',
    ),
    unit: 'percent',
    decimals: 3,
    queries: [rows('service_up', ['hospital', 'host', 'name'])],
    columns: [
      { name: 'hospital', title: t('医院', 'Hospital') },
      { name: 'host', title: t('主机', 'Host') },
      { name: 'name', title: t('服务', 'Service') },
      VALUE,
    ],
    sortBy: { column: VALUE.title, desc: false },
  }),
];

export const sla: Board = {
  name: 'sla',
  title: t('niswatch 服务与SLA', 'niswatch services and SLA'),
  description: t(
    '主机与服务在时间范围内的可用率：只计知道的时间，不知道的时间单独说。',
    'Availability over the time shown: what is known counts, what is not known is said.',
  ),
  scope: SCOPE,
  time: { from: 'now-30d', to: 'now' },
  refresh: '15m',
  marks: { incidents: true, boots: false },
  rows: [
    { title: t('时间范围内', 'Over the time shown'), isCollapsed: false, panels: [...now, ...tables] },
    {
      title: t('依据', 'What it rests on'),
      isCollapsed: false,
      panels: [
        verdictTimeline(SCOPE, { width: 24, height: 8 }),
        incidentTimeline(SCOPE, { width: 24, height: 8 }),
      ],
    },
    {
      title: t('细节', 'Details'),
      isCollapsed: true,
      panels: [
        graph({
          title: t('服务重启', 'Restarts of services'),
          description: t(
            '各服务的累计重启次数，台阶即一次重启。无人安排的台阶：看服务日志与当时的内存。',
            'Restarts so far; each step is one. A step nobody planned: the service’s log and the memory at that time.',
          ),
          unit: 'short',
          isStepped: true,
          queries: [
            reading(SCOPE, { metric: 'service_restarts', by: ['host', 'name'], legend: '{host} {name}' }),
          ],
        }),
        graph({
          title: t('数据接口延迟', 'Age of feeds'),
          description: t(
            '各接口最新数据距今多久。持续上升：上游停发或接口程序停了，先联系上游厂商。',
            'Age of each feed’s newest data. Only rising: the sender stopped, or the interface did; call its maker.',
          ),
          unit: 's',
          queries: [
            reading(SCOPE, { metric: 'feed_age_seconds', by: ['host', 'name'], legend: '{host} {name}' }),
          ],
        }),
      ],
    },
  ],
};
