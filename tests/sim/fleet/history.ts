// Whether the trail tells an outage, once it is over, as what it was: the corrected truth, and the hours that availability makes of it.

import { judgeAvailability } from '../../../collector/liveness/availability.ts';
import type { State } from '../../../collector/state/state.ts';
import { settled } from '../jobs.ts';
import type { Outage, Truth } from './truth.ts';

/** Seconds before the first beat that was missed, of the journal, of booting. */
const BLUR_MS = 25_000;

/** `disturbedAt`: the collector could not hear everything since then. */
export function judgeTold(
  { state, outage, truth, wallAtZero }: { state: State; outage: Outage; truth: Truth; wallAtZero: number },
  now: number,
  disturbedAt: number,
): void {
  const { plan, startedAt, endedAt = now, agents, disturbed } = outage;
  const host = agents[0]?.id;
  if (plan.told === undefined || host === undefined || disturbed || disturbedAt > startedAt) return;
  // Something of its own that came later is another story.
  if (truth.outageOf(host) || truth.isOut(host)) return;
  const range = { from: wallAtZero + startedAt, to: wallAtZero + endedAt };
  const rows = settled(
    state
      .selectFrom('verdicts')
      .select(['id', 'word', 'since', 'until', 'revises'])
      .where('hostId', '=', host)
      .orderBy('id')
      .execute(),
  );
  const { spans } = judgeAvailability(rows, range, wallAtZero + now);
  const toldMs = spans
    .filter((span) => span.word === plan.told)
    .reduce((sum, span) => sum + span.to - span.from, 0);
  if (endedAt - startedAt - toldMs <= BLUR_MS) return;
  const said = spans.map((span) => `${span.word} ${Math.round((span.to - span.from) / 1000)} s`).join(', ');
  truth.fail(`${plan.kind} of ${host} for ${Math.round((endedAt - startedAt) / 1000)} s is told as: ${said}`);
}
