// One conversation with one agent, as a machine without I/O: the same inputs always give the same effects. The same machine
// serves WebSocket and HTTP. Its state is advanced in place, because a report passes through here 100,000 times a second.
//
//   challenged ──hello──▶ identifying ──host, signature──▶ open ──goodbye──▶ open, said goodbye
//       │ 5 s                  │ refused                    │ silence, 10 malformed frames
//       └──────────────────────┴────────────────────────────┴──▶ closed
//
// Invariants: a nonce serves one hello; before `open` nothing but a hello is looked at; of a stream only `accepted + 1` is
// taken (accepted = durable plus what is on its way to the store); a gap must start there too.

import { createHash } from 'node:crypto';
import { parseSeriesKey } from '../../shared/catalogue.ts';
import type { ErrorCode } from '../../shared/errors.ts';
import {
  type AgentEvent,
  type AgentFrame,
  type CheckResult,
  type CollectorFrame,
  type Gap,
  type GoodbyeReason,
  type Hello,
  LIMITS,
  PROTOCOL,
  type Refuse,
  type Report,
  type Series,
  signedText,
} from '../../shared/frame.ts';
import type { CloseKind } from '../services.ts';
import type { Entry } from '../store/store.ts';
import { type Budget, spend } from './budget.ts';

export const HANDSHAKE_MS = 5_000;
export const MALFORMED_MAX = 10;
const PAST_MS = 5 * 366 * 86_400_000;
const STREAMS_MAX = 2_000;
const LISTS_MAX = 500;
/** Refusals for sending too fast, in a row, before the collector stops reading from the agent. */
const PATIENCE = 3;

/** Where a stream of a host stands. */
export interface Mark {
  readonly stream: string;
  /** Highest number taken; what lies above `durable` is on its way to the store. */
  accepted: number;
  durable: number;
  /** A stream that no longer grows: it is sent within the credit. */
  history: boolean;
}

/** What the collector keeps of a host across its connections. */
export interface Desk<M extends Mark = Mark> {
  readonly host: string;
  readonly marks: Map<string, M>;
  readonly frames: Budget;
  readonly bytes: Budget;
  /** New lists of columns: each is kept for good. */
  readonly lists: Budget;
  /** Whether the store has this list of columns of the host. */
  readonly isKnown: (series: string) => boolean;
  /** The mark of a stream, read from the store at its first use. */
  readonly openMark: (stream: string) => M;
}

/** What is known of the host that a hello names. */
export interface KnownHost {
  id: string;
  publicKey: string;
  fingerprint: string;
  revokedAt: number | null;
}

export interface Rules {
  collector: string;
  seriesPerHost: number;
  idleMs: number;
  isSignedBy: (publicKey: string, text: string, signature: string) => boolean;
}

/** What this conversation's hello may have signed. */
export interface Challenges {
  /** One on a WebSocket; over HTTP those outstanding for the agent that the hello names. */
  of(agent: string): readonly string[];
  /** Uses a nonce up; false when it was used already. */
  claim(agent: string, nonce: string): boolean;
}

export interface Session<M extends Mark = Mark> {
  readonly rules: Rules;
  readonly nonces: Challenges;
  phase: 'challenged' | 'identifying' | 'open' | 'closed';
  openedAt: number;
  heardAt: number;
  hello?: Hello;
  desk?: Desk<M>;
  /** Measured in this session; a report's own offset goes before it. */
  offsetMs: number;
  /** The stream of the last report, kept to spare a look-up. */
  mark?: M | undefined;
  /** Lists of columns declared on this connection, by id. */
  readonly series: Map<string, readonly string[]>;
  liveStream: string;
  historyAt: number;
  goodbye?: GoodbyeReason;
  malformed: number;
  tooFast: number;
  /** Set when the agent must not be read from for a while; the shell obeys and clears it. */
  pauseMs: number;
  creditBytes: number;
}

