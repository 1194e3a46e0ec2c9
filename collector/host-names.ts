// Names of hosts and hospitals as engines outside are told them. Promise: a name is looked up without waiting; renames are seen
// within half a minute.

import type { Clock } from '../shared/clock.ts';
import { readPlaces } from './prom/places.ts';
import type { State } from './state/state.ts';
import type { Places } from './store/outside/outside.ts';

const REFRESH_MS = 30_000;

export interface HostNames extends Places {
  close(): void;
}

/** Where no engine outside is told anything, nobody asks. */
export const NO_NAMES: HostNames = { place: () => undefined, refresh: async () => undefined, close() {} };

/** Names are the same as in `/prom`. */
export async function openHostNames(state: State, clock: Pick<Clock, 'every'>): Promise<HostNames> {
  let names = new Map<string, { hospital: string; host: string }>();
  const refresh = async (): Promise<void> => {
    const places = await readPlaces(state, undefined);
    names = new Map(places.map(({ id, host, hospital }) => [id, { host, hospital }]));
  };
  await refresh();
  // A state that cannot be read now is told by whoever writes to it.
  const timer = clock.every(REFRESH_MS, () => void refresh().catch(() => undefined));
  return { place: (host) => names.get(host), refresh, close: () => timer.cancel() };
}
