// What silence means, for the whole fleet, as a machine without I/O: the same inputs always give the same effects. Its state is
// advanced in place (ten thousand hosts, every frame an input). What time alone decides is in tick.ts.
//
//   never-seen ──hello──▶ up ◀──────────frame, hello───────────────────────────────┐
//                         │ closed without goodbye, 30 s quiet                      │
//                         ├───────────▶ suspect ──40 s, a witness: it is gone──▶ down
//                         │               ├──120 s, a witness: it answers──▶ agent-lost ⇄ down (as the witness says)
//                         │               ├──120 s──▶ silent ⇄ site-silent (all hosts of the hospital)
//                         │               ├──120 s, much of the fleet turned quiet with it──▶ mass-silent
//                         │               └──120 s, the collector's own uplink is cut──▶ collector-away
//                         │ goodbye
//                         ├──▶ stopped, shutdown        (only a hello leads out)
//                         └──▶ up, planned for 5 min    (restart, update)
//   the collector did not run: up, suspect, mass-silent ──▶ collector-away ──hello──▶ up
//   on return the host tells what happened: records of up, stopped, agent-lost, shutdown, crashed correct the trail
//
// Invariants: `silent`, `agent-lost` and `site-silent` need a silence of at least the limit, counted from the later of the last
// frame and the moment since which the collector itself is known to listen; `down` needs a shorter one and a witness; none is
// reached while the collector doubts itself or waits for its fleet after a start; what happened while it was away is never held
// against a host.

import type { GoodbyeReason } from '../../shared/frame.ts';
import type { CloseKind } from '../services.ts';
import { judgeDoubt, noticeLag } from './doubt.ts';
import * as say from './evidence.ts';
import {
  change,
  type Effect,
  type Fleet,
  type HelloFacts,
  type HostLife,
  type Input,
  isQuiet,
} from './model.ts';
import { PAST_WORD, type PastSpan, tellPast } from './past.ts';
import { suspect, tick } from './tick.ts';
import type { VerdictWord } from './verdict.ts';
import { takeTestimony } from './witness.ts';

export function step(fleet: Fleet, input: Input, now: number): Effect[] {
  const out: Effect[] = [];
  if (input.kind === 'tick') tick(fleet, now, out);
  else if (input.kind === 'away') goAway(fleet, input, now, out);
  else if (input.kind === 'lag') noticeLag(fleet, now, out);
  else if (input.kind === 'own-trouble') {
    fleet.ownTrouble = input.on;
    judgeDoubt(fleet, now, out);
  } else {
    const life = fleet.hosts.get(input.host);
    if (!life) return out;
    if (input.kind === 'hello') onHello(fleet, life, input.hello, now, out);
    else if (input.kind === 'heard') onHeard(fleet, life, now, out);
    else if (input.kind === 'goodbye') onGoodbye(fleet, life, input.reason, now, out);
    else if (input.kind === 'closed') onClosed(fleet, life, input.how, now, out);
    else takeTestimony(life, input.by, input.answer, input.at);
  }
  return out;
}

function onHello(fleet: Fleet, life: HostLife, hello: HelloFacts, now: number, out: Effect[]): void {
  const { verdict, former, heardAt: quietFrom } = life;
  const past = verdict.word === 'never-seen' ? [] : tellPast(life, hello, quietFrom, now);
  life.boot = hello.boot;
  life.processAt = hello.journal.startedAt;
  life.heardAt = now;
  life.connected = true;
  life.closed = undefined;
  life.plannedUntil = 0;
  life.former = undefined;
  const ranOn = past.every((span) => span.past === 'link-cut');
  if (verdict.word === 'never-seen') {
    return change(fleet, life, 'up', now, [say.firstHello(now, life.timeZone)], out);
  }
  if (verdict.word === 'up' && ranOn) return;
  if (verdict.word === 'collector-away' && former?.word === 'up' && ranOn) {
    // It was only the collector that did not listen: the host is up since when it was.
    return change(fleet, life, 'up', now, [say.ranOn(now, life.timeZone)], out, former.since);
  }
  if (needsCorrection(verdict.word, past)) correct(life, past, quietFrom, now, out);
  const again = say.heardAgain(now, life.timeZone, quietFrom);
  change(fleet, life, 'up', now, [again, ...explain(past, now)], out);
}

