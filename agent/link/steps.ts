// Reports that were collected before the offset was known and before the clock was set: a machine starts with a clock of years ago,
// its link is cut, somebody sets the clock, the link comes back. The offset measured then is that of the new clock; what this process
// saw of the setting leads back to the old one. Pure.
//
// Promise: such a report is stored at its true time. Those of an earlier process have only the collector's offset: what its clock went
// through is not known. While a virtual machine stands still, what its clock is set by afterwards is taken for such a setting too.

import type { Report } from '../../shared/frame.ts';
import type { ClockSteps, Draft, Effect, View } from './state.ts';

/** More in one outage, and the oldest count as one. */
const MOST_STEPS = 100;

/** After each step of the machine: which stream is live. */
export function noteLive(draft: Draft, view: View): void {
  const { lives, steps } = draft.clockSteps;
  const live = view.spool.liveStream;
  if (lives.has(live)) return;
  const held = new Set(view.spool.streams());
  const kept = [...lives].filter(([stream]) => held.has(stream));
  const life = Math.max(-1, ...lives.values()) + 1;
  const oldest = kept[0]?.[1] ?? life;
  draft.clockSteps = {
    lives: new Map([...kept, [live, life]]),
    steps: steps.filter((step) => step.life >= oldest),
  };
}

/** The wall clock was set since the machine last looked. */
export function noteStep(draft: Draft, view: View): void {
  noteLive(draft, view);
  const { lives, steps } = draft.clockSteps;
  const life = lives.get(view.spool.liveStream) ?? 0;
  const byMs = view.wall - draft.lastWall - (view.mono - draft.lastMono);
  const kept = [...steps, { life, seq: view.spool.nextSeq, byMs }];
  const [first, second, ...rest] = kept;
  const isOver = kept.length > MOST_STEPS && first && second;
  draft.clockSteps = {
    lives,
    steps: isOver ? [{ ...second, byMs: first.byMs + second.byMs }, ...rest] : kept,
  };
}

/** The effects of a step, reports that left without an offset with the one of their own clock. */
export function withOffsets(draft: Draft, effects: Effect[]): Effect[] {
  const { offsetMs, clockSteps } = draft;
  if (offsetMs === undefined || clockSteps.steps.length === 0) return effects;
  return effects.map((effect) => {
    if (effect.kind !== 'send' || effect.frame.t !== 'report' || effect.frame.off !== null) return effect;
    const sinceMs = setSince(clockSteps, effect.frame);
    return sinceMs === undefined
      ? effect
      : { ...effect, frame: { ...effect.frame, off: offsetMs + sinceMs } };
  });
}

/** By how much the clock was set after the report, or undefined when it was not. */
function setSince({ lives, steps }: ClockSteps, { stream, seq }: Report): number | undefined {
  const life = lives.get(stream);
  if (life === undefined) return undefined;
  const after = steps.filter((step) => step.life > life || (step.life === life && step.seq > seq));
  return after.length === 0 ? undefined : after.reduce((sum, { byMs }) => sum + byMs, 0);
}
