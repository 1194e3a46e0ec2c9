// The decisions of the link, pure: (state, input, view) → (state, effects). No clock, socket, key or disk is touched here.
//
//            ┌───────────── waiting / refused ◀──────────────┐ (backoff, next address)
//   start    ▼                                               │ closed · silence · refusal
//   idle ─▶ connecting ─challenge─▶ handshaking ─welcome─▶ open ─stop─▶ open+goodbye ─acks─▶ closed
//
// Invariants
//  - On each stream only sent + 1 goes out; a hole in what the spool still holds is declared as a gap, never skipped.
//  - The spool forgets on `acknowledge` only, and that follows an ack or a watermark of the enrolled collector.
//  - The live stream has its own window; history fills at most the collector's credit, oldest stream first.
//  - What a refusal or a lost connection takes back is sent again from the last acknowledged number.

import {
  BEAT_MS,
  type CollectorFrame,
  type GoodbyeReason,
  PROTOCOL,
  type Welcome,
} from '../../shared/frame.ts';
import { advance, laneOf, pumpLanes } from './lanes.ts';
import { beginExchange, EXCHANGE_EVERY_MS, isStepped, measureAnew, takeTime } from './offset.ts';
import { onRefuse } from './refusal.ts';
import { noteLive, noteStep, withOffsets } from './steps.ts';
import { isOfAnotherLife, noteAcked, noteCollectorTime, noteOffered } from './restored.ts';
import { enter, note, retry, TIMES } from './state.ts';
import type { Draft, Effect, Input, MachineState, Session, View } from './state.ts';

export function step(
  state: MachineState,
  input: Input,
  view: View,
): { state: MachineState; effects: Effect[] } {
  const draft: Draft = { ...state, session: state.session && { ...state.session } };
  const effects: Effect[] = [];
  if (state.phase !== 'idle') noticeClockStep(draft, view);
  draft.lastWall = view.wall;
  draft.lastMono = view.mono;
  switch (input.kind) {
    case 'start':
      if (draft.phase === 'idle') connect(draft, view, effects);
      break;
    case 'frame':
      onFrame(draft, input.frame, view, effects);
      break;
    case 'closed':
      onClosed(draft, input, view);
      break;
    case 'tick':
      onTick(draft, view, effects);
      break;
    case 'pump':
      pump(draft, view, effects);
      break;
    case 'stop':
      onStop(draft, input, view, effects);
      break;
  }
  noteOffered(draft, view);
  noteLive(draft, view);
  return { state: draft, effects: withOffsets(draft, effects) };
}

/** When (monotonic) the machine wants its next `tick`. */
export function nextTickAt(state: MachineState): number {
  const session = state.session;
  if (state.phase !== 'open' || !session) return Math.min(state.dueAt, state.stop?.dueAt ?? Infinity);
  return Math.min(
    session.beatDueAt,
    session.heardAt + TIMES.silenceMs,
    session.exchangeDueAt,
    holdUntil(session) > state.lastMono ? holdUntil(session) : Infinity,
    state.webSocketAgainAt,
    state.stop?.dueAt ?? Infinity,
  );
}

const holdUntil = (session: Session): number => Math.max(session.pausedUntil, session.measuringUntil);

function connect(draft: Draft, view: View, effects: Effect[]): void {
  const { urls } = draft.config;
  const url = urls[draft.urlIndex % Math.max(1, urls.length)];
  if (url === undefined) return;
  if (draft.transport === 'http' && view.mono >= draft.webSocketAgainAt) tryWebSocketAgain(draft);
  enter(draft, 'connecting', view);
  draft.dueAt = view.mono + TIMES.handshakeMs;
  effects.push({ kind: 'connect', url, transport: draft.transport });
}

function tryWebSocketAgain(draft: Draft): void {
  draft.transport = 'websocket';
  draft.webSocketAgainAt = Infinity;
  // One more refusal is enough to go back.
  draft.refusedUpgrades = TIMES.refusedUpgrades - 1;
}

function onClosed(draft: Draft, input: { message: string; upgradeRefused: boolean }, view: View): void {
  if (draft.phase === 'waiting' || draft.phase === 'refused' || draft.phase === 'closed') return;
  if (draft.transport === 'websocket' && draft.phase === 'connecting' && input.upgradeRefused) {
    draft.refusedUpgrades += 1;
    if (draft.refusedUpgrades >= TIMES.refusedUpgrades) {
      draft.transport = 'http';
      draft.webSocketAgainAt = view.mono + TIMES.webSocketAgainMs;
    }
  } else if (draft.transport === 'http' && draft.phase === 'connecting') tryWebSocketAgain(draft);
  retry(draft, 'waiting', input.message, view);
}

