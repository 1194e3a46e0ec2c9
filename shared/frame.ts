// The wire between agent and collector: JSON text frames over `wss://…/agent/v1/link`, or the same frames as lines of
// `POST /agent/v1/frames`. Promise: decoding never throws anything but a NamedError and never accepts an unknown shape.
//
//   collector                                   agent
//   challenge {nonce, collector} ───────────▶
//                                   ◀────────── hello {agent, sig(nonce, agent, collector), streams…}
//   welcome {watermarks, credit} ───────────▶
//                                   ◀──────────▶ time ×5 (clock offset), then clock {offsetMs}
//                                   ◀────────── series {id, columns}        once per id and connection
//                                   ◀────────── report {stream, seq, …}     live stream first, history within credit
//   ack {stream, seq}  ─────────────────────▶   all up to seq is durable
//                                   ◀────────── gap {stream, from, to, reason, count}
//   refuse {code, …}   ─────────────────────▶
//                                   ◀──────────▶ beat every 10 s
//                                   ◀────────── goodbye {reason}
//
// Rules (each was needed, see decisions/0002): a stream id is 128 random bits, drawn at process start and whenever live data
// must overtake a backlog; its sequence starts at 0 and rises by one; the collector accepts only watermark + 1, acknowledges
// and discards what is at or below the watermark, refuses a jump with the expected number unless a gap is declared.
// The collector can answer; no frame of its makes the agent read, run or change anything.

import { CHECK_STATUSES, type CheckStatus, type EventKind } from './catalogue.ts';
import { NamedError, type ErrorCode } from './errors.ts';

export const PROTOCOL = 1;
export const LINK_PATH = '/agent/v1/link';
export const FRAMES_PATH = '/agent/v1/frames';
export const CHALLENGE_PATH = '/agent/v1/challenge';
export const ENROL_PATH = '/agent/v1/enrol';
export const BEAT_MS = 10_000;

export const LIMITS = {
  frameBytes: 256 * 1024,
  columns: 4_000,
  columnLength: 300,
  checks: 1_000,
  events: 200,
  textLength: 2_000,
  /** Reports further ahead of the collector's clock than this, after correction, are refused. */
  futureMs: 10 * 60_000,
} as const;

/** One judged thing. `id` is `kind:name`. Sent when it changed and at least every 10 min. */
export interface CheckResult {
  id: string;
  status: CheckStatus;
  /** One short sentence for people: no file content, no arguments, no personal data. */
  text?: string;
}

export interface AgentEvent {
  /** Agent's clock, UTC ms. */
  at: number;
  kind: EventKind;
  /** What it is about: a service name, a set, a probe. */
  subject?: string;
  data?: Record<string, number | string>;
}

export type GapReason = 'dropped' | 'thinned' | 'corrupt' | 'refused' | 'restored';
export type GoodbyeReason = 'stop' | 'shutdown' | 'restart' | 'update';

/** What an agent tells of its own last life, so that a silence can be explained afterwards. */
export interface RunJournal {
  /** When this process started, agent's clock. */
  startedAt: number;
  /** The last instant at which the previous process was known to run. */
  previousAliveAt?: number;
  /** How the previous process ended: `orderly` by a signal, with its reason; `unknown` when it left no word. */
  previousEnd?: 'orderly' | 'unknown';
  previousReason?: GoodbyeReason;
  previousBoot?: string;
  /** The last lives before this process, oldest first, at most 8; the last of them is the previous one. */
  runs?: RunInterval[];
  /** Times in which this process was held up (suspended, frozen), oldest first, at most 8. */
  pauses?: { from: number; to: number }[];
}

/** One life of the agent's process, by its own clock. */
export interface RunInterval {
  boot: string;
  bootAt: number;
  from: number;
  /** The last instant at which it was known to run. */
  to: number;
  end: 'orderly' | 'unknown';
  reason?: GoodbyeReason;
}

