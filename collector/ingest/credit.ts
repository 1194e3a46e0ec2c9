// History credit: how much of the past the whole fleet may have in flight, so that thousands of agents that come back at once
// do not starve live data. Pure over the sessions. Promise: what is granted above the floor never exceeds the pool.

import type { Session } from './model.ts';

/** Every agent may always have so much history in flight: it is how the collector learns that there is some. */
export const CREDIT_FLOOR = 8 * 1024;
const IDLE_MS = 10_000;

export interface CreditPool {
  readonly poolBytes: number;
  readonly perAgentBytes: number;
  grantedBytes: number;
}

/** At the welcome: an agent that holds more than its live stream has history to send. */
export function firstCredit(pool: CreditPool, session: Session, now: number): number {
  if ((session.hello?.streams.length ?? 0) > 1) session.historyAt = now;
  return setCredit(pool, session, now);
}

/** Once a second, for each session: true when its credit changed and it must be told. */
export function renewCredit(pool: CreditPool, session: Session, now: number): boolean {
  const before = session.creditBytes;
  return setCredit(pool, session, now) !== before;
}

export function returnCredit(pool: CreditPool, session: Session): void {
  pool.grantedBytes -= Math.max(0, session.creditBytes - CREDIT_FLOOR);
  session.creditBytes = 0;
}

function setCredit(pool: CreditPool, session: Session, now: number): number {
  const held = Math.max(0, session.creditBytes - CREDIT_FLOOR);
  const wanting = now - session.historyAt < IDLE_MS;
  const free = pool.poolBytes - pool.grantedBytes + held;
  const share = wanting ? Math.max(held, Math.min(pool.perAgentBytes, free)) : 0;
  pool.grantedBytes += share - held;
  session.creditBytes = CREDIT_FLOOR + share;
  return session.creditBytes;
}
