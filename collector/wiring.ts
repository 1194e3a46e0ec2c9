// How the parts of the collector meet what the HTTP side asks for: counts, newest values, subscriptions.

import type { Clock } from '../shared/clock.ts';
import { describeError } from '../shared/errors.ts';
import type { BackupWatch } from './backups/watch.ts';
import { forecastOf } from './backups/forecast.ts';
import type { Alerts } from './alerts/alerts.ts';
import type { Services } from './api/services.ts';
import type { Enrolment } from './enrolment/enrolment.ts';
import type { Fleet } from './fleet/fleet.ts';
import type { Ingest } from './ingest/ingest.ts';
import { ACK_BOUNDS_MS, type IngestStats } from './ingest/stats.ts';
import type { Watch } from './liveness/watch.ts';
import { diskOf } from './rules/backups.ts';
import type { Renderer } from './reports/renderer.ts';
import type { State } from './state/state.ts';
import type { WatchedStore } from './watched-store.ts';

export interface ServiceParts {
  state: State;
  store: WatchedStore;
  watch: Watch;
  fleet: Fleet;
  alerts: Alerts;
  backups: BackupWatch;
  enrolment: Enrolment;
  ingest: Ingest;
  reports: Renderer;
  clock: Clock;
}

export function servicesOf({
  state,
  store,
  watch,
  fleet,
  alerts,
  backups,
  enrolment,
  ingest,
  reports,
  clock,
}: ServiceParts): Services {
  return {
    fleet,
    verdicts: {
      verdict: (host) => watch.verdict(host),
      lastHeardAt: (host) => watch.lastHeardAt(host),
      connected: () => watch.connected(),
      subscribe: (listener) => watch.onVerdict(listener),
    },
    alerts,
    backups: {
      digest(host) {
        const digest = backups.digest(host);
        return digest === 'unread' ? undefined : digest;
      },
      forecast(host, set, zone) {
        const [picture, now] = [fleet.picture(host), clock.now()];
        return picture && forecastOf(set, diskOf(picture, set, now), { now, zone });
      },
    },
    enrolment,
    reports,
    ingestStats: () => flatten(ingest.stats),
    async notReady() {
      const why = store.refusing();
      const reasons = why === undefined ? [] : [`store: ${why}`];
      await store.stats().catch((error: unknown) => reasons.push(`store: ${describeError(error)}`));
      await state
        .insertInto('meta')
        .values({ key: 'ready-probe', value: String(clock.now()) })
        .onConflict((c) => c.column('key').doUpdateSet({ value: String(clock.now()) }))
        .execute()
        .catch((error: unknown) => reasons.push(`state: ${describeError(error)}`));
      return reasons;
    },
  };
}

/** Counters end in `_total`, as Prometheus asks; everything else is a gauge. */
export function flatten(stats: IngestStats): Record<string, number> {
  const gauges = {
    connections: stats.connections,
    sessions: stats.sessions,
    pending_reports: stats.pending,
    credit_bytes: stats.creditBytes,
  };
  const counters = {
    connections_total: stats.connectionsTotal,
    handshakes_total: stats.handshakes,
    replaced_total: stats.replaced,
    clones_total: stats.clones,
    http_posts_total: stats.httpPosts,
    frames_total: stats.frames,
    bytes_total: stats.bytes,
    reports_stored_total: stats.reports,
    samples_stored_total: stats.samples,
    duplicates_total: stats.duplicates,
    gaps_total: stats.gaps,
    gap_reports_total: stats.gapReports,
    refused_total: Object.values(stats.refused).reduce((sum, n) => sum + n, 0),
    pauses_total: stats.pauses,
    dropped_frames_total: stats.dropped,
    commits_total: stats.commits,
    store_failures_total: stats.storeFailures,
    acknowledgement_seconds_total: stats.ackSumMs / 1000,
    acknowledged_total: stats.ackCounts.reduce((sum, n) => sum + n, 0),
    acknowledged_in_time_total: stats.ackCounts
      .slice(0, ACK_BOUNDS_MS.indexOf(250) + 1)
      .reduce((sum, n) => sum + n, 0),
  };
  return { ...gauges, ...counters };
}

export async function countAlerts(
  state: State,
): Promise<{ severity: string; state: string; count: number }[]> {
  const rows = await state
    .selectFrom('alerts')
    .select(['severity', 'state', (e) => e.fn.countAll<number>().as('count')])
    .where('open', '=', 1)
    .groupBy(['severity', 'state'])
    .execute();
  return rows.map((row) => ({ ...row, count: Number(row.count) }));
}

export function countHosts(fleet: Fleet, watch: Watch): Promise<{ verdict: string; count: number }[]> {
  const counts = new Map<string, number>();
  for (const host of fleet.hosts()) {
    const { word } = watch.verdict(host);
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return Promise.resolve([...counts].map(([verdict, count]) => ({ verdict, count })));
}
