// The collector of the fleet benches: the program itself (`niswatch serve`) with its default limits, its hosts written into its
// state before it starts, and what it says of itself on /metrics.

import { join } from 'node:path';
import { openFolderState } from '../../../collector/commands/commands.ts';
import { openEmbeddedStore } from '../../../collector/store/embedded.ts';
import { storeConfig } from '../../../collector/store/config.ts';
import { systemClock } from '../../../shared/clock.ts';
import { readConfig } from '../../../shared/config/schema.ts';
import { type CollectorProgram, startCollector } from '../../support/programs.ts';
import type { Scope } from '../../support/scope.ts';
import { COLLECTOR_NAME, FINGERPRINT, hostId, type Plan } from '../ingest/plan.ts';

const HOSPITALS = 400;
/** prom-client looks at the event loop by a timer of so much; a delay of it is none. */
const LAG_TIMER_MS = 10;

/** Ready to be started; the hosts of the plan are enrolled. */
export async function prepareCollector(
  scope: Scope,
  plan: Pick<Plan, 'keys'>,
  flags: readonly string[] = [],
): Promise<CollectorProgram> {
  const config = { name: COLLECTOR_NAME, log: { level: 'warn' } };
  const collector = await startCollector(scope, config, { start: false, flags });
  await enrolAll(join(collector.folder, 'data'), plan.keys);
  return collector;
}

async function enrolAll(folder: string, keys: Plan['keys']): Promise<void> {
  const state = await openFolderState(folder);
  const now = Date.now();
  const hospitals = Array.from({ length: Math.min(HOSPITALS, keys.length) }, (_, i) => i);
  await state.transaction().execute(async (tx) => {
    for (const i of hospitals) {
      const hospital = { id: `h${i}`, name: `医院 ${i}`, timeZone: 'Asia/Shanghai', createdAt: now };
      await tx.insertInto('hospitals').values(hospital).execute();
    }
    const facts = { os: 'linux', arch: 'x64', agentVersion: '0.1.0', fingerprint: FINGERPRINT };
    const rest = { enrolledAt: now, revokedAt: null, boot: null, bootAt: null, offsetMs: null };
    for (const [i, { publicKey }] of keys.entries()) {
      const hospitalId = `h${i % hospitals.length}`;
      const names = { id: hostId(i), hospitalId, name: `nis-${i}`, hostname: `nis-${i}` };
      await tx
        .insertInto('hosts')
        .values({ ...names, publicKey, ...facts, ...rest })
        .execute();
    }
  });
  await state.destroy();
}

/** What the collector says of itself since it was asked last. */
export interface Own {
  /** How late its event loop was: 99th percentile and the worst. */
  loopP99Ms: number;
  loopMaxMs: number;
  metric(name: string): number;
}

export async function askCollector(collector: CollectorProgram): Promise<Own> {
  const headers = { authorization: `Bearer ${collector.token()}` };
  const text = await (await fetch(`${collector.url}/metrics`, { headers })).text();
  const metric = (name: string): number => {
    const found = new RegExp(`^niswatch_${name} ([\\d.e+-]+)$`, 'm').exec(text)?.[1];
    if (found === undefined) throw new Error(`/metrics does not tell niswatch_${name}`);
    return Number(found);
  };
  const lag = (which: string): number =>
    Math.max(0, metric(`nodejs_eventloop_lag_${which}_seconds`) * 1000 - LAG_TIMER_MS);
  return { loopP99Ms: lag('p99'), loopMaxMs: lag('max'), metric };
}

/** Reports on the disk of a collector that does not run, but for those of some hosts (that declared no gaps). */
export async function storedRows(collector: CollectorProgram, but: readonly string[]): Promise<number> {
  if (collector.running()) throw new Error('the collector still runs');
  const quiet = (): void => {};
  const store = await openEmbeddedStore({
    folder: join(collector.folder, 'data', 'store'),
    clock: systemClock(),
    config: readConfig(storeConfig, {}),
    log: { info: quiet, warn: quiet, error: quiet },
  });
  try {
    const { rows } = await store.stats();
    const theirs = but.flatMap((host) => store.watermarks(host).map(({ seq }) => seq + 1));
    return theirs.reduce((rest, count) => rest - count, rows);
  } finally {
    await store.close();
  }
}
