// Ingest joins sessions, commits and presence: what agents send becomes durable, is acknowledged, and is told to those who wait
// for it. Promise: one bad agent harms nobody else; every refusal is counted; stopping acknowledges all that was accepted.

import type { ErrorCode } from '../../shared/errors.ts';
import { isSignedBy } from '../enrolment/signature.ts';
import { Committer } from './commit.ts';
import { Conn } from './connection.ts';
import { SHARE_EVERY_MS, shareCredit } from './credit.ts';
import { type Connection, type Hall, HIGH_WATER, type IngestOptions, type Wire } from './hall.ts';
import { boundHeapGrowth } from './heap.ts';
import { openNonces, type Nonces } from './nonces.ts';
import type { Challenges } from './model.ts';
import { ReportScanner } from './report-scanner.ts';
import { checkTime, excuse, refuseAndClose } from './session.ts';
import { type IngestStats, openStats } from './stats.ts';
import { ValuePool } from './value-pool.ts';

export interface Ingest {
  /** Over HTTP the challenge was sent before; on a WebSocket it is the first frame. */
  connect(wire: Wire, how: { via: 'websocket' } | { via: 'http'; nonces: Challenges }): Connection;
  readonly nonces: Nonces;
  readonly collectorName: string;
  readonly stats: IngestStats;
  /** Whether one more connection may be taken. */
  hasRoom(): boolean;
  /** Ends the host's live session: it was revoked or got another key. */
  drop(host: string, code: ErrorCode): void;
  /** Resolves when everything accepted so far is durable or refused. */
  drain(): Promise<void>;
  /** Commits and acknowledges what was accepted, then closes every connection. */
  stop(): Promise<void>;
}

const TICK_MS = 1_000;
const REVOKED_EVERY_MS = 5_000;

export function openIngest(options: IngestOptions): Ingest {
  boundHeapGrowth();
  const { clock, config } = options;
  const stats = openStats();
  const values = new ValuePool();
  const hall: Hall = {
    ...options,
    rules: {
      collector: options.collectorName,
      seriesPerHost: config.seriesPerHost,
      idleMs: config.idleTimeout,
      isSignedBy: options.isSignedBy ?? isSignedBy,
    },
    stats,
    committer: new Committer({ ...options, stats, values, commitMs: config.commitEvery }),
    scanner: new ReportScanner(),
    values,
    pool: {
      poolBytes: config.historyPool,
      perAgentBytes: config.historyPerAgent,
      grantedBytes: 0,
      wanting: 0,
    },
    desks: new Map(),
    live: new Map(),
    all: new Set(),
    held: new Set(),
    columns: new Map(),
    tickedAt: clock.now(),
    sharing: undefined,
    clonesSeen: new Set(),
  };
  hall.committer.onSettled(() => release(hall));
  const ticking = clock.every(TICK_MS, () => tick(hall));
  const dropRevoked = openRevocations(hall);
  const checking = clock.every(REVOKED_EVERY_MS, () => void dropRevoked());
  return {
    nonces: openNonces(options.random),
    collectorName: options.collectorName,
    stats,
    connect: (wire, how) => new Conn(hall, wire, how),
    hasRoom: () => hall.all.size < config.connections,
    drop(host, code) {
      const conn = hall.live.get(host);
      conn?.apply(refuseAndClose(conn.session, code, 'this session was ended by the collector'));
    },
    drain: () => hall.committer.drain(),
    async stop() {
      ticking.cancel();
      hall.sharing?.cancel();
      checking.cancel();
      for (const conn of hall.all) conn.wire.pause();
      await hall.committer.drain();
      for (const conn of hall.all) conn.close('collector', 'STOPPING');
    },
  };
}

function tick(hall: Hall): void {
  const now = hall.clock.now();
  const lateMs = now - hall.tickedAt - TICK_MS;
  hall.tickedAt = now;
  if (lateMs > TICK_MS) for (const conn of hall.all) excuse(conn.session, lateMs);
  for (const conn of hall.all) conn.apply(checkTime(conn.session, now));
  grant(hall);
}

/** Each second, and more often while somebody wants history. */
function grant(hall: Hall): void {
  for (const session of shareCredit(hall.pool, hall.live.values(), hall.clock.now())) {
    const conn = session.desk && hall.live.get(session.desk.host);
    conn?.send({ t: 'credit', creditBytes: session.creditBytes });
  }
  hall.stats.creditBytes = hall.pool.grantedBytes;
  if (hall.pool.wanting === 0 || hall.sharing) return;
  hall.sharing = hall.clock.after(SHARE_EVERY_MS, () => {
    hall.sharing = undefined;
    grant(hall);
  });
}

/** Reads again from those who were held while the store caught up. */
function release(hall: Hall): void {
  hall.stats.pending = hall.committer.pending();
  if (hall.held.size === 0 || hall.committer.pending() >= HIGH_WATER) return;
  // Who sends too fast is resumed when its pause is over.
  for (const conn of hall.held) if (!conn.session.isDeaf) conn.wire.resume();
  hall.held.clear();
}

/** A revocation may be written by another process: it must end the live session all the same. */
function openRevocations(hall: Hall): () => Promise<void> {
  const query = hall.state.selectFrom('hosts').select('id').where('revokedAt', 'is not', null).compile();
  return async () => {
    if (hall.live.size === 0) return;
    try {
      for (const { id } of (await hall.state.executeQuery(query)).rows) {
        const conn = hall.live.get(id);
        conn?.apply(refuseAndClose(conn.session, 'REVOKED', `host ${id} was revoked`));
      }
    } catch (error) {
      hall.log.warn({ error: String(error) }, 'cannot look for revoked hosts');
    }
  };
}
