// The collector's own metrics for /metrics, names `niswatch_*`. Promise: labels are bounded; a scrape reads memory and one
// count, never the samples.

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export interface MetricsSources {
  connected(): number;
  ingest(): Readonly<Record<string, number>>;
  store(): Promise<{
    rows: number;
    samples: number;
    diskBytes: number;
    pendingRows: number;
    gaps: number;
    damagedBlocks: number;
  }>;
  /** Open alerts by severity and state. */
  alerts(): Promise<readonly { severity: string; state: string; count: number }[]>;
  hosts(): Promise<readonly { verdict: string; count: number }[]>;
}

export interface Metrics {
  observeRequest(route: string, method: string, status: number, seconds: number): void;
  liveConnections(change: 1 | -1): void;
  render(): Promise<{ type: string; body: string }>;
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
  const refreshers = [readFleet(registry, sources), readStore(registry, sources)];
  const ingest = new Map<string, Counter | Gauge>();
  return {
    observeRequest: (route, method, status, seconds) =>
      requests.observe({ route, method, status: `${Math.floor(status / 100)}xx` }, seconds),
    liveConnections: (change) => (change === 1 ? live.inc() : live.dec()),
    async render() {
      refreshIngest(registry, ingest, sources.ingest());
      for (const refresh of refreshers) await refresh();
      return { type: registry.contentType, body: await registry.metrics() };
    },
  };
}

function readFleet(registry: Registry, sources: MetricsSources): () => Promise<void> {
  const registers = [registry];
  const connected = new Gauge({
    name: 'niswatch_connected_agents',
    help: 'Agents with a live connection',
    registers,
  });
  const hosts = new Gauge({
    name: 'niswatch_hosts',
    help: 'Hosts by verdict',
    labelNames: ['verdict'],
    registers,
  });
  const alerts = new Gauge({
    name: 'niswatch_alerts_open',
    help: 'Alerts that are not resolved',
    labelNames: ['severity', 'state'],
    registers,
  });
  return async () => {
    connected.set(sources.connected());
    hosts.reset();
    for (const row of await sources.hosts()) hosts.set({ verdict: row.verdict }, row.count);
    alerts.reset();
    for (const row of await sources.alerts()) {
      alerts.set({ severity: row.severity, state: row.state }, row.count);
    }
  };
}

function readStore(registry: Registry, sources: MetricsSources): () => Promise<void> {
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `niswatch_store_${name}`, help, registers: [registry] });
  const rows = gauge('rows', 'Reports stored since the store was made');
  const samples = gauge('samples', 'Samples stored since the store was made');
  const disk = gauge('disk_bytes', 'Bytes of the store on disk');
  const pending = gauge('pending_rows', 'Reports in the journal that are not packed yet');
  const gaps = gauge('gaps', 'Declared gaps on record');
  const damaged = gauge('damaged_blocks', 'Blocks left out because of a failed checksum');
  return async () => {
    const stats = await sources.store();
    rows.set(stats.rows);
    samples.set(stats.samples);
    disk.set(stats.diskBytes);
    pending.set(stats.pendingRows);
    gaps.set(stats.gaps);
    damaged.set(stats.damagedBlocks);
  };
}

function refreshIngest(
  registry: Registry,
  known: Map<string, Counter | Gauge>,
  stats: Readonly<Record<string, number>>,
): void {
  for (const [name, value] of Object.entries(stats)) {
    const full = { name: `niswatch_ingest_${name}`, help: name.replaceAll('_', ' '), registers: [registry] };
    const metric = known.get(name) ?? (name.endsWith('_total') ? new Counter(full) : new Gauge(full));
    known.set(name, metric);
    if (metric instanceof Counter) {
      metric.reset();
      metric.inc(value);
    } else metric.set(value);
  }
}
