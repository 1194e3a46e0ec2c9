// What the collector tells of itself, from its own registry.

import { type Metrics, openMetrics } from '../../collector/metrics.ts';
import type { OwnSample } from '../../collector/prom/own-history.ts';

const AT = Date.UTC(2026, 2, 2);

/** Every source answers something, so that every metric has a series. */
export const fullMetrics = (now: () => number = () => AT): Metrics =>
  openMetrics({
    connected: () => 11,
    ingest: () => ({
      connections: 12,
      pending_reports: 0,
      credit_bytes: 0,
      reports_stored_total: Math.floor(now() / 1000),
      samples_stored_total: Math.floor(now() / 10),
      bytes_total: Math.floor(now()),
      duplicates_total: 3,
      refused_total: 4,
      gap_reports_total: 0,
      store_failures_total: 0,
      dropped_frames_total: 0,
      commits_total: Math.floor(now() / 10_000),
      acknowledged_total: Math.floor(now() / 1000),
      acknowledged_in_time_total: Math.floor(now() / 1000),
      acknowledgement_seconds_total: now() / 100_000,
    }),
    refusals: () => ({ RATE_LIMITED: 4 }),
    store: () =>
      Promise.resolve({
        rows: 5,
        samples: 6,
        diskBytes: Math.floor(now() / 1000),
        pendingRows: 8,
        gaps: 0,
        damagedBlocks: 0,
        outlets: [
          { name: 'grafana', bytes: 4096, pendingRows: 3, missed: 0, droppedRows: 0, refusedSamples: 0 },
        ],
      }),
    storeRefuses: () => false,
    alerts: () => Promise.resolve([{ severity: 'critical', state: 'firing', count: 2 }]),
    hosts: () => Promise.resolve([{ verdict: 'up', count: 11 }]),
    outbox: () =>
      Promise.resolve([
        { channel: 'mail', state: 'waiting', count: 1, oldestAt: now() - 30_000 },
        { channel: 'mail', state: 'delivered', count: 9, oldestAt: 0 },
      ]),
    canaries: () => Promise.resolve([{ channel: 'mail', deliveredAt: now() - 3_600_000 }]),
    spools: () => ({ reports: 12, bytes: 3456, hosts: 0 }),
    now,
  });

export async function ownSamples(): Promise<OwnSample[]> {
  const metrics = fullMetrics();
  metrics.observeRequest('/healthz', 'GET', 200, 0.001);
  return await metrics.read();
}
