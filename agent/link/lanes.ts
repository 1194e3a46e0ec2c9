// What is under way on each stream. Pure: it reads the spool's view and writes only the session draft and the effects.

import { LIMITS } from '../../shared/frame.ts';
import type { Outgoing } from '../spool/spool.ts';
import { type Effect, type Lane, type Session, TIMES, type View } from './state.ts';

/** Reports of the live stream that may be under way at once: enough to fill one commit of the collector, few enough to resend. */
const LIVE_WINDOW = 8;
const LIVE_READ_BYTES = 512 * 1024;
/** More in one go would only fill the socket's buffer. */
const HISTORY_READ_BYTES = 256 * 1024;

export function laneOf(session: Session, stream: string): Lane {
  return session.lanes.get(stream) ?? { stream, acked: -1, sent: -1, flight: [] };
}

export function advance(lanes: Session['lanes'], stream: string, seq: number): Session['lanes'] {
  const lane = lanes.get(stream);
  const next = new Map(lanes);
  next.set(stream, {
    stream,
    acked: seq,
    sent: Math.max(seq, lane?.sent ?? -1),
    flight: (lane?.flight ?? []).filter((item) => item.seq > seq),
  });
  return next;
}

/** Takes back what was sent from `seq` on (of one stream, or everything unacknowledged of all), to be sent again. */
export function rewind(session: Session, stream: string | undefined, seq: number | undefined): void {
  const lanes = new Map(session.lanes);
  for (const lane of lanes.values()) {
    if (stream !== undefined && lane.stream !== stream) continue;
    const sent = Math.max(lane.acked, Math.min(lane.sent, (seq ?? lane.acked + 1) - 1));
    lanes.set(lane.stream, { ...lane, sent, flight: lane.flight.filter((item) => item.seq <= sent) });
  }
  session.lanes = lanes;
}

/** False when live data has waited so long that it would hold up newer reports: then nothing was sent, and the spool must rotate. */
export function pumpLanes(session: Session, view: View, effects: Effect[], which: 'all' | 'live'): boolean {
  const window = which === 'live' ? Infinity : session.careful ? 1 : LIVE_WINDOW;
  const mayRotate = which === 'all';
  if (!pumpLive(session, view, effects, window, mayRotate)) return false;
  if (which === 'all') pumpHistory(session, view, effects);
  return true;
}

function pumpLive(
  session: Session,
  view: View,
  effects: Effect[],
  window: number,
  mayRotate: boolean,
): boolean {
  const lane = laneOf(session, view.spool.liveStream);
  const inFlight = flying(session);
  const isIdle = lane.flight.length === 0;
  const room = Math.min(
    window - (session.careful ? inFlight : lane.flight.length),
    session.window - inFlight,
  );
  if (room <= 0 && !(mayRotate && isIdle)) return true;
  const items = view.spool.next(lane.stream, lane.sent, room <= 0 ? 1 : LIVE_READ_BYTES);
  if (mayRotate && isIdle && isOld(items[0], view)) return false;
  if (room > 0) sendItems(session, lane, items.slice(0, room), effects);
  return true;
}

/** The next live report has waited so long that it would hold up newer ones. */
function isOld(next: Outgoing | undefined, view: View): boolean {
  const at = next?.kind === 'report' ? next.report.at : next?.gap.fromAt;
  return at !== undefined && view.wall - at > TIMES.overtakeMs;
}

function pumpHistory(session: Session, view: View, effects: Effect[]): void {
  const live = view.spool.liveStream;
  for (const stream of view.spool.streams()) {
    if (stream === live) continue;
    if (session.careful && flying(session) > 0) return;
    const room = session.window - flying(session);
    const budget = session.creditBytes - historyBytes(session, live);
    if (budget <= 0 || room <= 0) return;
    const lane = laneOf(session, stream);
    const items = view.spool.next(stream, lane.sent, Math.min(budget, HISTORY_READ_BYTES));
    sendItems(session, lane, items.slice(0, session.careful ? 1 : room), effects);
  }
}

export function flying(session: Session): number {
  let items = 0;
  for (const lane of session.lanes.values()) items += lane.flight.length;
  return items;
}

function historyBytes(session: Session, live: string): number {
  let bytes = 0;
  for (const lane of session.lanes.values())
    if (lane.stream !== live) for (const item of lane.flight) bytes += item.bytes;
  return bytes;
}

function sendItems(session: Session, lane: Lane, items: readonly Outgoing[], effects: Effect[]): void {
  if (items.length === 0) return;
  const flight = [...lane.flight];
  let sent = lane.sent;
  for (const item of items) {
    const first = item.kind === 'report' ? item.report.seq : item.gap.from;
    const last = item.kind === 'report' ? item.report.seq : item.gap.to;
    if (last <= sent) continue;
    if (first > sent + 1) {
      // The spool no longer holds these and the collector says that it has not got them: loss is declared, never skipped.
      const gap = {
        t: 'gap',
        stream: lane.stream,
        from: sent + 1,
        to: first - 1,
        reason: 'dropped',
      } as const;
      effects.push({ kind: 'send', frame: gap });
      flight.push({ seq: first - 1, bytes: 0 });
    }
    if (item.kind === 'gap')
      effects.push({ kind: 'send', frame: { ...item.gap, from: Math.max(first, sent + 1) } });
    else if (item.bytes > LIMITS.frameBytes) {
      effects.push({ kind: 'reject', stream: lane.stream, seq: last }, { kind: 'pump' });
      sent = last - 1;
      break;
    } else {
      declare(session, item.series, effects);
      effects.push({ kind: 'send', frame: item.report });
    }
    flight.push({ seq: last, bytes: item.bytes });
    sent = last;
  }
  session.lanes = new Map(session.lanes).set(lane.stream, { ...lane, sent, flight });
}

function declare(
  session: Session,
  series: Extract<Outgoing, { kind: 'report' }>['series'],
  effects: Effect[],
): void {
  if (session.declared.has(series.id)) return;
  session.declared = new Set(session.declared).add(series.id);
  effects.push({ kind: 'send', frame: series });
}
