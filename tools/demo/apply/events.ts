// The events and checks that agents would have told.

import type { State } from '../../../collector/state/state.ts';
import { checksAt } from '../world/checks.ts';
import { isOff, isSilence, silenceAt } from '../world/episodes.ts';
import type { DemoHost, World } from '../world/shape.ts';
import { sinceOf } from './pictures.ts';

type NewEvent = {
  hostId: string;
  at: number;
  arrivedAt: number;
  kind: string;
  subject: string | null;
  data: null;
};

export async function writeEvents(state: State, world: World): Promise<void> {
  await state.transaction().execute(async (tx) => {
    for (const host of world.hosts) {
      for (const event of eventsOf(host)) await tx.insertInto('events').values(event).execute();
      // What a silent host told last.
      const at = silenceAt(host, world.endAt)?.from ?? world.endAt;
      const rows = checksAt(world, host, at).map(({ id, status, text }) => ({
        hostId: host.id,
        checkId: id,
        status,
        text: text ?? null,
        since: sinceOf(host, id, at),
        updatedAt: at,
      }));
      await tx.insertInto('checks').values(rows).execute();
    }
  });
}

function eventsOf(host: DemoHost): NewEvent[] {
  const events: NewEvent[] = [];
  const add = (at: number, kind: string, subject: string | null = null): void =>
    void events.push({ hostId: host.id, at, arrivedAt: at + 80, kind, subject, data: null });
  for (const { kind, from, to, subject } of host.episodes) {
    if (kind === 'service-down') {
      add(from, 'service.down', subject);
      if (to !== Infinity) add(to, 'service.up', subject);
    }
    if (kind === 'clock-off') add(from, 'clock.step');
    if (!isSilence(kind) || kind === 'link-cut' || to === Infinity) continue;
    if (isOff(kind)) add(to - 45_000, 'host.boot');
    add(to - 20_000, 'agent.start');
  }
  return events;
}
