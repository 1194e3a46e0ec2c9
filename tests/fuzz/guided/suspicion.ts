// What an input seems to have broken, before the code as it is has borne it out.

import type { Verdict } from '../judge.ts';

export interface Suspicion {
  input: Uint8Array;
  verdict: Verdict;
}

/** A smaller input for the same failure; a much longer time or larger memory, since instrumented code is the slower one. */
export function isWorse(next: Suspicion, known: Suspicion): boolean {
  const [cost, knownCost] = [next.verdict.cost ?? 0, known.verdict.cost ?? 0];
  if (cost !== knownCost) return cost > knownCost * 1.5;
  return next.input.length * 2 < known.input.length;
}