/** A report on its way to the store and, after the commit, to those who wait for reports. */
export type Row = Extract<Entry, { kind: 'row' }> & {
  columns: readonly string[];
  values: readonly number[];
  /** The agent's own clock, by which its events are dated. */
  agentAt: number;
  /** No offset was known when it was read: its corrected time may differ a little if it is sent again. */
  loose: boolean;
  checks?: readonly CheckResult[];
  events?: readonly AgentEvent[];
};
export type GapEntry = Extract<Entry, { kind: 'gap' }>;

export type Effect =
  | { do: 'send'; frame: CollectorFrame }
  | { do: 'identify'; hello: Hello }
  | { do: 'opened'; hello: Hello }
  | { do: 'declare'; id: string; columns: readonly string[] }
  | { do: 'gap'; entry: GapEntry }
  | { do: 'offset'; offsetMs: number; rttMs: number }
  | { do: 'goodbye'; reason: GoodbyeReason }
  | { do: 'cloned'; hello: Hello }
  | { do: 'close'; kind: CloseKind; code: ErrorCode | 'IDLE' };

export function openSession<M extends Mark>(rules: Rules, nonces: Challenges, now: number): Session<M> {
  return {
    rules,
    nonces,
    phase: 'challenged',
    openedAt: now,
    heardAt: now,
    offsetMs: 0,
    series: new Map(),
    liveStream: '',
    historyAt: 0,
    malformed: 0,
    tooFast: 0,
    pauseMs: 0,
    creditBytes: 0,
  };
}

export function challenge(collector: string, nonce: string, now: number): CollectorFrame {
  return {
    t: 'challenge',
    protocol: PROTOCOL,
    collector,
    nonce,
    at: now,
  };
}

const NOTHING: readonly Effect[] = [];

/** Any frame but a report of an open session, which goes to `takeReport`. */
export function takeFrame<M extends Mark>(
  session: Session<M>,
  frame: AgentFrame,
  now: number,
): readonly Effect[] {
  session.heardAt = now;
  if (session.phase === 'closed') return NOTHING;
  if (frame.t === 'hello') return takeHello(session, frame);
  if (session.phase !== 'open' || !session.desk) {
    return refuseAndClose(session, 'FRAME_UNEXPECTED', `a ${frame.t} frame before the handshake is done`);
  }
  switch (frame.t) {
    case 'series':
      return takeSeries(session, session.desk, frame, now);
    case 'gap':
      return takeGap(session, session.desk, frame, now);
    case 'time':
      return [{ do: 'send', frame: { t: 'time', n: frame.n, a: frame.a, c: now } }];
    case 'beat':
      return [{ do: 'send', frame: { t: 'beat', n: frame.n, at: now } }];
    case 'clock':
      session.offsetMs = frame.offsetMs;
      return [{ do: 'offset', offsetMs: frame.offsetMs, rttMs: frame.rttMs }];
    case 'goodbye':
      session.goodbye = frame.reason;
      return [{ do: 'goodbye', reason: frame.reason }];
    case 'report':
      throw new Error('reports go to takeReport');
  }
}

function takeHello(session: Session, hello: Hello): readonly Effect[] {
  if (session.phase !== 'challenged') {
    return refuseAndClose(session, 'FRAME_UNEXPECTED', 'a second hello on one connection');
  }
  session.phase = 'identifying';
  session.hello = hello;
  return [{ do: 'identify', hello }];
}

/** The answer to `identify`: the host that the hello names, or undefined when there is none. */
export function takeIdentity<M extends Mark>(
  session: Session<M>,
  known: KnownHost | undefined,
  openDesk: (host: string) => Desk<M>,
): readonly Effect[] {
  const hello = session.hello;
  if (session.phase !== 'identifying' || !hello) return NOTHING;
  if (!known) return refuseAndClose(session, 'NOT_ENROLLED', `no host ${hello.agent} is enrolled here`);
  if (!isProven(session, hello, known.publicKey)) {
    return refuseAndClose(session, 'BAD_SIGNATURE', 'the hello was not signed with the enrolled key');
  }
  if (known.revokedAt !== null) return refuseAndClose(session, 'REVOKED', `host ${known.id} was revoked`);
  if (known.fingerprint !== hello.fingerprint) {
    const why = 'the key is used by a machine with another fingerprint than the enrolled one';
    return [{ do: 'cloned', hello }, ...refuseAndClose(session, 'CLONED_KEY', why)];
  }
  session.phase = 'open';
  session.desk = openDesk(known.id);
  session.liveStream = hello.streams.at(-1) ?? '';
  return [{ do: 'opened', hello }];
}

