// Writes a world into a collector's data folder. Promise: everything goes through the product's own store, state and rules; for a
// given seed, size and end the samples, verdicts, incidents and backups are the same (keys and passwords are not).

import { join } from 'node:path';
import { sql } from 'kysely';
import { openFolderState } from '../../../collector/commands/commands.ts';
import { storeConfig } from '../../../collector/store/config.ts';
import { openEmbeddedStore } from '../../../collector/store/embedded.ts';
import { manualClock } from '../../../shared/clock.ts';
import { readConfig } from '../../../shared/config/schema.ts';
import type { World } from '../world/shape.ts';
import { writeBackups } from './backups.ts';
import { type Logins, writeLogins, writeNames } from './names.ts';
import { writePast } from './past.ts';
import { writeSamples } from './samples.ts';

export interface GenerateOptions {
  /** An empty folder, or one that is not there yet. */
  folder: string;
  /** The agents' keys come from it. */
  secret: string;
  say?: (line: string) => void;
}

export interface Generated {
  logins: Logins;
  rows: number;
  samples: number;
  alerts: number;
}

const silent = { info() {}, warn() {}, error() {} };

export async function generateDemo(world: World, options: GenerateOptions): Promise<Generated> {
  const { folder, secret, say = () => undefined } = options;
  const state = await openFolderState(folder);
  try {
    // Whatever is cut short here is made anew.
    await sql`pragma synchronous = off`.execute(state);
    say('hospitals, hosts, logins');
    await writeNames(state, world, secret);
    const logins = await writeLogins(state, world);
    say('backups');
    await writeBackups(state, world);
    const alerts = await writePast(state, world, (share) => say(`outages and incidents ${percent(share)}`));
    const store = await openEmbeddedStore({
      folder: join(folder, 'store'),
      clock: manualClock(world.endAt),
      config: readConfig(storeConfig, { segmentSize: '64MiB' }),
      log: silent,
    });
    try {
      const written = await writeSamples(store, world, (share) => say(`samples ${percent(share)}`));
      return { logins, alerts, ...written };
    } finally {
      await store.close();
    }
  } finally {
    await state.destroy();
  }
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** The collector runs on from here: what lies between the end of history and now is no absence of its own. */
export async function closeHistory(folder: string, now: number): Promise<void> {
  const state = await openFolderState(folder);
  await state.updateTable('runs').set({ aliveAt: now, endedAt: now }).execute();
  await state.updateTable('liveness').set({ lastHeardAt: now }).where('word', '=', 'up').execute();
  await state.destroy();
}