function needsCorrection(word: VerdictWord, past: readonly PastSpan[]): boolean {
  // A goodbye was the truth, unless the host was to go down and did not.
  if (word === 'stopped') return false;
  if (word === 'shutdown')
    return !past.some(({ past }) => past === 'host-shut-down' || past === 'host-crashed');
  // A short silence that ended well is told by the trail itself: `suspect`, then `up`.
  return (word !== 'suspect' && word !== 'up') || past.some((span) => span.past !== 'link-cut');
}

function correct(life: HostLife, past: readonly PastSpan[], from: number, now: number, out: Effect[]): void {
  const again = say.heardAgain(now, life.timeZone, from);
  for (const span of past) {
    const { since, until } = span;
    const evidence = [again, say.pastTold(now, span.past)];
    out.push({
      kind: 'record',
      host: life.host,
      word: PAST_WORD[span.past],
      since,
      until,
      evidence,
      revises: true,
    });
  }
}

/** Each thing that happened, once; that the link was cut only when it was all. */
function explain(past: readonly PastSpan[], now: number): ReturnType<typeof say.pastTold>[] {
  const kinds = new Set(past.map((span) => span.past));
  if (kinds.size > 1) kinds.delete('link-cut');
  return [...kinds].map((kind) => say.pastTold(now, kind));
}

/** On the hot path while the host is up. */
function onHeard(fleet: Fleet, life: HostLife, now: number, out: Effect[]): void {
  const { word } = life.verdict;
  const quietFrom = life.heardAt;
  life.heardAt = now;
  if (!isQuiet(word)) return;
  const evidence = [say.heardAgain(now, life.timeZone, quietFrom), say.sameConnection(now, life.timeZone)];
  if (word !== 'suspect') {
    const span = { word: 'up' as const, since: quietFrom, until: now, evidence, revises: true };
    out.push({ kind: 'record', host: life.host, ...span });
  }
  life.former = undefined;
  change(fleet, life, 'up', now, evidence, out);
}

function onGoodbye(fleet: Fleet, life: HostLife, reason: GoodbyeReason, now: number, out: Effect[]): void {
  life.heardAt = now;
  const evidence = [say.saidGoodbye(now, life.timeZone, reason)];
  if (reason === 'stop') return change(fleet, life, 'stopped', now, evidence, out);
  if (reason === 'shutdown') return change(fleet, life, 'shutdown', now, evidence, out);
  life.plannedUntil = now + fleet.config.plannedFor;
  if (life.verdict.word !== 'up') return change(fleet, life, 'up', now, evidence, out);
  life.verdict = { ...life.verdict, evidence };
}

function onClosed(fleet: Fleet, life: HostLife, how: CloseKind, now: number, out: Effect[]): void {
  if (how === 'replaced' || how === 'collector') return;
  life.connected = false;
  life.closed = { kind: how, at: now };
  if (how === 'goodbye' || life.verdict.word !== 'up' || life.plannedUntil > now) return;
  suspect(fleet, life, now, [say.closedHow(now, life.timeZone, how)], out);
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
    if (word !== 'up' && word !== 'suspect' && word !== 'mass-silent' && word !== 'collector-away') continue;
    hosts.add(life.host);
    const evidence = [say.collectorAway(from, now, life.timeZone)];
    if (restart) {
      if (word === 'up') life.former = life.verdict;
      life.connected = false;
      life.closed = undefined;
      if (life.plannedUntil > from) life.plannedUntil += now - from;
      change(fleet, life, 'collector-away', from, evidence, out);
    } else {
      const span = { since: from, until: now, evidence, revises: false };
      out.push({ kind: 'record', host: life.host, word: 'collector-away', ...span });
    }
  }
  if (hosts.size > 0) fleet.awaited = { hosts, total: hosts.size, until: now + fleet.config.startGrace };
}
