// A collector's HTTP side over the embedded store, filled with a generated fleet: what Grafana would be pointed at.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStage, START_AT, type Stage, tokenFor } from '../../collector/api/testing/stage.ts';
import { openOwnHistory } from '../../collector/prom/own-history.ts';
import { storeConfig } from '../../collector/store/config.ts';
import { openEmbeddedStore } from '../../collector/store/embedded.ts';
import { manualClock } from '../../shared/clock.ts';
import { readConfig } from '../../shared/config/schema.ts';
import { smallFleet, type SmallFleet } from '../support/small-fleet.ts';
import { fillFleet } from '../support/fill-fleet.ts';
import { fullMetrics } from './own-samples.ts';

export const NOW = START_AT;
const HOUR = 3_600_000;
export const FROM = NOW - 6 * HOUR;
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface GrafanaStage {
  stage: Stage;
  fleet: SmallFleet;
  /** Headers of a reader of everything, and of one hospital. */
  all: Record<string, string>;
  confined: Record<string, string>;
  close(): Promise<void>;
}

export async function openGrafanaStage(): Promise<GrafanaStage> {
  const folder = mkdtempSync(join(tmpdir(), 'niswatch-grafana-'));
  const clock = manualClock(NOW);
  const stage = await openStage({ clock });
  for (const table of ['hosts', 'hospitals'] as const) await stage.state.deleteFrom(table).execute();
  const config = readConfig(storeConfig, {});
  const store = await openEmbeddedStore({ folder, clock, config, log: quiet });
  stage.context.store = store;
  const fleet = smallFleet({ hospitals: 6, seed: 7, now: NOW, historyMs: NOW - FROM });
  await fillFleet(fleet, { state: stage.state, store, from: FROM, to: NOW, stepMs: 30_000 });
  stage.context.own = await ownHistory();
  const first = fleet.hospitals[0]?.id;
  return {
    stage,
    fleet,
    all: await tokenFor(stage, 'engineer'),
    confined: await tokenFor(stage, 'viewer', first),
    async close() {
      await stage.close();
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** An hour of what the collector tells of itself. */
async function ownHistory() {
  let now = NOW - HOUR;
  const metrics = fullMetrics(() => now);
  const history = openOwnHistory();
  for (; now <= NOW; now += 60_000) {
    metrics.observeRequest('/prom/api/v1/query', 'POST', 200, 0.02);
    history.add(now, await metrics.read());
  }
  return history.source;
}
