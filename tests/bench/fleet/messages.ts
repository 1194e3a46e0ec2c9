// The messages between a fleet bench and the processes of its agents.

import type { Counted } from './histogram.ts';

export type ToAgents =
  /** Forgets the latencies so far. */
  | { do: 'count' }
  | { do: 'tell' }
  /** The first `agents` agents have been off for `reports` reports: those wait in their spools when the link is there again. */
  | { do: 'miss'; agents: number; reports: number }
  /** No report is made any more. */
  | { do: 'hush' }
  /** Goodbye everywhere, and the end of the process. */
  | { do: 'leave' };

/** Of one process. */
export interface Said {
  did: 'said';
  /** Links past their handshake. */
  open: number;
  /** Reports made so far, the missed ones included. */
  reports: number;
  /** Reports in the spools; those of them that were missed, and agents that still hold such. */
  held: number;
  missedHeld: number;
  agentsBehind: number;
  /** Of live reports since `count`, from the moment at which they were made with an open link: ms. */
  acks: Counted;
  /** How late this process made its reports, and how late its event loop was: what looks like the collector's but is its own. */
  late: Counted;
  loopP99Ms: number;
  /** Share of the time since `count` in which its event loop was at work. */
  loopBusy: number;
  /** Refusals heard since the start, by code. */
  refused: Record<string, number>;
  /** Links that ended since `count`, by what they said. */
  ended: Record<string, number>;
}

export type FromAgents = Said | { did: 'left' };

export type ToFlooder = { do: 'begin'; kind: string } | { do: 'end' };
export type FromFlooder =
  | { did: 'begun' }
  /** What it got rid of, and how often it was refused. */
  | { did: 'ended'; frames: number; bytes: number; connects: number; refused: number };
