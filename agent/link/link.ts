// The Link interface: one outbound conversation with the collector, as an explicit state. The decisions are in the pure
// machine (`machine.ts`: state, input, now → state, effects); this shell moves bytes. Nothing that arrives can make the agent act on the host.

import type { GoodbyeReason } from '../../shared/frame.ts';

export type LinkState = 'idle' | 'connecting' | 'handshaking' | 'open' | 'waiting' | 'refused' | 'closed';

export interface LinkStatus {
  state: LinkState;
  collector: string;
  transport: 'websocket' | 'http';
  since: number;
  /** Last acknowledgement, agent's clock. */
  lastAckAt?: number;
  offsetMs?: number;
  rttMs?: number;
  lastError?: string;
}

export interface Link {
  start(): void;
  /** New reports were appended to the spool. */
  wake(): void;
  /** Sends goodbye, waits for the acknowledgement of what is in flight up to `withinMs`, closes. */
  stop(reason: GoodbyeReason, withinMs: number): Promise<void>;
  status(): LinkStatus;
}