// agent → collector
export interface Hello {
  t: 'hello';
  protocol: number;
  /** The host's id, given at enrolment. */
  agent: string;
  /** base64url Ed25519 signature of `signedText`. */
  sig: string;
  version: string;
  boot: string;
  /** Agent's clock, UTC ms. */
  at: number;
  bootAt: number;
  fingerprint: string;
  journal: RunJournal;
  /** Streams the spool still holds, oldest first, the live one last. */
  streams: string[];
}
export interface Series {
  t: 'series';
  /** 16 hex digits: the first 64 bits of SHA-256 over the columns joined by newline. */
  id: string;
  columns: string[];
}
export interface Report {
  t: 'report';
  stream: string;
  seq: number;
  series: string;
  /** Agent's clock when read, UTC ms. */
  at: number;
  /** Collector's clock less the agent's as the agent knew it then, ms; null when it was never measured since boot. */
  off: number | null;
  boot: string;
  /** One value per column; null where nothing was read. */
  v: (number | null)[];
  checks?: CheckResult[];
  events?: AgentEvent[];
}
export interface Gap {
  t: 'gap';
  stream: string;
  /** First and last sequence number not sent, inclusive; `from` must be watermark + 1. */
  from: number;
  to: number;
  reason: GapReason;
  /** Agent's clock of the first and last lost report where known. */
  fromAt?: number;
  toAt?: number;
}
export interface Beat {
  t: 'beat';
  n: number;
  at: number;
}
export interface Time {
  t: 'time';
  n: number;
  /** The agent's clock when it asked. */
  a: number;
  /** The collector's clock when it answered. */
  c?: number;
}
export interface ClockOffset {
  t: 'clock';
  offsetMs: number;
  rttMs: number;
}
export interface Goodbye {
  t: 'goodbye';
  reason: GoodbyeReason;
}
export type AgentFrame = Hello | Series | Report | Gap | Beat | Time | ClockOffset | Goodbye;

// collector → agent
export interface Challenge {
  t: 'challenge';
  protocol: number;
  collector: string;
  nonce: string;
  at: number;
}
export interface Welcome {
  t: 'welcome';
  at: number;
  /** For each stream named in hello: the highest durable sequence number, -1 for none. */
  watermarks: Record<string, number>;
  /** Bytes of history the agent may have in flight. */
  creditBytes: number;
}
export interface Ack {
  t: 'ack';
  stream: string;
  seq: number;
}
export interface Refuse {
  t: 'refuse';
  code: ErrorCode;
  message: string;
  stream?: string;
  seq?: number;
  /** SEQUENCE_JUMP: the number that would be accepted. */
  expected?: number;
  /** RATE_LIMITED, STORE_UNAVAILABLE: do not try before this. */
  retryAfterMs?: number;
}
export interface Credit {
  t: 'credit';
  creditBytes: number;
}
export type CollectorFrame = Challenge | Welcome | Ack | Refuse | Credit | Time | Beat;

/** What the agent signs at each connection. */
export function signedText(agent: string, collector: string, nonce: string): string {
  return `niswatch-link-v${PROTOCOL}\n${agent}\n${collector}\n${nonce}`;
}

export function encodeFrame(frame: AgentFrame | CollectorFrame): string {
  return JSON.stringify(frame);
}

/** Throws NamedError FRAME_TOO_LARGE, FRAME_MALFORMED or PROTOCOL_UNSUPPORTED. */
export function decodeAgentFrame(text: string): AgentFrame {
  const frame = parseFrame(text);
  const check = AGENT_CHECKS[frame.t as AgentFrame['t']];
  if (!Object.hasOwn(AGENT_CHECKS, frame.t) || !check)
    malformed(`unknown frame ${JSON.stringify(frame.t).slice(0, 40)}`);
  check(frame as Raw);
  return frame as unknown as AgentFrame;
}

/** Throws NamedError FRAME_TOO_LARGE or FRAME_MALFORMED. */
export function decodeCollectorFrame(text: string): CollectorFrame {
  const frame = parseFrame(text);
  const check = COLLECTOR_CHECKS[frame.t as CollectorFrame['t']];
  if (!Object.hasOwn(COLLECTOR_CHECKS, frame.t) || !check)
    malformed(`unknown frame ${JSON.stringify(frame.t).slice(0, 40)}`);
  check(frame as Raw);
  return frame as unknown as CollectorFrame;
}

type Raw = Record<string, unknown>;

function parseFrame(text: string): { t: string } {
  // A UTF-16 unit is at most 3 bytes: only long texts need the exact count.
  if (text.length > LIMITS.frameBytes / 3 && Buffer.byteLength(text) > LIMITS.frameBytes) {
    throw new NamedError(
      'FRAME_TOO_LARGE',
      `a frame of ${Buffer.byteLength(text)} bytes; the limit is ${LIMITS.frameBytes}`,
    );
  }
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    malformed('not JSON');
  }
  if (typeof frame !== 'object' || frame === null || typeof (frame as Raw).t !== 'string')
    malformed('no frame type `t`');
  return frame as { t: string };
}

function malformed(what: string): never {
  throw new NamedError('FRAME_MALFORMED', what);
}

