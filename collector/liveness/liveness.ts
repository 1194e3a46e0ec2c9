// What silence means, for the whole fleet, as a machine without I/O: the same inputs always give the same effects. Its state is
// advanced in place (ten thousand hosts, every frame an input).
//
//   never-seen ──hello──▶ up ◀──────────frame, hello───────────┐
//                         │ closed without goodbye, 30 s quiet  │
//                         ├───────────▶ suspect ──120 s──▶ silent ⇄ site-silent (all hosts of the hospital)
//                         │ goodbye
//                         ├──▶ stopped, shutdown        (only a hello leads out)
//                         └──▶ up, planned for 5 min    (restart, update)
//   the collector was away: up, suspect ──▶ collector-away ──hello──▶ up
//
// Invariants: `silent` and `site-silent` need a silence of at least the limit, counted from the later of the last frame and the
// moment since which the collector itself is known to listen; neither is reached while the collector doubts itself or waits for
// its fleet after a start; what happened while it was away is never held against a host.

import type { GoodbyeReason } from '../../shared/frame.ts';
import type { CloseKind } from '../services.ts';
import { isDoubtful, judgeDoubt } from './doubt.ts';
import * as say from './evidence.ts';
import type { HostLife, Fleet, HelloFacts, Input, Effect } from './model.ts';
import { explainReturn } from './past.ts';
import type { Evidence, VerdictWord } from './verdict.ts';

export function step(fleet: Fleet, input: Input, now: number): Effect[] {
  const out: Effect[] = [];
  if (input.kind === 'tick') tick(fleet, now, out);
  else if (input.kind === 'away') goAway(fleet, input, now, out);
  else if (input.kind === 'own-trouble') {
    fleet.ownTrouble = input.on;
    judgeDoubt(fleet, now, out);
  } else {
    const life = fleet.hosts.get(input.host);
    if (!life) return out;
    if (input.kind === 'hello') onHello(fleet, life, input.hello, now, out);
    else if (input.kind === 'heard') onHeard(life, now, out);
    else if (input.kind === 'goodbye') onGoodbye(fleet, life, input.reason, now, out);
    else onClosed(life, input.how, now, out);
  }
  return out;
}

export function change(
  life: HostLife,
  word: VerdictWord,
  since: number,
  evidence: Evidence[],
  out: Effect[],
): void {
  const before = life.verdict.word;
  life.verdict = { word, since, evidence };
  out.push({ kind: 'verdict', host: life.host, verdict: life.verdict, before });
}

const isQuiet = (word: VerdictWord): boolean =>
  word === 'suspect' || word === 'silent' || word === 'site-silent' || word === 'collector-away';

function onHello(fleet: Fleet, life: HostLife, hello: HelloFacts, now: number, out: Effect[]): void {
  const { verdict } = life;
  const past = explainReturn(life, hello);
  const quietFrom = life.heardAt;
  const first = verdict.word === 'never-seen';
  const { former } = life;
  Object.assign(life, {
    boot: hello.boot,
    processAt: hello.journal.startedAt,
    heardAt: now,
    connected: true,
  });
  life.closed = undefined;
  life.plannedUntil = 0;
  life.former = undefined;
  if (verdict.word === 'up') return;
  if (first) return change(life, 'up', now, [say.firstHello(now, life.timeZone)], out);
  if (verdict.word === 'collector-away' && past === 'link-cut' && former?.word === 'up') {
    // It was only the collector that did not listen: the host is up since when it was.
    return change(life, 'up', former.since, [say.ranOn(now, life.timeZone)], out);
  }
  const evidence = [say.heardAgain(now, life.timeZone, quietFrom), say.pastTold(now, past)];
  if (verdict.word === 'silent' || verdict.word === 'site-silent') {
    const word = PAST_WORD[past];
    out.push({
      kind: 'record',
      host: life.host,
      word,
      // What lies before is not known: the collector itself did not listen, or doubted itself.
      since: Math.max(quietFrom, fleet.listeningSince),
      until: now,
      evidence,
      revises: true,
    });
  }
  change(life, 'up', now, evidence, out);
}

/** What the silence was, now that the host has told of it. */
const PAST_WORD = {
  'host-crashed': 'silent',
  'host-shut-down': 'shutdown',
  'agent-crashed': 'stopped',
  'agent-stopped': 'stopped',
  'link-cut': 'up',
} as const satisfies Record<string, VerdictWord>;

/** On the hot path while the host is up. */
function onHeard(life: HostLife, now: number, out: Effect[]): void {
  const { word } = life.verdict;
  const quietFrom = life.heardAt;
  life.heardAt = now;
  if (word === 'up' || !isQuiet(word)) return;
  life.former = undefined;
  // No hello came: it is the same connection, so the same process, that was slow.
  change(life, 'up', now, [say.heardAgain(now, life.timeZone, quietFrom)], out);
}

function onGoodbye(fleet: Fleet, life: HostLife, reason: GoodbyeReason, now: number, out: Effect[]): void {
  life.heardAt = now;
  const evidence = [say.saidGoodbye(now, life.timeZone, reason)];
  if (reason === 'stop') return change(life, 'stopped', now, evidence, out);
  if (reason === 'shutdown') return change(life, 'shutdown', now, evidence, out);
  life.plannedUntil = now + fleet.config.plannedFor;
  if (life.verdict.word !== 'up') return change(life, 'up', now, evidence, out);
  life.verdict = { ...life.verdict, evidence };
}

function onClosed(life: HostLife, how: CloseKind, now: number, out: Effect[]): void {
  if (how === 'replaced' || how === 'collector') return;
  life.connected = false;
  life.closed = { kind: how, at: now };
  if (how === 'goodbye' || life.verdict.word !== 'up' || life.plannedUntil > now) return;
  suspect(life, now, [say.closedHow(now, life.timeZone, how)], out);
}