function onTick(draft: Draft, view: View, effects: Effect[]): void {
  if (draft.stop && view.mono >= draft.stop.dueAt) return finish(draft, view, effects);
  if (draft.phase === 'waiting' || draft.phase === 'refused') {
    if (view.mono >= draft.dueAt) connect(draft, view, effects);
    return;
  }
  if (draft.phase === 'connecting' || draft.phase === 'handshaking') {
    if (view.mono < draft.dueAt) return;
    effects.push({ kind: 'close' });
    return retry(draft, 'waiting', 'the collector does not answer', view);
  }
  if (draft.phase === 'open' && draft.session) tickOpen(draft, draft.session, view, effects);
}

function tickOpen(draft: Draft, session: Session, view: View, effects: Effect[]): void {
  if (view.mono - session.heardAt >= TIMES.silenceMs) {
    effects.push({ kind: 'close' });
    return retry(draft, 'waiting', `nothing heard for ${TIMES.silenceMs / 1000} s`, view);
  }
  if (view.mono >= draft.webSocketAgainAt && draft.transport === 'http' && !draft.stop) {
    effects.push({ kind: 'close' });
    draft.session = undefined;
    return connect(draft, view, effects);
  }
  if (view.mono >= session.beatDueAt) {
    effects.push({ kind: 'send', frame: { t: 'beat', n: session.beats++, at: view.wall } });
    session.beatDueAt = view.mono + BEAT_MS;
  }
  if (view.mono >= session.exchangeDueAt) beginExchange(session, view, effects);
  pump(draft, view, effects);
}

function onFrame(draft: Draft, frame: CollectorFrame, view: View, effects: Effect[]): void {
  const session = draft.session;
  if (session) session.heardAt = view.mono;
  switch (frame.t) {
    case 'challenge':
      if (draft.phase === 'connecting') onChallenge(draft, frame, view, effects);
      return;
    case 'welcome':
      return onWelcome(draft, frame, view, effects);
    case 'refuse':
      return onRefuse(draft, frame, view, effects);
    case 'ack':
      if (session) onAck(draft, session, frame, view, effects);
      return;
    case 'credit':
      if (!session) return;
      session.creditBytes = frame.creditBytes;
      return pump(draft, view, effects);
    case 'time':
      if (session) takeTime(draft, session, frame, view, effects);
      return;
    case 'beat':
      return;
  }
}

function onChallenge(
  draft: Draft,
  frame: { protocol: number; collector: string; nonce: string; at: number },
  view: View,
  effects: Effect[],
): void {
  const { collector } = draft.config;
  if (frame.collector !== collector) {
    const fields = { enrolled: collector, answers: frame.collector.slice(0, 200), code: 'WRONG_COLLECTOR' };
    effects.push({ kind: 'close' }, note('warn', 'the address answers as another collector', fields));
    return retry(draft, 'refused', 'WRONG_COLLECTOR', view);
  }
  if (frame.protocol !== PROTOCOL) {
    effects.push({ kind: 'close' });
    return retry(draft, 'refused', 'PROTOCOL_UNSUPPORTED', view);
  }
  enter(draft, 'handshaking', view);
  noteCollectorTime(draft, frame.at, view, true);
  draft.nonce = frame.nonce;
  draft.dueAt = view.mono + TIMES.handshakeMs;
  effects.push({ kind: 'hello', nonce: frame.nonce, collector });
}

