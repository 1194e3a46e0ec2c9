// The variables of a dashboard: data source, hospital, host, and the address of niswatch, which its own series tell.

import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableHide,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Board } from '../define/board.ts';
import { INFLUX_PLACE } from '../define/query.ts';
import { t } from '../define/text.ts';
import type { Rendering } from './panel.ts';
import { SOURCES } from './target.ts';

interface Wish {
  name: string;
  label: string;
  promql: string;
  influxql: string;
}

const values = (tag: string, measurement: string, where = ''): string =>
  `SHOW TAG VALUES FROM "${measurement}" WITH KEY = "${tag}"${where === '' ? '' : ` WHERE ${where}`}`;

export function variablesOf({ scope, isOneHost }: Board, rendering: Rendering) {
  const { language } = rendering;
  const all = { text: 'All', value: '$__all', selected: true };
  const hospital = variable(rendering, {
    name: 'hospital',
    label: t('医院', 'Hospital')[language],
    promql: 'label_values(system_uptime, hospital)',
    influxql: values('hospital', 'system'),
  });
  const host = variable(rendering, {
    name: 'host',
    label: t('主机', 'Host')[language],
    promql: 'label_values(system_uptime{hospital=~"$hospital"}, host)',
    influxql: values('host', 'system', INFLUX_PLACE),
  });
  const one = (v: QueryVariableBuilder): QueryVariableBuilder => v.sort(VariableSort.AlphabeticalAsc);
  const choice = (v: QueryVariableBuilder): QueryVariableBuilder =>
    one(v).multi(true).includeAll(true).allValue('.*').current(all);
  const page = variable(rendering, {
    name: 'niswatch',
    label: 'niswatch',
    promql: 'label_values(niswatch_build_info, url)',
    influxql: values('url', 'niswatch'),
  });
  return [
    sourceVariable(rendering),
    ...(scope === 'collector' ? [] : [choice(hospital)]),
    ...(scope === 'host' ? [isOneHost ? one(host) : choice(host)] : []),
    page.hide(VariableHide.HideVariable),
  ];
}

function sourceVariable({ variant, language }: Rendering): DatasourceVariableBuilder {
  return new DatasourceVariableBuilder('datasource')
    .label(t('数据源', 'Data source')[language])
    .type(SOURCES[variant].type)
    .regex('/niswatch/i');
}

function variable({ variant }: Rendering, wish: Wish): QueryVariableBuilder {
  const query = wish[variant];
  return new QueryVariableBuilder(wish.name)
    .label(wish.label)
    .datasource(SOURCES[variant])
    .query(variant === 'promql' ? { query, refId: `variable-${wish.name}` } : query)
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged);
}
