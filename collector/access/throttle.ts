// Slows down guessing: failures per account and per address. Pure: (state, key, now) → how long to wait. Promise: memory is
// bounded, and a lock never lasts longer than the longest wait, so nobody can lock the administrator out for good.

export interface ThrottleRule {
  /** Failures that cost nothing. */
  free: number;
  longestMs: number;
  /** Failures are forgotten after this long without another. */
  forgetMs: number;
}

export const ACCOUNT_RULE: ThrottleRule = { free: 5, longestMs: 60_000, forgetMs: 15 * 60_000 };
export const ADDRESS_RULE: ThrottleRule = { free: 20, longestMs: 5 * 60_000, forgetMs: 60 * 60_000 };
const MOST_KEYS = 10_000;

export type Failures = Map<string, { count: number; lastAt: number }>;

/** Milliseconds until another attempt is allowed; 0: now. */
export function waitMs(failures: Failures, rule: ThrottleRule, key: string, now: number): number {
  const entry = failures.get(key);
  if (!entry || entry.count < rule.free || now - entry.lastAt > rule.forgetMs) return 0;
  const penalty = Math.min(rule.longestMs, 1000 * 2 ** (entry.count - rule.free));
  return Math.max(0, entry.lastAt + penalty - now);
}

export function addFailure(failures: Failures, rule: ThrottleRule, key: string, now: number): void {
  const before = failures.get(key);
  const count = before && now - before.lastAt <= rule.forgetMs ? before.count + 1 : 1;
  // Re-inserted, so that the map's first key is always the one that failed longest ago.
  failures.delete(key);
  failures.set(key, { count, lastAt: now });
  const oldest = failures.size > MOST_KEYS ? failures.keys().next().value : undefined;
  if (oldest !== undefined) failures.delete(oldest);
}
