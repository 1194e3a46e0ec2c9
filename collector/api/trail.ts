// A host's trail of verdicts over a period, with its corrections laid over what was said first.

import { type Availability, judgeAvailability } from '../liveness/availability.ts';
import type { State } from '../state/state.ts';

/** What became of a suspicion is looked up so far behind the end. */
const AFTER_MS = 3_600_000;

export async function readTrail(
  state: State,
  host: string,
  { from, to }: { from: number; to: number },
  now: number,
): Promise<Availability> {
  const rows = await state
    .selectFrom('verdicts')
    .select(['id', 'word', 'since', 'until', 'revises'])
    .where('hostId', '=', host)
    .where('since', '<', to + AFTER_MS)
    .where((e) => e.or([e('until', 'is', null), e('until', '>', from)]))
    .orderBy('id')
    .execute();
  return judgeAvailability(rows, { from, to }, now);
}
