// A query as a target of a panel, for either kind of data source.

import type { Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import type { Query } from '../define/query.ts';
import type { Variant } from '../define/text.ts';

export const SOURCES = {
  promql: { type: 'prometheus', uid: '${datasource}' },
  influxql: { type: 'influxdb', uid: '${datasource}' },
} as const;

export interface BuildsTarget {
  build(): Dataquery;
}

export const targetOf = (query: Query, variant: Variant, interval?: string): BuildsTarget =>
  variant === 'promql' ? promTarget(query, interval) : influxTarget(query);

function promTarget({ promql = '', legend, shape }: Query, interval?: string): BuildsTarget {
  const target = new DataqueryBuilder()
    .datasource(SOURCES.promql)
    .expr(promql)
    .legendFormat(legend === '' ? '__auto' : legend.replaceAll(/\{(\w+)\}/g, '{{$1}}'));
  if (interval) target.interval(interval);
  if (shape === 'range') return target.range();
  return target.instant().format(shape === 'table' ? PromQueryFormat.Table : PromQueryFormat.TimeSeries);
}

/** The SDK has no builder for InfluxDB: these are the fields of Grafana's raw InfluxQL editor. */
function influxTarget({ influxql, legend, shape }: Query): BuildsTarget {
  const target = {
    datasource: SOURCES.influxql,
    query: influxql,
    rawQuery: true,
    resultFormat: shape === 'table' ? 'table' : 'time_series',
    alias: legend.replaceAll(/\{(\w+)\}/g, '$tag_$1'),
    _implementsDataqueryVariant: (): void => undefined,
  };
  return { build: () => target };
}
