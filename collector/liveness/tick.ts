// What time alone decides, once a second: who is suspect, down, lost, silent, with his hospital or with much of the fleet. Pure; the
// words and their conditions are drawn in liveness.ts.

import { isDoubtful, judgeDoubt, judgeHush, judgeMass } from './doubt.ts';
import * as say from './evidence.ts';
import {
  change,
  type Effect,
  type Fleet,
  type HostLife,
  inOrder,
  isExpected,
  isQuiet,
  quietAt,
  quietMs,
} from './model.ts';
import type { Evidence } from './verdict.ts';
import { askWitnesses, type Testified } from './witness.ts';

/** How often time is looked at. */
export const TICK_MS = 1_000;

export function tick(fleet: Fleet, now: number, out: Effect[]): void {
  if (now < fleet.tickedAt) followClock(fleet, now);
  fleet.tickedAt = now;
  const due = fleet.deadlines.take(now).sort((a, b) => a.order - b.order);
  for (const life of due) tickUp(fleet, life, now, out);
  judgeAwaited(fleet, now);
  judgeHush(fleet, judgeDoubt(fleet, now, out), now);
  if (fleet.awaited) return;
  if (isDoubtful(fleet)) return holdBack(fleet, now, out);
  judgeMass(fleet, now);
  // Those that are cut off together keep their word until few of them are left; a hospital that was cut off before may be among them.
  const undecided = fleet.mass ? [] : (['mass-silent', 'site-silent'] as const);
  for (const life of inOrder(fleet, 'suspect', 'silent', 'agent-lost', 'down', ...undecided)) {
    const { word } = life.verdict;
    if (word === 'suspect' || word === 'mass-silent') tickUndecided(fleet, life, now, out);
    else if (word === 'silent' || word === 'agent-lost' || word === 'down')
      followWitness(fleet, life, now, out);
    else if (word === 'site-silent') tickSite(fleet, life, now, out);
  }
}

/** The wall clock was set back: an instant in the future would hide a silence until then. */
function followClock(fleet: Fleet, now: number): void {
  fleet.listeningSince = Math.min(fleet.listeningSince, now);
  fleet.laggingUntil = 0;
  const { startGrace, plannedFor } = fleet.config;
  if (fleet.awaited) fleet.awaited.until = Math.min(fleet.awaited.until, now + startGrace);
  for (const kept of [fleet.doubt, fleet.mass]) if (kept) kept.since = Math.min(kept.since, now);
  for (const life of fleet.hosts.values()) {
    life.heardAt = Math.min(life.heardAt, now);
    life.countFrom = Math.min(life.countFrom, now);
    life.suspectAt = Math.min(life.suspectAt, now);
    life.plannedUntil = Math.min(life.plannedUntil, now + plannedFor);
    life.testimonies = undefined;
  }
  fleet.deadlines.clear();
  for (const life of inOrder(fleet, 'up', 'collector-away')) fleet.deadlines.ask(life, now);
}

function tickUp(fleet: Fleet, life: HostLife, now: number, out: Effect[]): void {
  const { word } = life.verdict;
  const { suspectAfter } = fleet.config;
  if (fleet.hosts.get(life.host) !== life || (word !== 'up' && word !== 'collector-away')) return;
  if (word === 'collector-away' && fleet.ownTrouble) return fleet.deadlines.ask(life, now + TICK_MS);
  const dueAt = Math.max(quietAt(fleet, life, suspectAfter), life.plannedUntil);
  // Whatever happens meanwhile, it is not due before that.
  if (dueAt > now) return fleet.deadlines.ask(life, Math.min(dueAt, now + suspectAfter));
  const quiet = quietMs(fleet, life, now);
  const { closed, timeZone } = life;
  const why = closed ? say.closedHow(closed.at, timeZone, closed.kind) : say.noFrame(now, timeZone, quiet);
  suspect(fleet, life, now, [why], out);
}

export function suspect(
  fleet: Fleet,
  life: HostLife,
  now: number,
  evidence: Evidence[],
  out: Effect[],
): void {
  life.suspectAt = now;
  const heard = life.heardAt > 0 ? [say.lastHeard(life.heardAt, now, life.timeZone)] : [];
  change(fleet, life, 'suspect', now, [...heard, ...evidence], out);
}

function judgeAwaited(fleet: Fleet, now: number): void {
  const { awaited } = fleet;
  if (!awaited) return;
  for (const host of awaited.hosts) {
    const heardAt = fleet.hosts.get(host)?.heardAt;
    if (heardAt === undefined || heardAt > fleet.listeningSince) awaited.hosts.delete(host);
  }
  const back = 1 - awaited.hosts.size / awaited.total;
  if (back >= fleet.config.returnShare || now >= awaited.until) fleet.awaited = undefined;
}