function onWelcome(draft: Draft, frame: Welcome, view: View, effects: Effect[]): void {
  if (draft.phase === 'handshaking') {
    enter(draft, 'open', view);
    draft.lastError = undefined;
    draft.dueAt = Infinity;
    if (draft.transport === 'websocket') draft.refusedUpgrades = 0;
    draft.session = {
      openedAt: view.mono,
      heardAt: view.mono,
      beatDueAt: view.mono + BEAT_MS,
      beats: 0,
      declared: new Set(),
      lanes: new Map(),
      creditBytes: frame.creditBytes,
      pausedUntil: -Infinity,
      careful: false,
      window: Infinity,
      exchange: undefined,
      exchangeDueAt: view.mono + EXCHANGE_EVERY_MS,
      measuringUntil: draft.offsetMs === undefined ? view.mono + TIMES.measureMs : -Infinity,
      doubtedAt: -Infinity,
      doubted: new Map(),
    };
    beginExchange(draft.session, view, effects);
  }
  const session = draft.session;
  if (draft.phase !== 'open' || !session) return;
  session.creditBytes = frame.creditBytes;
  noteCollectorTime(draft, frame.at, view, false);
  // The HTTP form is welcomed at every post: there it says again what is durable.
  for (const stream of view.spool.streams()) {
    const seq = frame.watermarks[stream];
    if (seq === undefined || seq < 0 || seq <= laneOf(session, stream).acked) continue;
    if (isOfAnotherLife(draft, stream, seq)) {
      leaveStream(draft, session, stream, seq, effects);
      continue;
    }
    noteAcked(draft, stream, seq);
    session.lanes = advance(session.lanes, stream, seq);
    draft.lastAckAt = view.wall;
    effects.push({ kind: 'acknowledge', stream, seq });
  }
  draft.timeJumped = false;
  effects.push({ kind: 'pump' });
}

/** What is held of the stream behind `seq` goes out as history; what comes goes into a new one. */
function leaveStream(draft: Draft, session: Session, stream: string, seq: number, effects: Effect[]): void {
  const fields = { stream, seq, given: draft.offered?.seq };
  session.lanes = advance(session.lanes, stream, seq);
  draft.lastError = undefined;
  effects.push(
    note('warn', 'this machine was set back to an earlier state: reports in doubt are declared lost', fields),
    { kind: 'restored', seq, salt: draft.nonce },
    { kind: 'pump' },
  );
}

function onAck(
  draft: Draft,
  session: Session,
  frame: { stream: string; seq: number },
  view: View,
  effects: Effect[],
): void {
  const lane = session.lanes.get(frame.stream);
  if (!lane) return;
  if (isOfAnotherLife(draft, frame.stream, frame.seq))
    return leaveStream(draft, session, frame.stream, frame.seq, effects);
  // No collector can have what was never sent.
  const seq = Math.min(frame.seq, lane.sent);
  if (seq <= lane.acked) return;
  session.lanes = advance(session.lanes, frame.stream, seq);
  session.careful = false;
  session.window += 1;
  draft.lastAckAt = view.wall;
  noteAcked(draft, frame.stream, seq);
  effects.push({ kind: 'acknowledge', stream: frame.stream, seq });
  // What comes next lies behind what the spool forgets now.
  pump(draft, view, effects);
}

function pump(draft: Draft, view: View, effects: Effect[]): void {
  const session = draft.session;
  if (draft.phase !== 'open' || !session) return;
  if (draft.stop) return finishWhenQuiet(draft, session, view, effects);
  if (view.mono < holdUntil(session)) return;
  if (!pumpLanes(session, view, effects, 'all')) effects.push({ kind: 'rotate' }, { kind: 'pump' });
}

function onStop(
  draft: Draft,
  input: { reason: GoodbyeReason; withinMs: number },
  view: View,
  effects: Effect[],
): void {
  if (draft.stop) return;
  draft.stop = { reason: input.reason, dueAt: view.mono + input.withinMs };
  const session = draft.session;
  if (draft.phase !== 'open' || !session) return finish(draft, view, effects);
  if (view.mono >= session.pausedUntil) pumpLanes(session, view, effects, 'live');
  effects.push({ kind: 'send', frame: { t: 'goodbye', reason: input.reason } });
  finishWhenQuiet(draft, session, view, effects);
}

function finishWhenQuiet(draft: Draft, session: Session, view: View, effects: Effect[]): void {
  if ((session.lanes.get(view.spool.liveStream)?.flight.length ?? 0) === 0) finish(draft, view, effects);
}

function finish(draft: Draft, view: View, effects: Effect[]): void {
  if (draft.phase !== 'idle' && draft.phase !== 'closed') effects.push({ kind: 'close' });
  draft.session = undefined;
  draft.dueAt = Infinity;
  enter(draft, 'closed', view);
}

/** The offset is unknown until measured again. */
function noticeClockStep(draft: Draft, view: View): void {
  if (!isStepped(draft, view)) return;
  noteStep(draft, view);
  draft.offsetMs = undefined;
  if (draft.session) measureAnew(draft, draft.session, view);
}
