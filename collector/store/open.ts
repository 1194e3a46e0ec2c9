// The store that collector.yaml asks for, with the outlets beside it. Promise: the folder of one kind is never touched by another;
// what was opened is closed again when something else cannot be.

import { join } from 'node:path';
import type { Values } from '../../shared/config/schema.ts';
import type { Clock } from '../../shared/clock.ts';
import type { StoreConfig } from './config.ts';
import { openEmbeddedStore } from './embedded.ts';
import type { Log } from './engine.ts';
import { chosenEngine, type outletsConfig, type QueueChoice, type QueueSettings } from './outside/config.ts';
import { feedOutlets } from './outside/feed.ts';
import { openOutsideStore, type Places } from './outside/outside.ts';
import type { Store } from './store.ts';

export type OutletConfig = Values<(typeof outletsConfig)['of']['fields']>;

export interface OpenStoreOptions {
  /** The data folder. */
  folder: string;
  clock: Clock;
  config: StoreConfig;
  outlets?: readonly OutletConfig[];
  places: Places;
  log: Log;
  /** `anywhere`: streams may begin at any number, for a copy of another store. */
  order?: 'contiguous' | 'anywhere';
}

export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const { folder, clock, config, outlets = [], places, log } = options;
  const opened: Store[] = [];
  const keep = (store: Store): Store => {
    opened.push(store);
    return store;
  };
  try {
    const store = keep(await openKind(options));
    if (outlets.length === 0) return store;
    const fed = [];
    for (const outlet of outlets) {
      const queue = {
        folder: join(folder, 'outlets', outlet.name),
        config: settingsOf(config, outlet.queue),
        engine: chosenEngine(outlet, `outlets (${outlet.name})`),
      };
      const opening = openOutsideStore({ ...queue, clock, places, log, order: 'anywhere' });
      fed.push({ name: outlet.name, store: keep(await opening) });
    }
    return feedOutlets(store, fed, log);
  } catch (error) {
    for (const store of opened.toReversed()) await store.close();
    throw error;
  }
}

async function openKind(options: OpenStoreOptions): Promise<Store> {
  const { folder, clock, config, places, log, order = 'contiguous' } = options;
  if (config.kind === 'embedded')
    return await openEmbeddedStore({ folder: join(folder, 'store'), clock, config, log, order });
  const engine = chosenEngine(config, 'store');
  const settings = settingsOf(config, config.queue);
  return await openOutsideStore({
    folder: join(folder, 'queue'),
    config: settings,
    engine,
    clock,
    places,
    log,
    order,
  });
}

const settingsOf = (config: StoreConfig, queue: QueueChoice): QueueSettings => ({
  ...queue,
  segmentSize: config.segmentSize,
  freeFloor: config.freeFloor,
  keepStreams: config.keepStreams,
  keepGaps: config.keepHours,
});
