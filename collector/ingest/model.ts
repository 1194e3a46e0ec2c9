// What the session machine knows and says: its state, what it shares with other connections of the host, and its effects.

import type { ErrorCode } from '../../shared/errors.ts';
import type { AgentEvent, CheckResult, CollectorFrame, GoodbyeReason, Hello } from '../../shared/frame.ts';
import type { CloseKind } from '../services.ts';
import type { Entry } from '../store/store.ts';
import type { Budget } from './budget.ts';

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
  /** Handshakes on a WebSocket, and posts, each of which brings one: they cost more than frames. */
  readonly hellos: Budget;
  readonly posts: Budget;
  /** The clock offset as last measured; what comes by HTTP has no session of its own to measure it in. */
  offsetMs: number;
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
  /** As last measured; a report's own offset goes before it. */
  offsetMs: number;
  /** The stream of the last report, kept to spare a look-up. */
  mark?: M | undefined;
  /** Lists of columns declared on this connection, by id. */
  readonly series: Map<string, readonly string[]>;
  /** All columns of these lists. */
  readonly columns: Set<string>;
  liveStream: string;
  historyAt: number;
  /** Whether it may send history now, and since when that stands. */
  turn: 'none' | 'waiting' | 'turn';
  turnAt: number;
  goodbye?: GoodbyeReason;
  malformed: number;
  tooFast: number;
  /** Set when the agent must not be read from for a while; the shell obeys and clears it. */
  pauseMs: number;
  /** Not read from: what had been read already is dropped unseen, and counted. */
  isDeaf: boolean;
  dropped: number;
  /** Pauses in a row in which it went on sending. */
  floods: number;
  creditBytes: number;
}

/** A report on its way to the store and, after the commit, to those who wait for reports. */
export type Row = Extract<Entry, { kind: 'row' }> & {
  columns: readonly string[];
  /** From the hall's pool, and given back when the report has been passed on. */
  values: Float64Array;
  /** None of them is NaN. */
  isWhole: boolean;
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
  | { do: 'close'; kind: CloseKind; code: ErrorCode | 'IDLE' }
  /** Nothing is read from it meanwhile. */
  | { do: 'close later'; code: ErrorCode };

export function openSession<M extends Mark>(rules: Rules, nonces: Challenges, now: number): Session<M> {
  return {
    rules,
    nonces,
    phase: 'challenged',
    openedAt: now,
    heardAt: now,
    offsetMs: 0,
    series: new Map(),
    columns: new Set(),
    liveStream: '',
    historyAt: 0,
    turn: 'none',
    turnAt: now,
    malformed: 0,
    tooFast: 0,
    pauseMs: 0,
    isDeaf: false,
    dropped: 0,
    floods: 0,
    creditBytes: 0,
  };
}
