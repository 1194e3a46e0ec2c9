// The clock offset: collector's clock less ours, by five exchanges of which the fastest counts (its error is at most half its
// round trip). Pure.

import type { Draft, Effect, Session, View } from './state.ts';

const EXCHANGES = 5;
export const EXCHANGE_EVERY_MS = 600_000;

export function beginExchange(session: Session, view: View, effects: Effect[]): void {
  session.exchange = { n: 0, askedMono: view.mono, best: undefined };
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
  if (!exchange || frame.n !== exchange.n || frame.c === undefined) return;
  const rttMs = view.mono - exchange.askedMono;
  const offsetMs = frame.c - frame.a - rttMs / 2;
  const best = !exchange.best || rttMs < exchange.best.rttMs ? { offsetMs, rttMs } : exchange.best;
  if (exchange.n + 1 < EXCHANGES) {
    session.exchange = { n: exchange.n + 1, askedMono: view.mono, best };
    effects.push({ kind: 'send', frame: { t: 'time', n: exchange.n + 1, a: view.wall } });
    return;
  }
  session.exchange = undefined;
  draft.offsetMs = round(best.offsetMs);
  draft.rttMs = round(best.rttMs);
  effects.push({ kind: 'send', frame: { t: 'clock', offsetMs: draft.offsetMs, rttMs: draft.rttMs } });
}

const round = (ms: number): number => Math.round(ms * 10) / 10;
