// The collector's doubt in itself: when many hosts turn quiet at once, the common cause is here, or on the way of many. Pure.
// Promise: while it doubts, no host is called down or silent; when the doubt ends, every silence is counted anew.
//
//   none ──more than max(5 %, 20) suspect within 30 s, or nobody of three hospitals heard──▶ doubt ──few are quiet──▶ none
//                                  doubt ──10 min, half of the fleet is heard──▶ mass: those stay cut off together until few are left
//   the uplink canary fails, the event loop lags: a doubt for as long
//   many are late at once, for less than makes a host suspect: no doubt, but who is on his way back is given the time for it anew

import * as say from './evidence.ts';
import type { Effect, Fleet, HostLife } from './model.ts';
import type { DoubtReason } from './verdict.ts';

/** With fewer hospitals than this, all of them quiet together is no sign of the collector's own fault. */
const HOSPITALS_MIN = 3;
/** Time to take in what arrived while the event loop was behind. */
const LAG_HOLDS_MS = 5_000;

export function isDoubtful(fleet: Fleet): boolean {
  return fleet.doubt !== undefined;
}

/** A loop that is behind hears late: for a moment nobody is judged. Silences are not counted anew, or a busy collector would never judge. */
export function noticeLag(fleet: Fleet, now: number, out: Effect[]): void {
  fleet.laggingUntil = now + LAG_HOLDS_MS;
  judgeDoubt(fleet, now, out);
}

/** Returns what it saw of the fleet. */
export function judgeDoubt(fleet: Fleet, now: number, out: Effect[]): Picture {
  const picture = look(fleet, now);
  const reason = reasonFor(fleet, picture, now);
  const { quiet, expected } = picture;
  const before = fleet.doubt;
  if (reason === before?.reason) {
    if (before) Object.assign(before, { quiet, expected });
    return picture;
  }
  if (before && reason && isMass(before.reason) && isMass(reason)) {
    fleet.doubt = { ...before, reason, quiet, expected };
    return picture;
  }
  if (before) {
    if (before.reason !== 'own-lag') fleet.listeningSince = now;
    if (isMass(before.reason) && reason === undefined && quiet > manyOf(fleet, expected)) {
      fleet.mass = { since: before.since };
    }
    out.push({
      kind: 'self-doubt',
      on: false,
      evidence: say.doubts(before.since, before.reason, quiet, expected),
    });
  }
  fleet.doubt = reason && { since: now, reason, quiet, expected };
  if (reason) out.push({ kind: 'self-doubt', on: true, evidence: say.doubts(now, reason, quiet, expected) });
  return picture;
}

/** Of the time that makes a host suspect: nobody alone is so late by chance, with a beat every ten seconds. */
const LATE_SHARE = 2 / 3;

/**
 * A cut of the collector too short for any suspicion still costs whoever was on its way back a handshake. When it is over their silence is
 * counted anew, once for each silence: an uplink that flaps must not hide a host that is down.
 */
export function judgeHush(fleet: Fleet, { fresh, expected }: Picture, now: number): void {
  if (now < fleet.laggingUntil) return;
  // When a doubt is over every silence is counted anew anyway.
  if (fleet.doubt) {
    fleet.hushed = 0;
    return;
  }
  const late = lateOnes(fleet, now);
  const away = [...late, ...fleet.byWord.suspect];
  const most = fleet.hushed;
  fleet.hushed = late.length + fresh > manyOf(fleet, expected) ? Math.max(most, away.length) : 0;
  // Half of them are heard again: it was a cut that is over, and not an outage that goes on.
  if (fleet.hushed > 0 || away.length * 2 > most) return;
  for (const life of away)
    if (life.countFrom < life.suspectAt || life.suspectAt < life.heardAt) life.countFrom = now;
}

function lateOnes({ byWord, config }: Fleet, now: number): HostLife[] {
  const since = now - config.suspectAfter * LATE_SHARE;
  const late: HostLife[] = [];
  for (const life of byWord.up) if (life.heardAt < since) late.push(life);
  return late;
}

/** When only few of those that were cut off together are left, each is judged by itself, from now on. */
export function judgeMass(fleet: Fleet, now: number): void {
  if (!fleet.mass) return;
  const { quiet, expected } = look(fleet, now);
  if (quiet > manyOf(fleet, expected)) return;
  fleet.mass = undefined;
  for (const word of ['mass-silent', 'site-silent', 'silent', 'agent-lost', 'down'] as const)
    for (const life of fleet.byWord[word]) life.countFrom = now;
}

const isMass = (reason: DoubtReason): boolean => reason === 'mass-silence' || reason === 'whole-fleet';

function manyOf({ config }: Fleet, expected: number): number {
  return Math.max(config.massCount, config.massShare * expected);
}

export interface Picture {
  /** Hosts that should be heard, and how many of them are. */
  expected: number;
  up: number;
  /** Undecided: neither heard nor called down, lost or silent. */
  quiet: number;
  /** Of those, turned quiet within the window. */
  fresh: number;
  /** Nobody is heard, and the undecided are of several hospitals. */
  wholeFleet: boolean;
}

function look(fleet: Fleet, now: number): Picture {
  const { hosts, byWord, config } = fleet;
  const silentByWord = byWord['never-seen'].size + byWord.stopped.size + byWord.shutdown.size;
  const up = byWord.up.size;
  const hospitals = new Set<string>();
  let fresh = 0;
  for (const { suspectAt, hospital } of byWord.suspect) {
    if (hospitals.size < HOSPITALS_MIN) hospitals.add(hospital);
    if (now - suspectAt < config.massWindow) fresh++;
  }
  for (const { hospital } of byWord['mass-silent']) {
    if (hospitals.size >= HOSPITALS_MIN) break;
    hospitals.add(hospital);
  }
  return {
    expected: hosts.size - silentByWord,
    up,
    quiet: byWord.suspect.size + byWord['mass-silent'].size,
    fresh,
    wholeFleet: up === 0 && hospitals.size >= HOSPITALS_MIN,
  };
}

function reasonFor(fleet: Fleet, picture: Picture, now: number): DoubtReason | undefined {
  if (fleet.ownTrouble) return 'own-trouble';
  const mass = massReason(fleet, picture, now);
  return mass ?? (now < fleet.laggingUntil ? 'own-lag' : undefined);
}

function massReason(fleet: Fleet, picture: Picture, now: number): DoubtReason | undefined {
  if (picture.wholeFleet) return 'whole-fleet';
  const { doubt } = fleet;
  const many = manyOf(fleet, picture.expected);
  if (!doubt || !isMass(doubt.reason)) return picture.fresh > many ? 'mass-silence' : undefined;
  if (picture.quiet <= many) return undefined;
  // Half of the fleet is heard for so long: then the collector does hear, and the others are truly cut off.
  const proven = now - doubt.since >= fleet.config.doubtAtMost && picture.up * 2 >= picture.expected;
  return proven ? undefined : 'mass-silence';
}