/** Runs and pauses that a journal tells. */
export const JOURNAL_MAX = 8;
const HEX32 = /^[0-9a-f]{32}$/;
const HEX16 = /^[0-9a-f]{16}$/;
const CHECK_ID = /^[a-z]{1,40}:.{0,200}$/s;
const WORD = /^[a-z][a-z0-9.-]{0,39}$/;

const GAP_REASONS: readonly string[] = [
  'dropped',
  'thinned',
  'corrupt',
  'refused',
  'restored',
] satisfies GapReason[];
const GOODBYES: readonly string[] = ['stop', 'shutdown', 'restart', 'update'] satisfies GoodbyeReason[];

// A list of one text, or an object, must not pass for the text that it turns into: nothing here is turned into text.
const isText = (v: unknown, max: number): v is string => typeof v === 'string' && v.length <= max;
const isLike = (v: unknown, pattern: RegExp): v is string => typeof v === 'string' && pattern.test(v);
const isWordOf = (v: unknown, words: readonly string[]): boolean =>
  typeof v === 'string' && words.includes(v);
const isMap = (v: unknown): v is Raw => typeof v === 'object' && v !== null && !Array.isArray(v);
const isWait = (v: unknown): boolean => typeof v === 'number' && v >= 0 && v < Infinity;
/** Absent, or as it should be. */
const isMaybe = (v: unknown, is: (v: unknown) => boolean): boolean => v === undefined || is(v);
const isInstant = (v: unknown): v is number => typeof v === 'number' && Number.isSafeInteger(Math.trunc(v));
const isCount = (v: unknown): v is number => typeof v === 'number' && Number.isSafeInteger(v) && v >= 0;
const need = (ok: boolean, what: string): void => {
  if (!ok) malformed(what);
};

const AGENT_CHECKS: Record<AgentFrame['t'], (f: Raw) => void> = {
  hello(f) {
    if (f.protocol !== PROTOCOL) {
      throw new NamedError(
        'PROTOCOL_UNSUPPORTED',
        `protocol ${JSON.stringify(f.protocol ?? null).slice(0, 20)}; this side speaks ${PROTOCOL}`,
      );
    }
    need(isText(f.agent, 64) && isText(f.sig, 200) && isText(f.version, 40), 'hello: agent, sig, version');
    need(
      isText(f.boot, 64) && isInstant(f.at) && isInstant(f.bootAt) && isText(f.fingerprint, 128),
      'hello: boot, at, fingerprint',
    );
    checkJournal(f.journal);
    need(
      Array.isArray(f.streams) && f.streams.length <= 1000 && f.streams.every((s) => isLike(s, HEX32)),
      'hello: streams',
    );
  },
  series(f) {
    need(typeof f.id === 'string' && HEX16.test(f.id), 'series: id');
    const columns = f.columns;
    if (!Array.isArray(columns) || columns.length > LIMITS.columns) malformed('series: columns');
    need(
      columns.every((c) => isText(c, LIMITS.columnLength)),
      'series: a column name',
    );
  },
  report: checkReport,
  gap(f) {
    need(
      isLike(f.stream, HEX32) && isCount(f.from) && isCount(f.to) && (f.to as number) >= (f.from as number),
      'gap: range',
    );
    need(isWordOf(f.reason, GAP_REASONS), 'gap: reason');
    need(isMaybe(f.fromAt, isInstant) && isMaybe(f.toAt, isInstant), 'gap: fromAt, toAt');
  },
  beat: (f) => need(isCount(f.n) && isInstant(f.at), 'beat'),
  time: (f) => need(isCount(f.n) && isInstant(f.a), 'time'),
  clock: (f) => need(isInstant(f.offsetMs) && isInstant(f.rttMs), 'clock'),
  goodbye: (f) => need(isWordOf(f.reason, GOODBYES), 'goodbye: reason'),
};

function checkJournal(journal: unknown): void {
  if (!isMap(journal)) malformed('hello: journal');
  const { startedAt, previousAliveAt, previousEnd, previousReason, previousBoot } = journal;
  need(isInstant(startedAt) && isMaybe(previousAliveAt, isInstant), 'hello: journal');
  need(
    isMaybe(previousEnd, isEnding) &&
      isMaybe(previousReason, isGoodbye) &&
      isMaybe(previousBoot, (v) => isText(v, 64)),
    'hello: journal of the previous life',
  );
  const { runs = [], pauses = [] } = journal;
  need(isListOf(runs, isRun), 'hello: journal.runs');
  need(isListOf(pauses, isSpan), 'hello: journal.pauses');
}