function isProven({ rules, nonces }: Session, hello: Hello, publicKey: string): boolean {
  const signed = nonces
    .of(hello.agent)
    .find((nonce) => rules.isSignedBy(publicKey, signedText(hello.agent, rules.collector, nonce), hello.sig));
  return signed !== undefined && nonces.claim(hello.agent, signed);
}

function takeSeries(session: Session, desk: Desk, frame: Series, now: number): readonly Effect[] {
  if (session.series.has(frame.id)) return NOTHING;
  const waitMs = desk.isKnown(frame.id) ? 0 : spend(desk.lists, 1, now);
  if (waitMs > 0 || session.series.size >= LISTS_MAX) {
    const message = 'too many new lists of columns';
    return [
      {
        do: 'send',
        frame: { t: 'refuse', code: 'RATE_LIMITED', message, retryAfterMs: Math.max(waitMs, 1_000) },
      },
    ];
  }
  const hash = createHash('sha256').update(frame.columns.join('\n')).digest('hex').slice(0, 16);
  if (hash !== frame.id)
    return refused('SERIES_CHANGED', `series ${frame.id} is not the hash of its columns`);
  const bad = frame.columns.find((column) => !isOwnKey(column));
  if (bad !== undefined) return refused('FRAME_MALFORMED', `series: ${bad.slice(0, 80)} is not a series key`);
  const all = new Set([...session.series.values()].flat());
  for (const column of frame.columns) all.add(column);
  if (all.size > session.rules.seriesPerHost) {
    const limit = session.rules.seriesPerHost;
    return refused('SERIES_LIMIT', `${all.size} series; the limit is ${limit} per host`);
  }
  return [{ do: 'declare', id: frame.id, columns: frame.columns }];
}

/** hospital and host are given by the collector: an agent that names them would speak for others. */
function isOwnKey(column: string): boolean {
  const key = parseSeriesKey(column);
  return key !== undefined && !('hospital' in key.labels) && !('host' in key.labels);
}

function takeGap<M extends Mark>(
  session: Session<M>,
  desk: Desk<M>,
  gap: Gap,
  now: number,
): readonly Effect[] {
  const mark = markOf(session, desk, gap.stream);
  if (!mark) return refused('RATE_LIMITED', 'too many streams');
  const expected = mark.accepted + 1;
  if (gap.to < expected) return answerRepeat(mark);
  if (gap.from !== expected) return [{ do: 'send', frame: jump(gap.stream, gap.from, expected) }];
  mark.accepted = gap.to;
  const { stream, from, to, reason, fromAt, toAt } = gap;
  const span = {
    ...(fromAt === undefined ? {} : { fromAt }),
    ...(toAt === undefined ? {} : { toAt }),
  };
  const entry: GapEntry = {
    kind: 'gap',
    host: desk.host,
    stream,
    from,
    to,
    reason,
    ...span,
    arrivedAt: now,
  };
  return [{ do: 'gap', entry }];
}

function answerRepeat(mark: Mark): readonly Effect[] {
  if (mark.durable < 0) return NOTHING;
  return [{ do: 'send', frame: { t: 'ack', stream: mark.stream, seq: mark.durable } }];
}

/** What becomes of a report: a row for the store, or the frame to answer with, or nothing (a repeat whose fate is open). */
export type Outcome = Row | CollectorFrame | undefined;

