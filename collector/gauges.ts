// What /metrics reads from the parts at each scrape. Promise: labels are bounded; everything is read from memory or counted by one
// statement, never from samples.

import { Counter, Gauge, type Registry } from 'prom-client';
import { openQueueGauges } from './queue-metrics.ts';
import type { StoreStats } from './store/store.ts';

export interface MetricsSources {
  connected(): number;
  ingest(): Readonly<Record<string, number>>;
  /** Frames refused, by error code. */
  refusals?(): Readonly<Record<string, number>>;
  store(): Promise<StoreStats>;
  /** Whether the store refuses to write now. */
  storeRefuses?(): boolean;
  /** Open alerts by severity and state. */
  alerts(): Promise<readonly { severity: string; state: string; count: number }[]>;
  hosts(): Promise<readonly { verdict: string; count: number }[]>;
  /** Messages by channel and state; `oldestAt`: of those that wait. */
  outbox?(): Promise<readonly { channel: string; state: string; count: number; oldestAt: number | null }[]>;
  /** When a canary last came through, by channel; null: never. */
  canaries?(): Promise<readonly { channel: string; deliveredAt: number | null }[]>;
  /** What all agents together still hold on their disks, as they told last. */
  spools?(): { reports: number; bytes: number; hosts: number };
  now(): number;
}

type Refresh = () => Promise<void> | void;

export function openGauges(registry: Registry, sources: MetricsSources): Refresh[] {
  return [
    readFleet(registry, sources),
    readAlerts(registry, sources),
    readStore(registry, sources),
    readIngest(registry, sources),
    ...(sources.outbox ? [readOutbox(registry, sources)] : []),
    ...(sources.spools ? [readSpools(registry, sources.spools)] : []),
  ];
}

const gaugeIn =
  (registry: Registry) =>
  <L extends string = string>(name: string, help: string, labelNames: L[] = []): Gauge<L> =>
    new Gauge({ name: `niswatch_${name}`, help, labelNames, registers: [registry] });

function readFleet(registry: Registry, sources: MetricsSources): Refresh {
  const gauge = gaugeIn(registry);
  const connected = gauge('connected_agents', 'Agents with a live connection');
  const hosts = gauge('hosts', 'Hosts by verdict', ['verdict']);
  return async () => {
    connected.set(sources.connected());
    hosts.reset();
    for (const { verdict, count } of await sources.hosts()) hosts.set({ verdict }, count);
  };
}

function readAlerts(registry: Registry, sources: MetricsSources): Refresh {
  const alerts = gaugeIn(registry)('alerts_open', 'Alerts that are not resolved', ['severity', 'state']);
  return async () => {
    alerts.reset();
    for (const { severity, state, count } of await sources.alerts()) alerts.set({ severity, state }, count);
  };
}

function readStore(registry: Registry, sources: MetricsSources): Refresh {
  const gauge = gaugeIn(registry);
  const rows = gauge('store_rows', 'Reports stored since the store was made');
  const samples = gauge('store_samples', 'Samples stored since the store was made');
  const disk = gauge('store_disk_bytes', 'Bytes of the store on disk');
  const pending = gauge('store_pending_rows', 'Reports in the journal that are not packed yet');
  const gaps = gauge('store_gaps', 'Declared gaps on record');
  const damaged = gauge('store_damaged_blocks', 'Blocks left out because of a failed checksum');
  const setQueues = openQueueGauges(registry);
  const refusing = gauge('store_refusing', '1 while the store refuses to write');
  return async () => {
    const stats = await sources.store();
    rows.set(stats.rows);
    samples.set(stats.samples);
    disk.set(stats.diskBytes);
    pending.set(stats.pendingRows);
    gaps.set(stats.gaps);
    damaged.set(stats.damagedBlocks);
    setQueues(stats);
    refusing.set(sources.storeRefuses?.() ? 1 : 0);
  };
}

function readIngest(registry: Registry, sources: MetricsSources): Refresh {
  const known = new Map<string, Counter | Gauge>();
  const refusals = new Counter({
    name: 'niswatch_ingest_refusals_total',
    help: 'Frames refused, by error code',
    labelNames: ['code'],
    registers: [registry],
  });
  return () => {
    for (const [name, value] of Object.entries(sources.ingest())) {
      const full = {
        name: `niswatch_ingest_${name}`,
        help: name.replaceAll('_', ' '),
        registers: [registry],
      };
      const metric = known.get(name) ?? (name.endsWith('_total') ? new Counter(full) : new Gauge(full));
      known.set(name, metric);
      if (metric instanceof Counter) {
        metric.reset();
        metric.inc(value);
      } else metric.set(value);
    }
    refusals.reset();
    for (const [code, count] of Object.entries(sources.refusals?.() ?? {})) refusals.inc({ code }, count);
  };
}

function readOutbox(registry: Registry, sources: MetricsSources): Refresh {
  const gauge = gaugeIn(registry);
  const messages = gauge('outbox_messages', 'Messages on record by channel and state', ['channel', 'state']);
  const oldest = gauge('outbox_oldest_seconds', 'Age of the oldest message that waits', ['channel']);
  const canary = gauge('canary_age_seconds', 'Since a canary last came through the channel', ['channel']);
  return async () => {
    const now = sources.now();
    for (const metric of [messages, oldest, canary]) metric.reset();
    for (const row of (await sources.outbox?.()) ?? []) {
      messages.set({ channel: row.channel, state: row.state }, row.count);
      if (row.state !== 'waiting') continue;
      oldest.set({ channel: row.channel }, row.oldestAt === null ? 0 : (now - row.oldestAt) / 1000);
    }
    for (const { channel, deliveredAt } of (await sources.canaries?.()) ?? [])
      if (deliveredAt !== null) canary.set({ channel }, (now - deliveredAt) / 1000);
  };
}

function readSpools(registry: Registry, spools: NonNullable<MetricsSources['spools']>): Refresh {
  const gauge = gaugeIn(registry);
  const reports = gauge('fleet_spool_reports', 'Reports that agents still hold, as they told last');
  const bytes = gauge('fleet_spool_bytes', 'Bytes that agents still hold, as they told last');
  const hosts = gauge('fleet_spool_hosts', 'Hosts whose agent holds more than its newest reports');
  return () => {
    const sum = spools();
    reports.set(sum.reports);
    bytes.set(sum.bytes);
    hosts.set(sum.hosts);
  };
}
