// What to do with a waiting message now, pure: send it, wait, or drop it with a reason that somebody can read.

import type { Alert } from './record.ts';
import { type Message, REASONS } from './grouping.ts';

export type Decision = { what: 'send' } | { what: 'drop'; reason: string };

const HOUR_MS = 3_600_000;

/** A page is tried until somebody knows; a recovery or a canary for a day. */
export function decide(message: Message, alerts: readonly Pick<Alert, 'state'>[], now: number): Decision {
  if (message.kind === 'canary') return untilLate(message, now);
  if (alerts.length === 0) return { what: 'drop', reason: REASONS.gone };
  if (message.kind === 'resolved') {
    if (!alerts.some(isOver)) return { what: 'drop', reason: REASONS.again };
    return untilLate(message, now);
  }
  if (alerts.every((a) => a.state === 'acknowledged')) return { what: 'drop', reason: REASONS.acknowledged };
  if (alerts.every(isOver)) return { what: 'drop', reason: REASONS.resolved };
  // One that is over waits for its recovery with the others of the message: so the message has to go.
  return { what: 'send' };
}

/** Pending again is over to the people who were told. */
export function isOver(alert: Pick<Alert, 'state'>): boolean {
  return alert.state === 'resolved' || alert.state === 'pending';
}

function untilLate(message: Message, now: number): Decision {
  return now - message.createdAt > 24 * HOUR_MS ? { what: 'drop', reason: REASONS.late } : { what: 'send' };
}

/** Its time has come, or lies so far ahead that the clock must have been set back since. */
export function isDue(message: Pick<Message, 'notBefore'>, now: number, longestWaitMs: number): boolean {
  return message.notBefore <= now || message.notBefore > now + longestWaitMs;
}

/**
 * Messages to look at now: the first of each lane in which something is due. One that is not due itself (its channel is
 * being waited for) may still have to be dropped, so that the recovery behind it can go.
 */
export function ready(
  waiting: readonly Message[],
  busyLanes: ReadonlySet<string>,
  now: number,
  longestWaitMs: number,
): readonly Message[] {
  const heads = new Map<string, Message>();
  const due = new Set<string>();
  for (const message of waiting) {
    const lane = laneOf(message);
    if (!heads.has(lane)) heads.set(lane, message);
    if (isDue(message, now, longestWaitMs) && !busyLanes.has(lane)) due.add(lane);
  }
  return [...heads].flatMap(([lane, message]) => (due.has(lane) ? [message] : []));
}

export function laneOf(message: Pick<Message, 'groupKey' | 'channel'>): string {
  return `${message.channel}\0${message.groupKey}`;
}
