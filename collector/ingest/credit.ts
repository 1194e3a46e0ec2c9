// History credit: how much of the past the whole fleet may have in flight, so that thousands of agents that come back at once do
// not hold up live data. Pure over the sessions. Promise: what the agents whose turn it is may have in flight stays within the
// pool; whoever has history to send gets a turn, those that waited longest first.
//
//   none ───history is known or seen───▶ waiting ───the pool has room───▶ turn ───nothing came for a while───▶ none
//   (a taste: one report in flight)      (no credit) ◀──its time is over, others wait──┘
//
// Few at a time, much each: five thousand agents with a little credit each would be five thousand busy sockets, behind which the
// live report of the next one waits (libuv takes 1,024 ready sockets at a time and goes on without a look at the timers while
// there are more).

import type { Session } from './model.ts';

/** At least one report may be in flight: it is how the collector learns that there is history. */
export const CREDIT_TASTE = 1024;
/** Over HTTP each post is a session of its own, and its answer is what holds the next one back. */
export const CREDIT_PER_POST = 64 * 1024;
/** How often credit is shared. */
export const SHARE_EVERY_MS = 250;

/** Less would be used up before the acknowledgement is back. */
const LEAST_SHARE = 32 * 1024;
/** Nothing came for so long: there is nothing more. */
const DONE_MS = 2_000;
/** Nothing came for so long: it may be done, and the next one need not wait until that is sure. */
const SLACK_MS = 400;
/** A turn while others wait. */
const TURN_MS = 10_000;

export interface CreditPool {
  readonly poolBytes: number;
  readonly perAgentBytes: number;
  /** Given to those whose turn it is. */
  grantedBytes: number;
  /** Sessions that wait or have their turn. */
  wanting: number;
}

/** At the welcome: an agent that holds more than its live stream has history to send, and waits for its turn. */
export function firstCredit(session: Session, via: 'websocket' | 'http', now: number): number {
  session.turnAt = now;
  if (via === 'http') session.creditBytes = CREDIT_PER_POST;
  else if ((session.hello?.streams.length ?? 0) > 1) enter(session, 'waiting', 0, now);
  else enter(session, 'none', CREDIT_TASTE, now);
  return session.creditBytes;
}

/** Every second, and every SHARE_EVERY_MS while somebody wants history: the sessions whose credit changed and must be told. */
export function shareCredit(
  pool: CreditPool,
  guests: Iterable<{ readonly session: Session }>,
  now: number,
): readonly Session[] {
  const wanting: Session[] = [];
  for (const { session } of guests) {
    if (session.turn !== 'none' || session.historyAt >= session.turnAt) wanting.push(session);
  }
  pool.wanting = wanting.length;
  if (wanting.length === 0) {
    pool.grantedBytes = 0;
    return wanting;
  }
  const before = wanting.map((session) => session.creditBytes);
  for (const session of wanting) {
    if (session.turn === 'none') enter(session, 'waiting', 0, now);
    else if (session.turn === 'turn' && quietMs(session, now) >= DONE_MS)
      enter(session, 'none', CREDIT_TASTE, now);
  }
  share(pool, wanting, now);
  return wanting.filter((session, i) => session.creditBytes !== before[i]);
}

function share(pool: CreditPool, wanting: readonly Session[], now: number): void {
  const each = shareOf(pool, wanting.length);
  let waiting = wanting.filter((session) => session.turn === 'waiting');
  let busy = 0;
  pool.grantedBytes = 0;
  for (const session of wanting) {
    if (session.turn !== 'turn') continue;
    if (waiting.length > 0 && now - session.turnAt >= TURN_MS) {
      enter(session, 'waiting', 0, now);
      continue;
    }
    // Small changes are not worth a frame.
    if (session.creditBytes * 2 <= each || session.creditBytes >= each * 2) session.creditBytes = each;
    pool.grantedBytes += session.creditBytes;
    if (quietMs(session, now) < SLACK_MS) busy += session.creditBytes;
  }
  waiting = wanting.filter((session) => session.turn === 'waiting').sort((a, b) => a.turnAt - b.turnAt);
  for (const session of waiting) {
    if (busy > 0 && busy + each > pool.poolBytes) return;
    enter(session, 'turn', each, now);
    busy += each;
    pool.grantedBytes += each;
  }
}

/** For each when so many want some. A pool smaller than a share lets one after the other through. */
function shareOf({ poolBytes, perAgentBytes }: CreditPool, count: number): number {
  const fair = Math.max(LEAST_SHARE, Math.floor(poolBytes / Math.max(1, count)));
  return Math.min(perAgentBytes, Math.max(CREDIT_TASTE, poolBytes), fair);
}

function enter(session: Session, turn: Session['turn'], creditBytes: number, now: number): void {
  session.turn = turn;
  session.turnAt = now;
  session.creditBytes = creditBytes;
}

/** Since history came, or since the turn began. */
const quietMs = (session: Session, now: number): number => now - Math.max(session.historyAt, session.turnAt);
