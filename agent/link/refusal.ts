// What a refusal means: who waits, what is sent again, what is given up and declared. Pure.

import { keepsOnRefusal } from '../../shared/errors.ts';
import type { Refuse } from '../../shared/frame.ts';
import { flying, rewind } from './lanes.ts';
import { measureAnew } from './offset.ts';
import { type Draft, type Effect, note, retry, type Session, TIMES, type View } from './state.ts';

const HANDSHAKE_CODES: ReadonlySet<string> = new Set([
  'PROTOCOL_UNSUPPORTED',
  'NOT_ENROLLED',
  'BAD_SIGNATURE',
  'REVOKED',
  'CLONED_KEY',
  'WRONG_COLLECTOR',
]);

export function onRefuse(draft: Draft, refuse: Refuse, view: View, effects: Effect[]): void {
  const { code, message } = refuse;
  const session = draft.session;
  if (HANDSHAKE_CODES.has(code)) {
    effects.push(
      { kind: 'close' },
      note('warn', 'the collector refuses this agent', { code, detail: message }),
    );
    return retry(draft, 'refused', code, view);
  }
  if (!session || draft.phase !== 'open') {
    effects.push({ kind: 'close' });
    return retry(draft, 'waiting', code, view, Math.min(refuse.retryAfterMs ?? 0, TIMES.longestPauseMs));
  }
  draft.lastError = code;
  if (code === 'RATE_LIMITED' || code === 'STORE_UNAVAILABLE') {
    if (code === 'RATE_LIMITED') slowDown(session, view);
    rewind(session, refuse.stream, refuse.seq);
    const wantedMs = Math.max(refuse.retryAfterMs ?? TIMES.defaultPauseMs, TIMES.hastePauseMs);
    const pauseMs = Math.min(wantedMs, TIMES.longestPauseMs);
    session.pausedUntil = Math.max(session.pausedUntil, view.mono + pauseMs);
    return;
  }
  if (DATED_CODES.has(code) && mayDoubt(session, refuse, view))
    return doubtTime(draft, session, refuse, view);
  if (keepsOnRefusal(code)) keepAfterRefusal(draft, session, refuse, view);
  else rejectRefused(draft, session, refuse, view, effects);
}

const DATED_CODES: ReadonlySet<string> = new Set(['FUTURE_DATED', 'PAST_DATED']);

/** Each report is doubted once before it is given up, however soon after another: a clock may be set again and again. */
function mayDoubt(session: Session, { stream, seq }: Refuse, view: View): boolean {
  if (view.mono - session.doubtedAt >= TIMES.doubtEveryMs) return true;
  return stream !== undefined && seq !== undefined && session.doubted.get(stream) !== seq;
}

/** Before a report is given up for its time: either clock may have been set since the offset was measured. */
function doubtTime(draft: Draft, session: Session, { stream, seq }: Refuse, view: View): void {
  session.doubtedAt = view.mono;
  if (stream !== undefined && seq !== undefined) session.doubted = new Map(session.doubted).set(stream, seq);
  rewind(session, stream, seq);
  measureAnew(draft, session, view);
}

/** Once for all refusals of one burst: sent again as it was, it would be refused again, and its frames would pile up on the way. */
function slowDown(session: Session, view: View): void {
  if (view.mono < session.pausedUntil) return;
  session.window = Math.max(1, Math.floor(Math.min(session.window, flying(session)) / 2));
}

/** SEQUENCE_JUMP, SERIES_UNKNOWN and whatever a newer collector may say: go back and send again. */
function keepAfterRefusal(draft: Draft, session: Session, refuse: Refuse, view: View): void {
  const { stream, seq, expected } = refuse;
  if (refuse.code === 'SERIES_UNKNOWN') session.declared = new Set();
  if (stream === undefined || seq === undefined) {
    // It may have been any of those under way.
    rewind(session, undefined, undefined);
    return hold(draft, session, view);
  }
  const lane = session.lanes.get(stream);
  // Refusals of frames that were taken back already say nothing new.
  if (!lane || seq > lane.sent) return;
  const back = refuse.code === 'SEQUENCE_JUMP' && expected !== undefined ? expected : seq;
  const lanes = new Map(session.lanes);
  lanes.set(stream, { stream, acked: Math.min(lane.acked, back - 1), sent: back - 1, flight: [] });
  session.lanes = lanes;
  hold(draft, session, view);
}

/** The frames behind the refused one are refused as jumps meanwhile: let those answers pass by. */
function hold(draft: Draft, session: Session, view: View): void {
  session.pausedUntil = Math.max(session.pausedUntil, view.mono + Math.max(100, 2 * (draft.rttMs ?? 0)));
}

function rejectRefused(draft: Draft, session: Session, refuse: Refuse, view: View, effects: Effect[]): void {
  const fields = { code: refuse.code, detail: refuse.message, stream: refuse.stream, seq: refuse.seq };
  const culprit = culpritOf(session, refuse);
  if (!culprit) {
    session.careful = true;
    // It may have been a list of columns.
    session.declared = new Set();
    rewind(session, undefined, undefined);
    effects.push(note('warn', 'a frame was refused without its number', fields));
    return hold(draft, session, view);
  }
  effects.push(
    note('warn', 'a report was refused for good and is declared as a gap', fields),
    { kind: 'reject', ...culprit },
    { kind: 'pump' },
  );
  rewind(session, culprit.stream, culprit.seq);
  hold(draft, session, view);
}

function culpritOf(session: Session, refuse: Refuse): { stream: string; seq: number } | undefined {
  const { stream, seq } = refuse;
  if (stream !== undefined && seq !== undefined) {
    const lane = session.lanes.get(stream);
    return lane && seq > lane.acked && seq <= lane.sent ? { stream, seq } : undefined;
  }
  const flying = [...session.lanes.values()].filter((lane) => lane.flight.length > 0);
  const item = flying[0]?.flight[0];
  const alone = session.careful && flying.length === 1 && flying[0]?.flight.length === 1;
  return alone && item && flying[0] ? { stream: flying[0].stream, seq: item.seq } : undefined;
}
