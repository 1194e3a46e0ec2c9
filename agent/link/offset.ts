// The clock offset: collector's clock less ours, by five exchanges of which the fastest counts (its error is at most half its
// round trip). Pure.

import { type Draft, type Effect, type MachineState, type Session, TIMES, type View } from './state.ts';

const EXCHANGES = 5;
export const EXCHANGE_EVERY_MS = 600_000;
const STEP_MS = 500;

/** Whether the wall clock was set since the machine last looked: then the measured offset is a lie. */
export function isStepped(state: MachineState, now: { wall: number; mono: number }): boolean {
  return Math.abs(now.wall - state.lastWall - (now.mono - state.lastMono)) >= STEP_MS;
}

/** At the next tick, and no report goes out before: its time could not be corrected. */
export function measureAnew(draft: Draft, session: Session, view: View): void {
  draft.offsetMs = undefined;
  session.exchange = undefined;
  session.exchangeDueAt = view.mono;
  session.measuringUntil = view.mono + TIMES.measureMs;
}

export function beginExchange(session: Session, view: View, effects: Effect[]): void {
  session.exchange = { n: 0, asked: { wall: view.wall, mono: view.mono }, best: undefined };
  session.exchangeDueAt = view.mono + EXCHANGE_EVERY_MS;
  effects.push({ kind: 'send', frame: { t: 'time', n: 0, a: view.wall } });
}

export function takeTime(
  draft: Draft,
  session: Session,
  frame: { n: number; a: number; c?: number },
  view: View,
  effects: Effect[],
): void {
  const exchange = session.exchange;
  // An answer of an exchange that was begun anew meanwhile would count as a very fast one, with the clock of before.
  if (!exchange || frame.n !== exchange.n || frame.a !== exchange.asked.wall || frame.c === undefined) return;
  const rttMs = view.mono - exchange.asked.mono;
  const offsetMs = frame.c - frame.a - rttMs / 2;
  const best = !exchange.best || rttMs < exchange.best.rttMs ? { offsetMs, rttMs } : exchange.best;
  if (exchange.n + 1 < EXCHANGES) {
    session.exchange = { n: exchange.n + 1, asked: { wall: view.wall, mono: view.mono }, best };
    effects.push({ kind: 'send', frame: { t: 'time', n: exchange.n + 1, a: view.wall } });
    return;
  }
  session.exchange = undefined;
  session.measuringUntil = -Infinity;
  draft.offsetMs = round(best.offsetMs);
  draft.rttMs = round(best.rttMs);
  const clock = { t: 'clock', offsetMs: draft.offsetMs, rttMs: draft.rttMs } as const;
  effects.push({ kind: 'send', frame: clock }, { kind: 'pump' });
}

const round = (ms: number): number => Math.round(ms * 10) / 10;
