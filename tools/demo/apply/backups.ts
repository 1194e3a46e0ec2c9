// Backup records into the state, as the reports that brought them would have been kept.

import { keepRecord } from '../../../collector/backups/state/keep.ts';
import type { State } from '../../../collector/state/state.ts';
import { silenceAt } from '../world/episodes.ts';
import { recordsAt } from '../world/records.ts';
import type { World } from '../world/shape.ts';

export async function writeBackups(state: State, world: World): Promise<void> {
  for (const host of world.hosts) {
    const at = silenceAt(host, world.endAt)?.from ?? world.endAt;
    await state.transaction().execute(async (tx) => {
      for (const set of host.sets)
        for (const told of recordsAt(world, host, set, at))
          await keepRecord(tx, { hostId: host.id, at: told.at, now: told.at }, told.record);
    });
  }
}
