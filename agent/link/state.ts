// The state of the link and the moves that every part of the machine shares. Pure.

import { backoffMs } from '../../shared/backoff.ts';
import type { AgentFrame, CollectorFrame, GoodbyeReason } from '../../shared/frame.ts';
import type { Spool } from '../spool/spool.ts';
import type { LinkState } from './link.ts';

export type TransportKind = 'websocket' | 'http';

export interface MachineConfig {
  /** The collector's name as enrolled. */
  collector: string;
  urls: readonly string[];
}

export const TIMES = {
  backoff: { baseMs: 1000, capMs: 60_000 },
  refusedBackoff: { baseMs: 30_000, capMs: 600_000 },
  handshakeMs: 20_000,
  silenceMs: 30_000,
  /** A connection that held this long was a good one: the next try comes soon. */
  provenMs: 30_000,
  /** A live stream with an older report in wait is left to history, and live data starts a new one. */
  overtakeMs: 120_000,
  refusedUpgrades: 2,
  webSocketAgainMs: 3_600_000,
  defaultPauseMs: 5000,
  longestPauseMs: 600_000,
  /** What was refused for its haste is answered frame by frame, at a slow pace: let those answers pass by. */
  hastePauseMs: 500,
  /** So long reports wait for a clock offset: without one, a wrong clock would have them refused for good. */
  measureMs: 3000,
  /** A report refused again for its time so soon after the offset was measured anew is given up. */
  doubtEveryMs: 5000,
} as const;

/** What is under way on one stream. */
export interface Lane {
  stream: string;
  /** Highest number known durable, -1 for none. */
  acked: number;
  /** Highest number handed to the transport. */
  sent: number;
  /** Items sent and not acknowledged, each by its highest number. */
  flight: readonly { seq: number; bytes: number }[];
}

/** One measurement of the clock offset. */
export interface Exchange {
  n: number;
  asked: { wall: number; mono: number };
  best: { offsetMs: number; rttMs: number } | undefined;
}

export interface Session {
  openedAt: number;
  heardAt: number;
  beatDueAt: number;
  beats: number;
  /** Series ids declared on this connection. */
  declared: ReadonlySet<string>;
  lanes: ReadonlyMap<string, Lane>;
  creditBytes: number;
  /** Nothing is sent before this (monotonic). */
  pausedUntil: number;
  /** One item in flight at a time, so that a refusal without a number can be told whose it is. */
  careful: boolean;
  /** Items that may be in flight at once: halved when the collector says that they come too fast, one more with each acknowledgement. */
  window: number;
  exchange: Exchange | undefined;
  exchangeDueAt: number;
  /** No report is sent before this (monotonic) or the end of the measurement. */
  measuringUntil: number;
  /** When (monotonic) a refused time last had the offset measured anew. */
  doubtedAt: number;
  /** The report of each stream whose time was doubted last. */
  doubted: ReadonlyMap<string, number>;
}

export interface Stopping {
  reason: GoodbyeReason;
  dueAt: number;
}

/** The clock was set by so much; the reports of this process before the place are dated by the clock of before. */
export interface ClockStep {
  /** Which live stream of this process it was, counted from 0, and its next number. */
  life: number;
  seq: number;
  byMs: number;
}

export interface ClockSteps {
  /** The live streams of this process in their order, those that are still held. */
  lives: ReadonlyMap<string, number>;
  steps: readonly ClockStep[];
}

/** Instants are monotonic but for `since` and `lastAckAt`, which people read. */
export interface MachineState {
  config: MachineConfig;
  phase: LinkState;
  since: number;
  transport: TransportKind;
  urlIndex: number;
  attempt: number;
  refusedUpgrades: number;
  webSocketAgainAt: number;
  dueAt: number;
  session: Session | undefined;
  stop: Stopping | undefined;
  offsetMs: number | undefined;
  rttMs: number | undefined;
  lastAckAt: number | undefined;
  lastError: string | undefined;
  lastWall: number;
  lastMono: number;
  /** See steps.ts. */
  clockSteps: ClockSteps;
  /** The highest number of the live stream that was ever handed to a transport. */
  offered: { stream: string; seq: number } | undefined;
  /** The live stream's highest number that the collector acknowledged on any connection. */
  acked: { stream: string; seq: number } | undefined;
  /** The collector's time less our monotonic one, as last heard. */
  aheadMs: number;
  /** It ran far ahead, and no welcome has come since: see restored.ts. */
  timeJumped: boolean;
  /** Drawn by the collector for this connection: what another life of this process cannot have known. */
  nonce: string;
}