/** While the collector doubts itself: who would be called silent gets the word of the doubt instead, which blames nobody. */
function holdBack(fleet: Fleet, now: number, out: Effect[]): void {
  const { doubt, config } = fleet;
  if (!doubt || doubt.reason === 'own-lag') return;
  const isOwn = doubt.reason === 'own-trouble';
  for (const life of inOrder(fleet, 'suspect')) {
    if (quietMs(fleet, life, now) < config.silentAfter) continue;
    const picture = isOwn
      ? say.ownTrouble(now, life.timeZone)
      : say.massPicture(now, life.timeZone, doubt.quiet, doubt.expected);
    change(
      fleet,
      life,
      isOwn ? 'collector-away' : 'mass-silent',
      now,
      [...quietEvidence(life, now), picture],
      out,
    );
  }
}

function tickUndecided(fleet: Fleet, life: HostLife, now: number, out: Effect[]): void {
  const { downAfter, silentAfter, siteAfter } = fleet.config;
  const quiet = quietMs(fleet, life, now);
  if (quiet < Math.min(downAfter, silentAfter, siteAfter)) return;
  const testified = askWitnesses(fleet, life, now);
  if (testified?.word === 'gone' && quiet >= downAfter) {
    return change(fleet, life, 'down', now, [...quietEvidence(life, now), testified.evidence], out);
  }
  const site = sharedFate(fleet, life, now);
  if (site && quiet >= siteAfter) return siteSilent(fleet, site, now, out);
  if (quiet < silentAfter) return;
  const seen = testified?.word === 'answers' ? [testified.evidence] : [];
  change(
    fleet,
    life,
    seen.length > 0 ? 'agent-lost' : 'silent',
    now,
    [...quietEvidence(life, now), ...seen],
    out,
  );
}

/** What a witness sees of a host that is called silent, lost or down already. */
function followWitness(fleet: Fleet, life: HostLife, now: number, out: Effect[]): void {
  const testified = askWitnesses(fleet, life, now);
  // One look alone may fall into a moment of booting.
  if (!testified || testified.forMs < fleet.config.suspectAfter) return;
  const word = wordOf(testified);
  const { downAfter, silentAfter } = fleet.config;
  const isTooSoon = quietMs(fleet, life, now) < (word === 'down' ? downAfter : silentAfter);
  // One that answers may be cut off together with the others, or on its way back: that it is not heard is no fault of its own then.
  if (life.verdict.word === word || isTooSoon || (word === 'agent-lost' && fleet.mass)) return;
  change(fleet, life, word, now, [...quietEvidence(life, now), testified.evidence], out);
}

const wordOf = ({ word }: Testified): 'agent-lost' | 'down' => (word === 'answers' ? 'agent-lost' : 'down');

const REPLACED = /^(last-heard|site-picture|mass-picture|sibling-heard|witness-\w+)$/;

/** Why it is called quiet: what made it suspect, with the last-heard sentence brought up to date. */
function quietEvidence(life: HostLife, now: number): Evidence[] {
  const kept = life.verdict.evidence.filter((e) => !REPLACED.test(e.kind));
  return [...(life.heardAt > 0 ? [say.lastHeard(life.heardAt, now, life.timeZone)] : []), ...kept];
}

/**
 * The hosts of the hospital that should be heard, when there are several and none is; one whose connection ended a moment ago is on
 * its way back as a rule.
 */
function sharedFate(fleet: Fleet, life: HostLife, now: number): HostLife[] | undefined {
  const { siteAfter, suspectAfter } = fleet.config;
  const expected = (fleet.hospitals.get(life.hospital) ?? []).filter((other) =>
    isExpected(other.verdict.word),
  );
  const quiet = expected.every(
    (other) => isQuiet(other.verdict.word) && quietMs(fleet, other, now) >= siteAfter - suspectAfter,
  );
  return quiet && expected.length >= 2 ? expected : undefined;
}

function siteSilent(fleet: Fleet, site: readonly HostLife[], now: number, out: Effect[]): void {
  for (const life of site) {
    const { word } = life.verdict;
    // What a witness saw stays: it is more than silence.
    if (word === 'site-silent' || word === 'down') continue;
    const picture = say.sitePicture(now, life.timeZone, site.length);
    change(fleet, life, 'site-silent', now, [...quietEvidence(life, now), picture], out);
  }
}

/** A sibling is back for a while and this host is not, though it was listened to for as long as any other: now it is its own silence. */
function tickSite(fleet: Fleet, life: HostLife, now: number, out: Effect[]): void {
  if (quietMs(fleet, life, now) < fleet.config.silentAfter) return;
  const back = (fleet.hospitals.get(life.hospital) ?? []).some(
    ({ verdict: { word, since } }) => word === 'up' && now - since >= fleet.config.suspectAfter,
  );
  if (!back) return;
  change(
    fleet,
    life,
    'silent',
    now,
    [...quietEvidence(life, now), say.siblingHeard(now, life.timeZone)],
    out,
  );
}
