// What the collector tells of itself: the sources of /metrics, and the last day of it in memory for /prom.

import type { Clock } from '../shared/clock.ts';
import { describeError } from '../shared/errors.ts';
import type { BackupWatch } from './backups/watch.ts';
import type { Fleet } from './fleet/fleet.ts';
import type { Ingest } from './ingest/ingest.ts';
import type { Watch } from './liveness/watch.ts';
import { type Metrics, type MetricsSources, openMetrics } from './metrics.ts';
import { openOwnHistory } from './prom/own-history.ts';
import type { SeriesSource } from './prom/source.ts';
import type { Log } from './services.ts';
import type { State } from './state/state.ts';
import type { WatchedStore } from './watched-store.ts';
import { countAlerts, countHosts, flatten } from './wiring.ts';

export interface SelfParts {
  state: State;
  store: WatchedStore;
  watch: Watch;
  fleet: Fleet;
  backups: BackupWatch;
  ingest: Ingest;
}

export interface Self {
  metrics: Metrics;
  history: SeriesSource;
  stop(): Promise<void>;
}

const EVERY_MS = 60_000;
/** An agent holds its newest reports until they are acknowledged: so many are no backlog. */
const USUAL_BACKLOG = 8;

export function openSelf(parts: SelfParts, clock: Clock, log: Log): Self {
  const metrics = openMetrics(sourcesOf(parts, clock));
  const history = openOwnHistory();
  let running: Promise<void> = Promise.resolve();
  const note = async (): Promise<void> => history.add(clock.now(), await metrics.read());
  const timer = clock.every(EVERY_MS, () => {
    running = note().catch((error: unknown) =>
      log.error({ error: describeError(error) }, 'the own metrics cannot be read'),
    );
  });
  return {
    metrics,
    history: history.source,
    async stop() {
      timer.cancel();
      await running;
    },
  };
}

function sourcesOf({ state, store, watch, fleet, ingest }: SelfParts, clock: Clock): MetricsSources {
  return {
    connected: () => watch.connected(),
    ingest: () => flatten(ingest.stats),
    refusals: () => ingest.stats.refused,
    store: () => store.stats(),
    storeRefuses: () => store.refusing() !== undefined,
    alerts: () => countAlerts(state),
    hosts: () => countHosts(fleet, watch),
    outbox: () => countOutbox(state),
    canaries: () => readCanaries(state),
    spools: () => sumSpools(fleet),
    now: () => clock.now(),
  };
}

export async function countOutbox(
  state: State,
): Promise<{ channel: string; state: string; count: number; oldestAt: number | null }[]> {
  const rows = await state
    .selectFrom('outbox')
    .select(['channel', 'state', (e) => e.fn.countAll<number>().as('count')])
    .select((e) => e.fn.min('createdAt').as('oldestAt'))
    .groupBy(['channel', 'state'])
    .execute();
  return rows.map((row) => ({ ...row, count: Number(row.count), oldestAt: Number(row.oldestAt) }));
}

export async function readCanaries(state: State): Promise<{ channel: string; deliveredAt: number | null }[]> {
  const rows = await state
    .selectFrom('meta')
    .select(['key', 'value'])
    .where('key', 'like', 'canary:%')
    .execute();
  return rows.map(({ key, value }) => {
    const record = JSON.parse(value) as { deliveredAt?: number | null };
    return { channel: key.slice('canary:'.length), deliveredAt: record.deliveredAt ?? null };
  });
}

function sumSpools(fleet: Fleet): { reports: number; bytes: number; hosts: number } {
  const sum = { reports: 0, bytes: 0, hosts: 0 };
  for (const host of fleet.hosts()) {
    const values = fleet.latest(host)?.values;
    const reports = values?.get('agent_spool_reports')?.value ?? 0;
    sum.reports += reports;
    sum.bytes += values?.get('agent_spool_bytes')?.value ?? 0;
    if (reports > USUAL_BACKLOG) sum.hosts++;
  }
  return sum;
}
