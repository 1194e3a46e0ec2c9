// The collector's own metrics for /metrics, names `niswatch_*`. Promise: labels are bounded; a scrape reads memory and a few
// counts, never the samples.

import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type MetricsSources, openGauges } from './gauges.ts';
import type { OwnSample } from './prom/own-history.ts';

export type { MetricsSources } from './gauges.ts';

export interface Metrics {
  observeRequest(route: string, method: string, status: number, seconds: number): void;
  liveConnections(change: 1 | -1): void;
  render(): Promise<{ type: string; body: string }>;
  /** The same as numbers. */
  read(): Promise<OwnSample[]>;
}

export function openMetrics(sources: MetricsSources, options: { processMetrics?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (options.processMetrics ?? true) collectDefaultMetrics({ register: registry, prefix: 'niswatch_' });
  const requests = new Histogram({
    name: 'niswatch_http_request_seconds',
    help: 'Time to answer HTTP requests',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.005, 0.025, 0.1, 0.5, 2.5, 10],
    registers: [registry],
  });
  const live = new Gauge({
    name: 'niswatch_live_connections',
    help: 'Browsers on /api/v1/live',
    registers: [registry],
  });
  // Everything is read before rendering: prom-client collects in parallel, so one gauge's collect() cannot fill another.
  const refreshers = openGauges(registry, sources);
  const refresh = async (): Promise<void> => {
    for (const one of refreshers) await one();
  };
  return {
    observeRequest: (route, method, status, seconds) =>
      requests.observe({ route, method, status: `${Math.floor(status / 100)}xx` }, seconds),
    liveConnections: (change) => (change === 1 ? live.inc() : live.dec()),
    async render() {
      await refresh();
      return { type: registry.contentType, body: await registry.metrics() };
    },
    async read() {
      await refresh();
      const families = await registry.getMetricsAsJSON();
      return families.flatMap(({ name, values }) =>
        values.map((one) => ({
          name: 'metricName' in one && typeof one.metricName === 'string' ? one.metricName : name,
          labels: Object.fromEntries(Object.entries(one.labels).map(([k, v]) => [k, String(v)])),
          value: one.value,
        })),
      );
    },
  };
}
