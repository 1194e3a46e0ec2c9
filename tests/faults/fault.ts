// The Fault interface: one way in which the world fails, with the cases that inflict it on real processes. Promise of every case:
// it heals what it broke, and then each report that was collected is stored once, declared lost, or safe on the agent's disk.

import type { Scope } from '../support/scope.ts';
import type { Means } from './means/means.ts';

export interface How {
  /** The long form of `npm run faults`, or the short one of `npm test`. */
  long: boolean;
  /** All that is drawn is drawn from this, so that a run can be had again. */
  seed: number;
  say(line: string): void;
}

export interface Fault {
  /** One word, as `--only` takes it. */
  name: string;
  about: string;
  needs: readonly Means[];
  /** What is shown → the case. */
  cases: Readonly<Record<string, (t: Scope, how: How) => Promise<void>>>;
}

/** Park and Miller's generator: numbers in (0, 1). */
export function seeded(seed: number): () => number {
  let state = Math.abs(seed) % 2_147_483_647 || 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
