// What all connections of this collector share, and the wire below each of them.

import type { Clock, Timer } from '../../shared/clock.ts';
import type { ErrorCode } from '../../shared/errors.ts';
import type { CollectorFrame } from '../../shared/frame.ts';
import type { CloseKind, Log, PresenceSink, ReportSink } from '../services.ts';
import type { State } from '../state/state.ts';
import type { Store } from '../store/store.ts';
import { openBudget } from './budget.ts';
import type { Committer, HostMark } from './commit.ts';
import type { IngestConfig } from './config.ts';
import type { CreditPool } from './credit.ts';
import type { Desk, Effect, Rules, Session } from './model.ts';
import type { ReportScanner } from './report-scanner.ts';
import type { IngestStats } from './stats.ts';
import type { ValuePool } from './value-pool.ts';

/** The bytes below a conversation: a WebSocket, an HTTP request, or a test. */
export interface Wire {
  send(text: string): void;
  /** The same for at most 125 ASCII characters: on the hot path. */
  sendShort(text: string): void;
  close(code: ErrorCode | 'IDLE' | 'REPLACED' | 'STOPPING'): void;
  /** Stops and resumes reading. */
  pause(): void;
  resume(): void;
  /** Bytes sent and not yet taken by the network. */
  bufferedBytes(): number;
}

export interface Connection {
  /** One frame, in order. `bytes` is its size on the wire. */
  receive(text: string, bytes: number): void;
  /** The same for bytes[from..to) when they are a plain report; false, with nothing done, when they are not. */
  receivePlain(bytes: Buffer, from: number, to: number): boolean;
  /** The wire ended by itself. Harmless when it was closed from this side. */
  ended(kind: CloseKind): void;
  /** Resolves when the handshake has ended, one way or the other. */
  readonly identified: Promise<void>;
  /** A ping of the WebSocket itself: whether it is to be answered. */
  pinged(): boolean;
  /** Whether what comes next is dropped unseen; asked before anything is spent on it, and counted. */
  drops(): boolean;
  /** The host, once it has proven who it is. */
  host(): string | undefined;
}

/** A connection as the rest of ingest sees it. */
export interface Guest extends Connection {
  readonly session: Session<HostMark>;
  readonly wire: Wire;
  apply(effects: readonly Effect[]): void;
  send(frame: CollectorFrame): void;
  close(kind: CloseKind, code: ErrorCode | 'IDLE' | 'REPLACED' | 'STOPPING'): void;
}

export interface IngestOptions {
  state: State;
  store: Store;
  clock: Clock;
  /** Cryptographic random bytes. */
  random: (bytes: number) => Uint8Array;
  presence: PresenceSink;
  reports: ReportSink;
  config: IngestConfig;
  collectorName: string;
  log: Log;
  /** Default: Ed25519. The simulation gives a cheaper one. */
  isSignedBy?: Rules['isSignedBy'];
}

/** What all connections share. */
export interface Hall extends IngestOptions {
  rules: Rules;
  stats: IngestStats;
  committer: Committer;
  scanner: ReportScanner;
  values: ValuePool;
  pool: CreditPool;
  desks: Map<string, Desk<HostMark>>;
  /** The live WebSocket session of each host. */
  live: Map<string, Guest>;
  all: Set<Guest>;
  held: Set<Guest>;
  /** Lists of columns by content hash, one copy for all hosts that use them. */
  columns: Map<string, readonly string[]>;
  clonesSeen: Set<string>;
  /** When time limits were last looked at. */
  tickedAt: number;
  /** The next sharing of credit before the next second. */
  sharing: Timer | undefined;
}

/** Above this many reports on their way to the store, agents are not read from. */
export const HIGH_WATER = 50_000;
/** New lists of columns of one host: a hundred at once, then one a minute. */
const LISTS_BURST = 100;
const LISTS_PER_SECOND = 1 / 60;

/** A link that flaps needs a few a minute; who connects as fast as he can would cost as much as a thousand honest agents. */
const HELLOS_BURST = 60;
const HELLOS_PER_SECOND = 2;
const POSTS_BURST = 120;
const POSTS_PER_SECOND = 5;

/** The host's desk, opened at its first session. */
export function deskOf(hall: Hall, host: string): Desk<HostMark> {
  const known = hall.desks.get(host);
  if (known) return known;
  const { config, store } = hall;
  const now = hall.clock.now();
  const marks = new Map<string, HostMark>();
  const desk: Desk<HostMark> = {
    host,
    marks,
    frames: openBudget(config.framesPerSecond, config.frameBurst, now),
    bytes: openBudget(config.bytesPerSecond, config.byteBurst, now),
    lists: openBudget(LISTS_PER_SECOND, LISTS_BURST, now),
    hellos: openBudget(HELLOS_PER_SECOND, HELLOS_BURST, now),
    posts: openBudget(POSTS_PER_SECOND, POSTS_BURST, now),
    offsetMs: 0,
    isKnown: (series) => store.columns(host, series) !== undefined,
    openMark(stream) {
      let mark = marks.get(stream);
      if (!mark) {
        const durable = store.watermark(host, stream);
        mark = { host, stream, accepted: durable, durable, history: false, owner: undefined, touched: false };
        marks.set(stream, mark);
      }
      return mark;
    },
  };
  hall.desks.set(host, desk);
  return desk;
}