function suspect(life: HostLife, now: number, evidence: Evidence[], out: Effect[]): void {
  life.suspectAt = now;
  const heard = life.heardAt > 0 ? [say.lastHeard(life.heardAt, now, life.timeZone)] : [];
  change(life, 'suspect', now, [...heard, ...evidence], out);
}

/** How long the collector has listened to this host in vain. */
function quietMs(fleet: Fleet, life: HostLife, now: number): number {
  return now - Math.max(life.heardAt, fleet.listeningSince);
}

function tick(fleet: Fleet, now: number, out: Effect[]): void {
  if (now < fleet.tickedAt) followClock(fleet, now);
  fleet.tickedAt = now;
  for (const life of fleet.hosts.values()) tickUp(fleet, life, now, out);
  judgeAwaited(fleet, now);
  judgeDoubt(fleet, now, out);
  if (fleet.awaited || isDoubtful(fleet)) return;
  for (const life of fleet.hosts.values()) {
    if (life.verdict.word === 'suspect') tickSuspect(fleet, life, now, out);
    else if (life.verdict.word === 'site-silent') tickSite(fleet, life, now, out);
  }
}

/** The wall clock was set back: an instant in the future would hide a silence until then. */
function followClock(fleet: Fleet, now: number): void {
  fleet.listeningSince = Math.min(fleet.listeningSince, now);
  for (const life of fleet.hosts.values()) life.heardAt = Math.min(life.heardAt, now);
}

function tickUp(fleet: Fleet, life: HostLife, now: number, out: Effect[]): void {
  const { word } = life.verdict;
  if ((word !== 'up' && word !== 'collector-away') || life.plannedUntil > now) return;
  const quiet = quietMs(fleet, life, now);
  if (quiet < fleet.config.suspectAfter) return;
  const { closed, timeZone } = life;
  suspect(
    life,
    now,
    [closed ? say.closedHow(closed.at, timeZone, closed.kind) : say.noFrame(now, timeZone, quiet)],
    out,
  );
}

function tickSuspect(fleet: Fleet, life: HostLife, now: number, out: Effect[]): void {
  const { silentAfter, siteAfter } = fleet.config;
  const quiet = quietMs(fleet, life, now);
  const site = sharedFate(fleet, life, now);
  if (site && quiet >= siteAfter) return siteSilent(site, now, out);
  if (quiet < silentAfter) return;
  change(life, 'silent', now, quietEvidence(life, now), out);
}

/** Why it is called quiet: what made it suspect, with the last-heard sentence brought up to date. */
function quietEvidence(life: HostLife, now: number): Evidence[] {
  const kept = life.verdict.evidence.filter((e) => e.kind !== 'last-heard' && e.kind !== 'site-picture');
  return [...(life.heardAt > 0 ? [say.lastHeard(life.heardAt, now, life.timeZone)] : []), ...kept];
}

/**
 * The hosts of the hospital that should be heard, when there are several and none is; a host that said goodbye proves nothing, and
 * one whose connection ended a moment ago is on its way back as a rule.
 */
function sharedFate(fleet: Fleet, life: HostLife, now: number): HostLife[] | undefined {
  const { siteAfter, suspectAfter } = fleet.config;
  const expected = (fleet.hospitals.get(life.hospital) ?? []).filter(
    ({ verdict: { word } }) => word !== 'never-seen' && word !== 'stopped' && word !== 'shutdown',
  );
  const quiet = expected.every(
    (other) => isQuiet(other.verdict.word) && quietMs(fleet, other, now) >= siteAfter - suspectAfter,
  );
  return quiet && expected.length >= 2 ? expected : undefined;
}

function siteSilent(site: HostLife[], now: number, out: Effect[]): void {
  for (const life of site) {
    if (life.verdict.word === 'site-silent') continue;
    const picture = say.sitePicture(now, life.timeZone, site.length);
    change(life, 'site-silent', now, [...quietEvidence(life, now), picture], out);
  }
}

/** A sibling is back for a while and this host is not: now it is this host's own silence. */
function tickSite(fleet: Fleet, life: HostLife, now: number, out: Effect[]): void {
  const back = (fleet.hospitals.get(life.hospital) ?? []).some(
    ({ verdict: { word, since } }) => word === 'up' && now - since >= fleet.config.suspectAfter,
  );
  if (!back) return;
  change(life, 'silent', now, [...quietEvidence(life, now), say.siblingHeard(now, life.timeZone)], out);
}

function goAway(
  fleet: Fleet,
  { from, restart }: { from: number; restart: boolean },
  now: number,
  out: Effect[],
): void {
  fleet.listeningSince = now;
  const hosts = new Set<string>();
  for (const life of fleet.hosts.values()) {
    const { word } = life.verdict;
    if (word !== 'up' && word !== 'suspect' && word !== 'collector-away') continue;
    hosts.add(life.host);
    const evidence = [say.collectorAway(from, now, life.timeZone)];
    if (restart) {
      if (word === 'up') life.former = life.verdict;
      life.connected = false;
      life.closed = undefined;
      if (life.plannedUntil > from) life.plannedUntil += now - from;
      change(life, 'collector-away', from, evidence, out);
    } else {
      const span = { since: from, until: now, evidence, revises: false };
      out.push({ kind: 'record', host: life.host, word: 'collector-away', ...span });
    }
  }
  if (hosts.size > 0) fleet.awaited = { hosts, total: hosts.size, until: now + fleet.config.startGrace };
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