export type SpoolView = Pick<Spool, 'liveStream' | 'nextSeq' | 'streams' | 'next'>;

export interface View {
  wall: number;
  mono: number;
  random: () => number;
  spool: SpoolView;
}

export type Input =
  | { kind: 'start' }
  | { kind: 'frame'; frame: CollectorFrame }
  | { kind: 'closed'; message: string; upgradeRefused: boolean }
  | { kind: 'tick' }
  /** Reports were appended, or the effects that the last step asked for are done. */
  | { kind: 'pump' }
  | { kind: 'stop'; reason: GoodbyeReason; withinMs: number };

export type Effect =
  | { kind: 'connect'; url: string; transport: TransportKind }
  /** Answer the challenge: the shell holds the key. */
  | { kind: 'hello'; nonce: string; collector: string }
  | { kind: 'send'; frame: AgentFrame }
  | { kind: 'close' }
  | { kind: 'acknowledge'; stream: string; seq: number }
  | { kind: 'reject'; stream: string; seq: number }
  | { kind: 'rotate' }
  /** The collector has numbers of the live stream up to `seq` that may be another life's. */
  | { kind: 'restored'; seq: number; salt: string }
  /** Feed `pump` once the effects before this one are done. */
  | { kind: 'pump' }
  | { kind: 'note'; level: 'info' | 'warn'; message: string; fields: Record<string, unknown> };

/** A copy that a step may write to; the caller's state stays as it was. */
export type Draft = MachineState & { session: Session | undefined };

export function initialState(config: MachineConfig): MachineState {
  return {
    config,
    phase: 'idle',
    since: 0,
    transport: 'websocket',
    urlIndex: 0,
    attempt: 0,
    refusedUpgrades: 0,
    webSocketAgainAt: Infinity,
    dueAt: Infinity,
    session: undefined,
    stop: undefined,
    offsetMs: undefined,
    rttMs: undefined,
    lastAckAt: undefined,
    lastError: undefined,
    lastWall: 0,
    lastMono: 0,
    clockSteps: { lives: new Map(), steps: [] },
    offered: undefined,
    acked: undefined,
    aheadMs: Infinity,
    nonce: '',
    timeJumped: false,
  };
}

export function enter(draft: Draft, phase: LinkState, view: View): void {
  draft.phase = phase;
  draft.since = view.wall;
}

/** Ends the connection, if any, and waits before the next try. */
export function retry(
  draft: Draft,
  phase: 'waiting' | 'refused',
  message: string,
  view: View,
  atLeastMs = 0,
): void {
  const session = draft.session;
  draft.lastError = message;
  draft.session = undefined;
  if (draft.stop) {
    enter(draft, 'closed', view);
    return;
  }
  if (session && view.mono - session.openedAt >= TIMES.provenMs) draft.attempt = 0;
  // Other addresses are tried at once; the wait grows when all of them failed.
  const round = Math.floor(draft.attempt / Math.max(1, draft.config.urls.length));
  const backoff = phase === 'refused' ? TIMES.refusedBackoff : TIMES.backoff;
  draft.dueAt = view.mono + Math.max(atLeastMs, backoffMs(backoff, round, view.random));
  draft.attempt += 1;
  if (!session) draft.urlIndex = (draft.urlIndex + 1) % Math.max(1, draft.config.urls.length);
  enter(draft, phase, view);
}

export function note(level: 'info' | 'warn', message: string, fields: Record<string, unknown>): Effect {
  return { kind: 'note', level, message, fields };
}
