// What dashboards may ask for: the catalogue of the agents, what the collector derives, and what it tells of itself.

import * as units from '@grafana/grafana-foundation-sdk/units';
import { ALERT_SERIES, DERIVED } from '../../collector/prom/derived/catalogue.ts';
import { METRICS } from '../../shared/catalogue.ts';

export interface Knowledge {
  /** Labels by metric; undefined: any (what the collector tells of itself). */
  metrics: ReadonlyMap<string, readonly string[] | undefined>;
  units: ReadonlySet<string>;
}

/** `own`: names of the collector's own metrics, as its registry has them. */
export function knowledge(own: readonly string[]): Knowledge {
  const metrics = new Map<string, readonly string[] | undefined>();
  for (const [name, { labels }] of Object.entries({ ...METRICS, ...DERIVED })) metrics.set(name, labels);
  for (const name of ALERT_SERIES) metrics.set(name, ['alertname', 'alertstate', 'subject', 'severity']);
  for (const name of own) metrics.set(name, undefined);
  return { metrics, units: new Set(Object.values(units).map(String)) };
}
