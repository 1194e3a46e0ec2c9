// What ingest counts about itself, as plain numbers that only grow (but for the gauges, named so). The metrics page reads them.

import type { ErrorCode } from '../../shared/errors.ts';

/** Upper bounds of the acknowledgement latency histogram, ms; the last bucket is open. */
export const ACK_BOUNDS_MS = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000] as const;

export interface IngestStats {
  /** Gauge: sockets open now, with or without a finished handshake. */
  connections: number;
  /** Gauge: sessions past their handshake. */
  sessions: number;
  connectionsTotal: number;
  handshakes: number;
  replaced: number;
  clones: number;
  httpPosts: number;
  frames: number;
  bytes: number;
  reports: number;
  samples: number;
  duplicates: number;
  gaps: number;
  /** Reports that gaps declared lost. */
  gapReports: number;
  refused: Partial<Record<ErrorCode, number>>;
  pauses: number;
  /** Frames that were not looked at, of agents that sent too fast. */
  dropped: number;
  commits: number;
  storeFailures: number;
  /** Gauge: reports accepted and not yet durable. */
  pending: number;
  /** Gauge: history credit given out. */
  creditBytes: number;
  /** Counts per bucket of ACK_BOUNDS_MS and one more; from arrival to acknowledgement. */
  ackCounts: number[];
  ackSumMs: number;
}

export function openStats(): IngestStats {
  return {
    connections: 0,
    sessions: 0,
    connectionsTotal: 0,
    handshakes: 0,
    replaced: 0,
    clones: 0,
    httpPosts: 0,
    frames: 0,
    bytes: 0,
    reports: 0,
    samples: 0,
    duplicates: 0,
    gaps: 0,
    gapReports: 0,
    refused: {},
    pauses: 0,
    dropped: 0,
    commits: 0,
    storeFailures: 0,
    pending: 0,
    creditBytes: 0,
    ackCounts: Array.from({ length: ACK_BOUNDS_MS.length + 1 }, () => 0),
    ackSumMs: 0,
  };
}

export function countRefusal(stats: IngestStats, code: ErrorCode): void {
  stats.refused[code] = (stats.refused[code] ?? 0) + 1;
}

/** On the hot path, once per report. */
export function countAck(stats: IngestStats, latencyMs: number): void {
  let i = 0;
  while (i < ACK_BOUNDS_MS.length && latencyMs > (ACK_BOUNDS_MS[i] ?? 0)) i++;
  stats.ackCounts[i] = (stats.ackCounts[i] ?? 0) + 1;
  stats.ackSumMs += latencyMs;
}