/** Whether the collector would let it through. */
export function isJournal(journal: unknown): journal is RunJournal {
  try {
    checkJournal(journal);
    return true;
  } catch {
    return false;
  }
}

const isListOf = (list: unknown, is: (item: Raw) => boolean): boolean =>
  Array.isArray(list) && list.length <= JOURNAL_MAX && list.every((item: unknown) => isMap(item) && is(item));
const isEnding = (v: unknown): boolean => v === 'orderly' || v === 'unknown';
const isGoodbye = (v: unknown): boolean => isWordOf(v, GOODBYES);
const isSpan = (item: Raw): boolean => isInstant(item.from) && isInstant(item.to);
const isRun = (run: Raw): boolean =>
  isSpan(run) &&
  isText(run.boot, 64) &&
  isInstant(run.bootAt) &&
  isEnding(run.end) &&
  isMaybe(run.reason, isGoodbye);

/** On the hot path: no closures, no regular expression over long text. */
function checkReport(f: Raw): void {
  if (typeof f.stream !== 'string' || !HEX32.test(f.stream) || !isCount(f.seq))
    malformed('report: stream, seq');
  if (typeof f.series !== 'string' || f.series.length !== 16) malformed('report: series');
  if (!isInstant(f.at) || !(f.off === null || isInstant(f.off)) || !isText(f.boot, 64))
    malformed('report: at, off, boot');
  const v = f.v;
  if (!Array.isArray(v) || v.length > LIMITS.columns) malformed('report: v');
  for (let i = 0; i < v.length; i++)
    // 1e999 is read as Infinity, which no agent can have sent.
    if (v[i] !== null && !Number.isFinite(v[i])) malformed(`report: v[${i}]`);
  if (f.checks !== undefined) checkChecks(f.checks);
  if (f.events !== undefined) checkEvents(f.events);
}

function checkChecks(checks: unknown): void {
  if (!Array.isArray(checks) || checks.length > LIMITS.checks) malformed('report: checks');
  for (const c of checks as Raw[]) {
    need(isMap(c) && isLike(c.id, CHECK_ID), 'report: check id');
    need(isWordOf(c.status, CHECK_STATUSES), 'report: check status');
    if (c.text !== undefined) checkText(c.text, 'check text');
  }
}

function checkEvents(events: unknown): void {
  if (!Array.isArray(events) || events.length > LIMITS.events) malformed('report: events');
  for (const e of events as Raw[]) {
    need(isMap(e) && isInstant(e.at) && isLike(e.kind, WORD), 'report: event');
    if (e.subject !== undefined) checkText(e.subject, 'event subject');
    if (e.data === undefined) continue;
    if (!isMap(e.data) || Object.keys(e.data).length > 20) malformed('report: event data');
    for (const value of Object.values(e.data)) if (!Number.isFinite(value)) checkText(value, 'event data');
  }
}

function checkText(value: unknown, what: string): void {
  if (typeof value !== 'string') malformed(`report: ${what}`);
  if (value.length > LIMITS.textLength) {
    throw new NamedError(
      'EVENT_TOO_LONG',
      `${what} of ${value.length} characters; the limit is ${LIMITS.textLength}`,
    );
  }
}

const COLLECTOR_CHECKS: Record<CollectorFrame['t'], (f: Raw) => void> = {
  challenge: (f) =>
    need(
      isInstant(f.protocol) && isText(f.collector, 200) && isText(f.nonce, 200) && isInstant(f.at),
      'challenge',
    ),
  welcome(f) {
    need(isInstant(f.at) && isCount(f.creditBytes) && isMap(f.watermarks), 'welcome');
    need(
      Object.values(f.watermarks as Raw).every((w) => w === -1 || isCount(w)),
      'welcome: watermarks',
    );
  },
  ack: (f) => need(isLike(f.stream, HEX32) && isCount(f.seq), 'ack'),
  refuse(f) {
    need(isText(f.code, 60) && isText(f.message, 1000), 'refuse');
    need(isMaybe(f.stream, (v) => isLike(v, HEX32)) && isMaybe(f.seq, isCount), 'refuse: stream, seq');
    need(isMaybe(f.expected, isCount) && isMaybe(f.retryAfterMs, isWait), 'refuse: expected, retryAfterMs');
  },
  credit: (f) => need(isCount(f.creditBytes), 'credit'),
  time: (f) => need(isCount(f.n) && isInstant(f.a) && isInstant(f.c), 'time'),
  beat: (f) => need(isCount(f.n) && isInstant(f.at), 'beat'),
};
