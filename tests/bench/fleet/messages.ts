// The messages between the fleet bench and the process of its agents.

/** `count` forgets the latencies so far; `tell` asks for them; `leave` says goodbye everywhere. */
export type ToAgents = { do: 'count' } | { do: 'tell' } | { do: 'leave' };

export type FromAgents =
  | { did: 'open' }
  | {
      did: 'told';
      ackP50Ms: number;
      ackP99Ms: number;
      acks: number;
      /** Reports made and not acknowledged. */
      waiting: number;
      /** How late this process itself was with sending: its own lack of processor time would look like the collector's. */
      lateP99Ms: number;
    }
  | { did: 'left'; reports: number; acked: number };
