// The collector's knowledge for the engines that collector.yaml names.

import type { Clock } from '../../shared/clock.ts';
import type { CollectorConfig } from '../config.ts';
import { derivedSource } from '../prom/derived/derived.ts';
import { readPlaces } from '../prom/places.ts';
import type { SeriesSource } from '../prom/source.ts';
import type { Log } from '../services.ts';
import type { State } from '../state/state.ts';
import { chosenEngine } from '../store/outside/config.ts';
import { engineOf, type EngineChoice } from '../store/outside/engines.ts';
import { VERSION } from '../version.ts';
import { type Knowledge, openKnowledge } from './knowledge.ts';

export interface ToldOptions {
  config: Pick<CollectorConfig, 'store' | 'outlets' | 'http'>;
  state: State;
  own: SeriesSource;
  clock: Clock;
  log: Log;
}

export function tellEngines({ config, state, own, clock, log }: ToldOptions): Knowledge {
  const engines = enginesOf(config).map(([name, choice]) => ({ name, ...engineOf(choice) }));
  const derived = (now: number, hosts?: ReadonlySet<string>): SeriesSource =>
    derivedSource({
      state,
      confinement: undefined,
      places: async () => {
        const places = await readPlaces(state, undefined);
        return hosts ? places.filter(({ id }) => hosts.has(id)) : places;
      },
      now,
      build: { version: VERSION, url: config.http.publicUrl },
    });
  return openKnowledge({ state, derived, own, engines, clock, log });
}

function enginesOf({ store, outlets }: ToldOptions['config']): [name: string, choice: EngineChoice][] {
  const beside = outlets.map((outlet): [string, EngineChoice] => [
    `outlets/${outlet.name}`,
    chosenEngine(outlet, `outlets (${outlet.name})`),
  ]);
  return store.kind === 'embedded' ? beside : [['store', chosenEngine(store, 'store')], ...beside];
}
