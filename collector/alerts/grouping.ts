// Which messages a change of alerts makes, pure. A lane is one group (a host, a hospital, the platform) at one channel; its
// messages leave in the order in which they were made.
//
// Rules: alerts of a group that fire within groupWait share a message. A recovery is told once all alerts of the messages
// concerned are resolved, and only where the firing was told. After the first message a group gets at most one per
// groupInterval, but the first recovery and the first critical one are never held back, and a critical alert that nobody was told
// of yet waits 15 s at most. What fires again is taken out of a recovery that has not left: nobody was told that it was over.

import type { Severity } from '../rules/rule.ts';
import { worse } from './lifecycle.ts';

export interface Message {
  /** Absent: not yet in the outbox. */
  id?: number;
  key: string;
  groupKey: string;
  channel: string;
  kind: 'firing' | 'resolved' | 'canary';
  alertIds: readonly string[];
  state: 'waiting' | 'delivered' | 'dropped';
  createdAt: number;
  notBefore: number;
  /** Counted before the try: above 0 the message may have left. */
  attempts: number;
  dropReason: string | null;
}

/** Between two messages of a group when the second tells of a critical alert for the first time. */
const NEWS_MS = 15_000;

/** Why a message is dropped. */
export const REASONS = {
  resolved: 'resolved before it could be sent; the recovery tells both',
  acknowledged: 'acknowledged before it could be sent',
  again: 'fired again before it could be sent',
  late: 'not deliverable for 24 h',
  gone: 'its alerts no longer exist',
} as const;

export type Told = 'fired' | 'reopened' | 'raised' | 'resolved';

export interface PlanInput {
  groupKey: string;
  /** What happened to alerts of this group. */
  told: readonly { alertId: string; kind: Told }[];
  /** The alert as it is after the change; undefined when it was resolved long ago. */
  alert: (id: string) => { open: boolean; severity: Severity } | undefined;
  /** The group's messages since the oldest alert concerned, oldest first. */
  messages: readonly Message[];
  channels: readonly { id: string; minSeverity: Severity }[];
  now: number;
  config: { groupWaitMs: number; groupIntervalMs: number };
  newKey: () => string;
}

/** New messages, and waiting ones that were joined or dropped (they keep their id). */
export function plan(input: PlanInput): Message[] {
  return input.channels.flatMap((channel) => {
    const before = input.messages.filter((m) => m.channel === channel.id);
    let lane: readonly Message[] = before;
    for (const { alertId, kind } of input.told) {
      lane =
        kind === 'resolved'
          ? tellResolved(input, lane, alertId, channel.id)
          : tellFiring(input, lane, alertId, kind, channel);
    }
    return lane.filter((message) => !before.includes(message));
  });
}

/** What this lane last said, or is about to say, of the alert. */
function lastTold(lane: readonly Message[], alertId: string): 'firing' | 'resolved' | undefined {
  return lastOf(
    lane.filter((m) => m.state !== 'dropped'),
    alertId,
  );
}

/** The same, where a page that left its recovery to tell both counts as told: that recovery is owed. */
function lastOwed(lane: readonly Message[], alertId: string): 'firing' | 'resolved' | undefined {
  return lastOf(lane.filter(isOwed), alertId);
}

function isOwed(message: Message): boolean {
  return (
    message.state !== 'dropped' || (message.kind === 'firing' && message.dropReason === REASONS.resolved)
  );
}

function lastOf(messages: readonly Message[], alertId: string): 'firing' | 'resolved' | undefined {
  const last = messages.findLast((m) => m.alertIds.includes(alertId));
  return last && last.kind !== 'canary' ? last.kind : undefined;
}

function tellFiring(
  input: PlanInput,
  lane: readonly Message[],
  alertId: string,
  kind: Exclude<Told, 'resolved'>,
  channel: PlanInput['channels'][number],
): readonly Message[] {
  const severity = input.alert(alertId)?.severity ?? 'critical';
  if (worse(channel.minSeverity, severity)) return lane;
  const kept = lane.map((m) => (isWaitingRecovery(m) ? without(m, alertId) : m));
  if (kind !== 'raised' && lastTold(kept, alertId) === 'firing') return kept;
  return add(input, kept, [alertId], kind, channel.id);
}

/** One that has not been tried: nobody has heard of it. */
function isWaitingRecovery(message: Message): boolean {
  return message.state === 'waiting' && message.kind === 'resolved' && message.attempts === 0;
}

/** The recovery of the others still stands. */
function without(message: Message, alertId: string): Message {
  if (!message.alertIds.includes(alertId)) return message;
  const alertIds = message.alertIds.filter((id) => id !== alertId);
  if (alertIds.length > 0) return { ...message, alertIds };
  return { ...message, state: 'dropped', dropReason: REASONS.again };
}