/** Judges a report of an open session; afterwards `session.mark` is its stream's. */
export function takeReport<M extends Mark>(
  session: Session<M>,
  desk: Desk<M>,
  report: Report,
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
  if (columns.length !== report.v.length) {
    const what = `report: ${report.v.length} values for ${columns.length} columns`;
    return refusal('FRAME_MALFORMED', what, report);
  }
  const at = Math.round(report.at + (report.off ?? session.offsetMs));
  if (at > now + LIMITS.futureMs) {
    return refusal('FUTURE_DATED', `${Math.round((at - now) / 1000)} s ahead of the collector`, report);
  }
  if (at < now - PAST_MS) return refusal('PAST_DATED', `dated ${Math.round(at / 1000)} (Unix time)`, report);
  mark.accepted = report.seq;
  return rowOf(desk.host, report, columns, at, now);
}

function markOf<M extends Mark>(session: Session<M>, desk: Desk<M>, stream: string): M | undefined {
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

function rowOf(host: string, report: Report, columns: readonly string[], at: number, now: number): Row {
  const values = report.v;
  for (let i = 0; i < values.length; i++) if (values[i] === null) values[i] = Number.NaN;
  const row: Row = {
    kind: 'row',
    host,
    stream: report.stream,
    seq: report.seq,
    at,
    arrivedAt: now,
    series: report.series,
    values: values as number[],
    columns,
    agentAt: report.at,
    loose: report.off === null,
  };
  if (report.checks !== undefined) row.checks = report.checks;
  if (report.events !== undefined) row.events = report.events;
  return row;
}

/** Before anything else is done with a frame: undefined when the agent may send it. */
export function overBudget(session: Session, desk: Desk, bytes: number, now: number): number | undefined {
  const waitMs = spend(desk.frames, 1, now) || spend(desk.bytes, bytes, now);
  if (waitMs === 0) {
    session.tooFast = 0;
    return undefined;
  }
  session.heardAt = now;
  session.tooFast++;
  if (session.tooFast >= PATIENCE) session.pauseMs = Math.min(5_000, Math.max(200, waitMs));
  return waitMs;
}

/** A frame that could not be decoded. `place` is what could still be read of it. */
export function takeMalformed(
  session: Session,
  code: ErrorCode,
  message: string,
  place: { stream?: string; seq?: number },
): readonly Effect[] {
  if (session.phase !== 'open') return refuseAndClose(session, code, message);
  const frame: Refuse = { t: 'refuse', code, message: message.slice(0, 300), ...place };
  const answer: Effect = { do: 'send', frame };
  if (++session.malformed < MALFORMED_MAX) return [answer];
  session.phase = 'closed';
  return [answer, { do: 'close', kind: 'refused', code }];
}

/** Once a second: handshakes that take too long, connections on which nothing comes. */
export function checkTime(session: Session, now: number): readonly Effect[] {
  const early = session.phase === 'challenged' || session.phase === 'identifying';
  if (early && now - session.openedAt >= HANDSHAKE_MS) {
    return refuseAndClose(session, 'HANDSHAKE_TIMEOUT', `no finished handshake within ${HANDSHAKE_MS} ms`);
  }
  if (session.phase === 'open' && now - session.heardAt >= session.rules.idleMs) {
    session.phase = 'closed';
    return [{ do: 'close', kind: 'timeout', code: 'IDLE' }];
  }
  return NOTHING;
}

export function refuseAndClose(session: Session, code: ErrorCode, message: string): readonly Effect[] {
  if (session.phase === 'closed') return NOTHING;
  session.phase = 'closed';
  return [...refused(code, message), { do: 'close', kind: 'refused', code }];
}

function refused(code: ErrorCode, message: string): readonly Effect[] {
  return [{ do: 'send', frame: { t: 'refuse', code, message } }];
}

export function refusal(
  code: ErrorCode,
  message: string,
  place: { stream: string; seq: number },
  more: { expected?: number; retryAfterMs?: number } = {},
): Refuse {
  return { t: 'refuse', code, message, stream: place.stream, seq: place.seq, ...more };
}

function jump(stream: string, seq: number, expected: number): Refuse {
  return refusal(
    'SEQUENCE_JUMP',
    `number ${seq} where ${expected} is expected`,
    { stream, seq },
    { expected },
  );
}
