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
  type AgentFrame,
  type CollectorFrame,
  type Gap,
  type Hello,
  PROTOCOL,
  type Refuse,
  type Series,
  signedText,
} from '../../shared/frame.ts';
import { type Budget, priceOf, priceOfText, spend } from './budget.ts';
import type { Desk, Effect, GapEntry, KnownHost, Mark, Session } from './model.ts';
import { isPossible, jump, markOf } from './report.ts';

export const HANDSHAKE_MS = 5_000;
export const MALFORMED_MAX = 10;
const LISTS_MAX = 500;
/** Refusals for sending too fast, in a row, before the collector stops reading from the agent. */
const PATIENCE = 3;
/** For how long, at first; twice as long each time when it goes on all the same. */
const PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;
const LONGEST_FLOODS = 5;
/** More frames than one reading of the socket brings of honest reports: it does not heed what it is told. */
const UNHEEDED = 300;

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
      if (session.desk) session.desk.offsetMs = frame.offsetMs;
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

/** What receives an agent that has proven who it is. */
export interface Reception<M extends Mark> {
  openDesk: (host: string) => Desk<M>;
  /** What a handshake is paid from. */
  budgetOf: (desk: Desk<M>) => Budget;
  now: number;
}

/** The answer to `identify`: the host that the hello names, or undefined when there is none. */
export function takeIdentity<M extends Mark>(
  session: Session<M>,
  known: KnownHost | undefined,
  { openDesk, budgetOf, now }: Reception<M>,
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
  const desk = openDesk(known.id);
  // Only now, or a stranger could use up what an agent may do.
  const waitMs = spend(budgetOf(desk), 1, now);
  if (waitMs > 0) return turnAway(session, waitMs);
  session.phase = 'open';
  session.desk = desk;
  session.offsetMs = desk.offsetMs;
  session.liveStream = hello.streams.at(-1) ?? '';
  return [{ do: 'opened', hello }];
}

/** It is told when to come back, and let go only after a while: one that does not heed it is slowed down all the same. */
function turnAway(session: Session, retryAfterMs: number): readonly Effect[] {
  session.phase = 'closed';
  const message = 'too many connections one after the other';
  const frame: Refuse = { t: 'refuse', code: 'RATE_LIMITED', message, retryAfterMs };
  return [
    { do: 'send', frame },
    { do: 'close later', code: 'RATE_LIMITED' },
  ];
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
  const limit = session.rules.seriesPerHost;
  const fresh = new Set(frame.columns.filter((column) => !session.columns.has(column)));
  for (const column of fresh) {
    if (!isOwnKey(column))
      return refused('FRAME_MALFORMED', `series: ${column.slice(0, 80)} is not a series key`);
  }
  const count = session.columns.size + fresh.size;
  if (count > limit) return refused('SERIES_LIMIT', `${count} series; the limit is ${limit} per host`);
  for (const column of fresh) session.columns.add(column);
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
  const { stream, from, to, reason } = gap;
  const place = { host: desk.host, stream, from, to };
  const entry: GapEntry = { kind: 'gap', ...place, reason, ...spanOf(session, gap, now), arrivedAt: now };
  return [{ do: 'gap', entry }];
}

/** When the missing reports were collected, by the collector's clock; nothing where the agent's clock was too wrong to say. */
function spanOf({ offsetMs }: Session, gap: Gap, now: number): Pick<Gap, 'fromAt' | 'toAt'> {
  const [fromAt, toAt] = [gap.fromAt, gap.toAt].map((at) =>
    at === undefined ? undefined : Math.round(at + offsetMs),
  );
  if ([fromAt, toAt].some((at) => at !== undefined && !isPossible(at, now))) return {};
  return { ...(fromAt === undefined ? {} : { fromAt }), ...(toAt === undefined ? {} : { toAt }) };
}

function answerRepeat(mark: Mark): readonly Effect[] {
  if (mark.durable < 0) return NOTHING;
  return [{ do: 'send', frame: { t: 'ack', stream: mark.stream, seq: mark.durable } }];
}

/** Before anything else is done with a frame, which costs `price`: undefined when the agent may send it. */
export function overBudget(
  session: Session,
  desk: Desk,
  { bytes, price }: { bytes: number; price: number },
  now: number,
): number | undefined {
  const waitMs = spend(desk.frames, price, now) || spend(desk.bytes, bytes, now);
  if (waitMs === 0) {
    session.tooFast = 0;
    return undefined;
  }
  return tooMuch(session, waitMs, now);
}

/** The same for what a frame turned out to cost beyond that. It was read to find out: no more of the kind is. */
export function overPrice(
  session: Session,
  desk: Desk,
  { frame, bytes }: { frame: AgentFrame; bytes: number },
  now: number,
): number | undefined {
  const price = Math.max(0, 1 + priceOf(frame, desk.frames.perSecond) - priceOfText(bytes));
  const waitMs = price === 0 ? 0 : spend(desk.frames, price, now);
  if (waitMs === 0) return undefined;
  session.tooFast = PATIENCE;
  return tooMuch(session, waitMs, now);
}

function tooMuch(session: Session, waitMs: number, now: number): number {
  session.heardAt = now;
  session.tooFast++;
  if (session.tooFast >= PATIENCE) {
    session.pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(PAUSE_MS * 2 ** session.floods, waitMs));
  }
  return waitMs;
}

/** The pause is over. What was dropped in it, whatever it was, is to be sent again: one word for all of it. */
export function hearAgain(session: Session, now: number): readonly Effect[] {
  const { dropped } = session;
  session.isDeaf = false;
  session.dropped = 0;
  session.heardAt = now;
  session.floods = dropped > UNHEEDED ? Math.min(LONGEST_FLOODS, session.floods + 1) : 0;
  if (dropped === 0 || session.phase !== 'open') return NOTHING;
  const message = `${dropped} frames were not looked at: more than this agent may send`;
  return [{ do: 'send', frame: { t: 'refuse', code: 'RATE_LIMITED', message, retryAfterMs: PAUSE_MS } }];
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

/** This process did not run for so long, or its clock was set forward: nobody is to blame for the silence meanwhile. */
export function excuse(session: Session, ms: number): void {
  session.openedAt += ms;
  session.heardAt += ms;
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
