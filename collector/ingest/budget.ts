// A token bucket: what one agent may send per second, with a burst; and what a frame costs when it is more work than others. Pure;
// the caller brings the time.

import type { AgentFrame } from '../../shared/frame.ts';

export interface Budget {
  readonly perSecond: number;
  readonly burst: number;
  tokens: number;
  /** When `tokens` was last brought up to date. */
  at: number;
}

export function openBudget(perSecond: number, burst: number, now: number): Budget {
  return { perSecond, burst, tokens: burst, at: now };
}

/** Takes `amount`; 0 when it was there, else the milliseconds until it will be (and nothing is taken). */
export function spend(budget: Budget, amount: number, now: number): number {
  // A wall clock that went back gives nothing and takes nothing.
  if (now > budget.at) {
    budget.tokens = Math.min(budget.burst, budget.tokens + ((now - budget.at) * budget.perSecond) / 1000);
  }
  budget.at = now;
  // What is larger than the whole burst could never be paid: it costs the burst.
  const price = Math.min(amount, budget.burst);
  if (budget.tokens >= price) {
    budget.tokens -= price;
    return 0;
  }
  return Math.max(1, Math.ceil(((price - budget.tokens) * 1000) / budget.perSecond));
}

/** What is read as text costs by its size, before it is read. Reports without checks and events, which are not, cost a frame each. */
const BYTES_PER_FRAME = 1024;
/** An answer is a write to the network of its own. As a share of a second's frames: an agent that may send few must still be able to ask. */
const ANSWER_SHARE = 1 / 20;
/** An event is looked up and written by itself, checks are written by the hundred, columns are read and kept. */
const FRAMES_PER_EVENT = 5;
const CHECKS_PER_FRAME = 4;
const COLUMNS_PER_FRAME = 20;

export function priceOfText(bytes: number): number {
  return 1 + Math.floor(bytes / BYTES_PER_FRAME);
}

/** What a frame costs above the one that each costs, in frames. */
export function priceOf(frame: AgentFrame, perSecond: number): number {
  if (frame.t === 'beat' || frame.t === 'time') return Math.floor(perSecond * ANSWER_SHARE);
  if (frame.t === 'series') return Math.floor(frame.columns.length / COLUMNS_PER_FRAME);
  if (frame.t !== 'report') return 0;
  const events = frame.events?.length ?? 0;
  const checks = frame.checks?.length ?? 0;
  return events * FRAMES_PER_EVENT + Math.floor(checks / CHECKS_PER_FRAME);
}
