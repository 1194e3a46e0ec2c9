// Panels about services, pages, ports and feeds: whether they are there, over time.

import { outsideName } from '../../collector/store/outside/names.ts';
import type { Panel } from '../define/board.ts';
import { UP_DOWN } from '../define/looks.ts';
import { timeline } from '../define/panels.ts';
import { influxFrom, type Query, reading, selector, written } from '../define/query.ts';
import { t } from '../define/text.ts';

const SCOPE = 'host';

/** What is 1 while all is well, with the label that names it. */
const CHECKS = [
  ['service_up', 'name'],
  ['port_up', 'target'],
  ['http_up', 'target'],
  ['feed_up', 'name'],
] as const;

export const services: Panel = timeline({
  title: t('服务、端口、网页、接口', 'Services, ports, pages, feeds'),
  description: t(
    '绿色正常、红色异常，空白是没有数据（失联），不是正常。服务红：登录主机看日志后重启；只有网页红：查应用与反向代理。',
    'Green works, red does not; blank is no data, which is not “fine”. A service is red: read its log, restart it. Only the page: the application or its proxy.',
  ),
  unit: 'short',
  mappings: UP_DOWN,
  queries: CHECKS.map(([metric, label]) =>
    reading(SCOPE, {
      metric,
      by: ['host', label],
      legend: `{host} ${outsideName(metric).measurement} {${label}}`,
    }),
  ),
});

/**
 * Only what failed within the time shown, the first failure on top: the instant of the first failure becomes the label `began`,
 * and series come sorted by their labels. InfluxQL cannot make a label of a value: there all checks stand in the order of names.
 */
const failedFirst = written({
  promql: CHECKS.map(([metric, label]) => failedBy(metric, label)).join(' or '),
  legend: '{host} {check}',
});

function failedBy(metric: string, label: string): string {
  const series = selector(SCOPE, metric);
  const labels = `hospital, host, ${label}`;
  const first = `min_over_time(timestamp(${series} == 0)[$__range:1m] @ end())`;
  const began = `${series} + on (${labels}) group_left (began) (0 * count_values by (${labels}) ("began", ${first}))`;
  return `label_replace(${began}, "check", "${outsideName(metric).measurement} $1", "${label}", "(.*)")`;
}

const all = (metric: string, label: string): Query =>
  written({
    influxql: `SELECT last("${outsideName(metric).field}") ${influxFrom(SCOPE, metric)} GROUP BY time($__interval), "host", "${label}" fill(none)`,
    legend: `{host} ${outsideName(metric).measurement} {${label}}`,
  });

export const failingChecks = (height: number): Panel =>
  timeline({
    height,
    title: t('逐项检查（最先出错的在最上）', 'Checks, the first to fail on top'),
    description: t(
      '时间范围内出过错的服务、端口、网页、接口，最先出错的在最上面：它通常是原因。先修它，再看下面几行是否自己恢复。',
      'What failed within the time shown, first failure first: usually the cause. Mend it, then see whether the rows below recover by themselves.',
    ),
    unit: 'short',
    mappings: UP_DOWN,
    queries: [failedFirst, ...CHECKS.map(([metric, label]) => all(metric, label))],
    noValue: t('没有出过错', 'nothing failed'),
  });