function tellResolved(
  input: PlanInput,
  lane: readonly Message[],
  alertId: string,
  channel: string,
): readonly Message[] {
  if (lastOwed(lane, alertId) !== 'firing') return lane;
  const together = toldTogether(lane, alertId);
  if (together.some((id) => input.alert(id)?.open)) return lane;
  return add(input, lane, together, 'resolved', channel);
}

/**
 * The alert and all that were told in the same messages, as far as neither has been told as over since. Symmetric, so that
 * whichever of them ends last speaks for all.
 */
function toldTogether(lane: readonly Message[], alertId: string): string[] {
  const owed = lane.filter(isOwed);
  const isLive = (index: number, id: string): boolean =>
    index > owed.findLastIndex((m) => m.kind === 'resolved' && m.alertIds.includes(id));
  const together = new Set([alertId]);
  for (const id of together) {
    for (const [index, message] of owed.entries()) {
      if (!message.alertIds.includes(id) || !isLive(index, id)) continue;
      for (const other of message.alertIds) if (isLive(index, other)) together.add(other);
    }
  }
  return [...together];
}

function add(
  input: PlanInput,
  lane: readonly Message[],
  alertIds: readonly string[],
  told: Told,
  channel: string,
): readonly Message[] {
  const { now, config } = input;
  const kind = told === 'resolved' ? 'resolved' : 'firing';
  // Only the newest message of the lane can be joined: another kind in between would change the order of what is told.
  const open = lane.findLast((m) => m.state !== 'dropped');
  if (open?.state === 'waiting' && open.kind === kind && open.attempts === 0) {
    const joined = [...new Set([...open.alertIds, ...alertIds])];
    const sooner =
      kind === 'firing' &&
      isPressing(
        input,
        lane.filter((m) => m !== open),
        alertIds,
        told,
      );
    const latest = sooner ? now + config.groupWaitMs : newsBy(input, lane, alertIds, told);
    const notBefore = Math.min(open.notBefore, latest);
    return lane.map((m) => (m === open ? { ...m, alertIds: joined, notBefore } : m));
  }
  const message: Message = {
    key: input.newKey(),
    groupKey: input.groupKey,
    channel,
    kind,
    alertIds,
    state: 'waiting',
    createdAt: now,
    notBefore: earliest(input, lane, alertIds, told),
    attempts: 0,
    dropReason: null,
  };
  return [...lane, message];
}

function earliest(
  input: PlanInput,
  lane: readonly Message[],
  alertIds: readonly string[],
  told: Told,
): number {
  const soonest = input.now + input.config.groupWaitMs;
  const recent = recentOf(input, lane);
  const last = recent.at(-1);
  if (!last) return soonest;
  const free =
    told === 'resolved'
      ? !recent.some((m) => m.kind === 'resolved')
      : isPressing(input, lane, alertIds, told);
  if (free) return soonest;
  const due = Math.max(soonest, last.notBefore + input.config.groupIntervalMs);
  return Math.min(due, newsBy(input, lane, alertIds, told));
}

/** The latest time for a critical alert that this lane has never told; no limit for what is known or milder. */
function newsBy(input: PlanInput, lane: readonly Message[], alertIds: readonly string[], told: Told): number {
  const isNews = (id: string): boolean =>
    input.alert(id)?.severity === 'critical' && !lane.some((m) => m.alertIds.includes(id));
  if (told !== 'fired' || !alertIds.some(isNews)) return Infinity;
  const last = recentOf(input, lane).findLast((m) => m.state !== 'waiting' || m.attempts > 0);
  return Math.max(input.now + input.config.groupWaitMs, (last?.notBefore ?? -Infinity) + NEWS_MS);
}

/** A critical alert while the group has told nothing critical of late: a warning must not hold it back. */
function isPressing(
  input: PlanInput,
  lane: readonly Message[],
  alertIds: readonly string[],
  told: Told,
): boolean {
  const critical = (id: string): boolean => input.alert(id)?.severity === 'critical';
  // What is raised now was told as something milder before.
  const toldCritical = (id: string): boolean => critical(id) && !(told === 'raised' && alertIds.includes(id));
  const recent = recentOf(input, lane).filter((m) => m.kind === 'firing');
  return alertIds.some(critical) && !recent.some((m) => m.alertIds.some(toldCritical));
}

/** Messages that left, or will leave, within the last interval: flapping stays inside it. */
function recentOf({ now, config }: PlanInput, lane: readonly Message[]): Message[] {
  return lane.filter((m) => m.state !== 'dropped' && m.notBefore > now - config.groupIntervalMs);
}
