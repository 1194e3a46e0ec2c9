// Waiting times between tries: exponential with full jitter, so that a fleet that lost the same collector comes back spread out.

export interface Backoff {
  baseMs: number;
  capMs: number;
}

/** Milliseconds to wait before try number `attempt` (0 = first retry); `random` returns [0, 1). */
export function backoffMs(backoff: Backoff, attempt: number, random: () => number): number {
  const ceiling = Math.min(backoff.capMs, backoff.baseMs * 2 ** Math.min(attempt, 30));
  return Math.floor(ceiling * random());
}
