// Reports of an open session: the hot path of the session machine. Of a stream only `accepted + 1` is taken; times are corrected
// by the clock offset and must lie within reason.

import type { ErrorCode } from '../../shared/errors.ts';
import { type CollectorFrame, LIMITS, type Refuse, type Report } from '../../shared/frame.ts';
import type { Desk, Mark, Row, Session } from './model.ts';

const PAST_MS = 5 * 366 * 86_400_000;
/** The agent gives up on a live stream that is so much behind, and begins another. */
const HISTORY_MS = 120_000;
const STREAMS_MAX = 2_000;

/** What becomes of a report: a row for the store, or the frame to answer with, or nothing (a repeat whose fate is open). */
export type Outcome = Row | CollectorFrame | undefined;

/** What is judged of a report: all but its values, which the caller puts into the row. */
export type ReportHead = Omit<Report, 't' | 'boot' | 'v'> & { width: number };

/** Judges a report of an open session; afterwards `session.mark` is its stream's. */
export function takeReport<M extends Mark>(
  session: Session<M>,
  desk: Desk<M>,
  report: ReportHead,
  now: number,
): Outcome {
  session.heardAt = now;
  const mark = markOf(session, desk, report.stream);
  if (!mark) return refusal('RATE_LIMITED', 'too many streams', report, { retryAfterMs: 60_000 });
  if (mark.history) session.historyAt = now;
  if (report.seq <= mark.accepted) {
    return mark.durable < 0 ? undefined : { t: 'ack', stream: mark.stream, seq: mark.durable };
  }
  if (report.seq !== mark.accepted + 1) return jump(report.stream, report.seq, mark.accepted + 1);
  const columns = session.series.get(report.series);
  if (columns === undefined) {
    return refusal('SERIES_UNKNOWN', `series ${report.series} was not declared`, report);
  }
  if (columns.length !== report.width) {
    const what = `report: ${report.width} values for ${columns.length} columns`;
    return refusal('FRAME_MALFORMED', what, report);
  }
  const at = timeOf(session, report, now);
  if (at > now + LIMITS.futureMs) {
    return refusal('FUTURE_DATED', `${Math.round((at - now) / 1000)} s ahead of the collector`, report);
  }
  if (at < now - PAST_MS) return refusal('PAST_DATED', `dated ${Math.round(at / 1000)} (Unix time)`, report);
  // What an agent could not deliver for so long is history, whatever stream it travels on.
  if (at < now - HISTORY_MS) session.historyAt = now;
  mark.accepted = report.seq;
  return rowOf(desk.host, report, columns, at, now);
}

/** By the report's own offset, unless one of the clocks was set since: then by the one measured in this session. */
function timeOf(session: Session, report: ReportHead, now: number): number {
  const at = Math.round(report.at + (report.off ?? session.offsetMs));
  return report.off === null || isPossible(at, now) ? at : Math.round(report.at + session.offsetMs);
}

export const isPossible = (at: number, now: number): boolean =>
  at <= now + LIMITS.futureMs && at >= now - PAST_MS;

export function markOf<M extends Mark>(session: Session<M>, desk: Desk<M>, stream: string): M | undefined {
  if (session.mark !== undefined && session.mark.stream === stream) return session.mark;
  if (!desk.marks.has(stream) && desk.marks.size >= STREAMS_MAX) return undefined;
  const mark = desk.openMark(stream);
  session.mark = mark;
  // A stream that the hello did not name was begun since: it is the live one now, and the former one is history.
  if (mark.stream !== session.liveStream && !session.hello?.streams.includes(mark.stream)) {
    if (mark.durable < 0 && mark.accepted < 0) {
      const former = session.desk?.marks.get(session.liveStream);
      if (former) former.history = true;
      session.liveStream = mark.stream;
    }
  }
  mark.history = mark.stream !== session.liveStream;
  return mark;
}

const NO_VALUES = new Float64Array(0);

function rowOf(host: string, report: ReportHead, columns: readonly string[], at: number, now: number): Row {
  const row: Row = {
    kind: 'row',
    host,
    stream: report.stream,
    seq: report.seq,
    at,
    arrivedAt: now,
    series: report.series,
    values: NO_VALUES,
    isWhole: false,
    columns,
    agentAt: report.at,
    loose: report.off === null,
  };
  if (report.checks !== undefined) row.checks = report.checks;
  if (report.events !== undefined) row.events = report.events;
  return row;
}

export function refusal(
  code: ErrorCode,
  message: string,
  place: { stream: string; seq: number },
  more: { expected?: number; retryAfterMs?: number } = {},
): Refuse {
  return { t: 'refuse', code, message, stream: place.stream, seq: place.seq, ...more };
}

export function jump(stream: string, seq: number, expected: number): Refuse {
  return refusal(
    'SEQUENCE_JUMP',
    `number ${seq} where ${expected} is expected`,
    { stream, seq },
    { expected },
  );
}
