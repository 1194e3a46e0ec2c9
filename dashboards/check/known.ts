// What dashboards may ask for: the catalogue of the agents, what the collector derives, and what it tells of itself.

import * as units from '@grafana/grafana-foundation-sdk/units';
import { ALERT_SERIES, DERIVED } from '../../collector/prom/derived/catalogue.ts';
import type { OwnSample } from '../../collector/prom/own-history.ts';
import { METRICS } from '../../shared/catalogue.ts';

export interface Knowledge {
  /** Labels by metric, besides hospital and host. */
  metrics: ReadonlyMap<string, readonly string[]>;
  units: ReadonlySet<string>;
}

/** `own`: the collector's own metrics, as its registry has them. */
export function knowledge(own: readonly OwnSample[]): Knowledge {
  const metrics = new Map<string, readonly string[]>();
  for (const [name, { labels }] of Object.entries({ ...METRICS, ...DERIVED })) metrics.set(name, labels);
  for (const name of ALERT_SERIES) metrics.set(name, ['alertname', 'alertstate', 'subject', 'severity']);
  for (const { name, labels } of own)
    metrics.set(name, [...new Set([...(metrics.get(name) ?? []), ...Object.keys(labels)])]);
  return { metrics, units: new Set(Object.values(units).map(String)) };
}
