// Which hosts a reader sees, under which labels, and when each was judged silent.

import type { Confinement } from '../access/principal.ts';
import type { VerdictWord } from '../liveness/verdict.ts';
import type { State } from '../state/state.ts';
import type { Window } from './source.ts';
import type { Place } from './store-source.ts';

/** With these words the newest values still count. */
const CURRENT: VerdictWord[] = ['up', 'suspect', 'never-seen'];
const AT_ONCE = 500;

/** Names, as people read them; two hosts of one name in one hospital are told apart by their ids. */
export async function readPlaces(state: State, confinement: Confinement): Promise<Place[]> {
  let query = state
    .selectFrom('hosts')
    .innerJoin('hospitals', 'hospitals.id', 'hosts.hospitalId')
    .select(['hosts.id', 'hosts.name as host', 'hospitals.name as hospital'])
    .where('hosts.revokedAt', 'is', null)
    .orderBy('hosts.id');
  if (confinement !== undefined) query = query.where('hosts.hospitalId', '=', confinement);
  const places = await query.execute();
  const byName = Map.groupBy(places, ({ hospital, host }) => JSON.stringify([hospital, host]));
  for (const same of byName.values())
    if (same.length > 1) for (const place of same) place.host = `${place.host} (${place.id})`;
  return places;
}

/** Verdicts of the window by which a host's last values ended, by host. */
export async function readSilences(
  state: State,
  hosts: readonly string[],
  { from, to }: Window,
): Promise<Map<string, Float64Array>> {
  const silences = new Map<string, Float64Array>();
  for (let i = 0; i < hosts.length; i += AT_ONCE) {
    const rows = await state
      .selectFrom('verdicts')
      .select(['hostId', 'since'])
      .where('hostId', 'in', hosts.slice(i, i + AT_ONCE))
      .where('word', 'not in', CURRENT)
      .where('since', '>=', from)
      .where('since', '<=', to)
      .orderBy('since')
      .execute();
    for (const [host, found] of Map.groupBy(rows, (row) => row.hostId))
      silences.set(
        host,
        Float64Array.from(found, (row) => row.since),
      );
  }
  return silences;
}
