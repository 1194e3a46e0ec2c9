// What one run of instrumented code did, as a list of features: which branch how often (in powers of two), how near each
// comparison came, how much was allocated. Promise: the same run gives the same features, whatever the clock says.

import type { Verdict } from '../judge.ts';
import type { Numbers } from './instrument.ts';

const MOST_BRANCHES = 1 << 16;
const MOST_COMPARISONS = 1 << 13;
const BRANCH_STEPS = 20;
const NEARNESS_STEPS = 32;
const ALLOCATION_STEPS = 48;
const COMPARISONS_AT = MOST_BRANCHES * BRANCH_STEPS;
const ALLOCATION_AT = COMPARISONS_AT + MOST_COMPARISONS * NEARNESS_STEPS;
/** No feature has this number or a higher one. */
export const FEATURES = ALLOCATION_AT + ALLOCATION_STEPS;
const MOST_MISSES = 256;

const BYTES: Readonly<Record<string, number>> = {
  Float64Array: 8,
  BigUint64Array: 8,
  BigInt64Array: 8,
  Float32Array: 4,
  Uint32Array: 4,
  Int32Array: 4,
  Uint16Array: 2,
  Int16Array: 2,
  Array: 8,
};

export interface RunLimits {
  /** Turns of one loop. */
  turns: number;
  /** Bytes asked for by allocations whose size the code computes. */
  bytes: number;
}

/** A limit was broken: thrown inside the code under test, and kept as a verdict should it be caught there. */
class Breach extends Error {}

/** A comparison that failed: what the code had and what it wanted. */
export type Miss = readonly [string | number, string | number];

export class Coverage implements Numbers {
  /** Counted by the instrumented code itself. */
  readonly hits = new Uint32Array(MOST_BRANCHES);
  /** Texts and numbers in the code of the modules, for mutation. */
  readonly words = new Set<string | number>();
  branches = 0;
  comparisons = 0;
  breach: Verdict | undefined;
  private limits: RunLimits;
  private readonly usual: RunLimits;
  private readonly near = new Uint8Array(MOST_COMPARISONS);
  private readonly found = new Uint32Array(1 << 18);
  /** Both sides of the first failed comparisons of this run: no pairs, whose allocation would count as the code's own. */
  private readonly had: (string | number)[] = [];
  private readonly wanted: (string | number)[] = [];
  private taken = 0;

  constructor(limits: RunLimits) {
    this.limits = limits;
    this.usual = limits;
  }

  branch(): number {
    if (this.branches + 1 >= MOST_BRANCHES) throw new Error(`more than ${MOST_BRANCHES} branches`);
    return this.branches++;
  }

  comparison(): number {
    if (this.comparisons + 1 >= MOST_COMPARISONS)
      throw new Error(`more than ${MOST_COMPARISONS} comparisons`);
    return this.comparisons++;
  }

  /** `turns`: where the usual limit is to be passed, to see how long it really takes. */
  begin(turns = this.usual.turns): void {
    this.limits = { ...this.usual, turns };
    this.hits.fill(0, 0, this.branches);
    this.near.fill(0, 0, this.comparisons);
    this.had.length = 0;
    this.wanted.length = 0;
    this.taken = 0;
    this.breach = undefined;
  }

  /** The features of the run since `begin`; valid until the next call. */
  features(): Uint32Array {
    const { hits, near, found } = this;
    let n = 0;
    for (let b = 0; b < this.branches; b++) {
      const count = hits[b] as number;
      if (count > 0) found[n++] = b * BRANCH_STEPS + stepOf(count);
    }
    for (let c = 0; c < this.comparisons; c++) {
      const nearness = near[c] as number;
      if (nearness > 0) found[n++] = COMPARISONS_AT + c * NEARNESS_STEPS + nearness - 1;
    }
    if (this.taken > 0) found[n++] = ALLOCATION_AT + Math.floor(Math.log2(this.taken));
    return found.subarray(0, n);
  }

  misses(): Miss[] {
    return this.had.map((a, i): Miss => [a, this.wanted[i] ?? '']);
  }

  /** All turns and branches of the run: what it cost, without a clock. */
  steps(): number {
    let sum = 0;
    for (let b = 0; b < this.branches; b++) sum += this.hits[b] as number;
    return sum;
  }

  /** The branch that ran most: which loop it was that took long. */
  hottest(): number {
    let best = 0;
    for (let b = 0; b < this.branches; b++)
      if ((this.hits[b] as number) > (this.hits[best] as number)) best = b;
    return best;
  }

  loop(branch: number): void {
    const turns = (this.hits[branch] = (this.hits[branch] as number) + 1);
    if (turns > this.limits.turns) this.broken('slow', `a loop turned more than ${this.limits.turns} times`);
  }

  same(comparison: number, a: unknown, b: unknown): boolean {
    if (typeof a === 'number' && typeof b === 'number') this.note(comparison, a, b, nearNumbers(a, b));
    else if (typeof a === 'string' && typeof b === 'string') this.note(comparison, a, b, nearTexts(a, b));
    return a === b;
  }

  take<T>(what: string, size: T): T {
    // A view of a buffer that is there takes nothing.
    if (typeof size !== 'number' || !(size > 0)) return size;
    this.taken += size * (BYTES[what] ?? 1);
    if (this.taken > this.limits.bytes)
      this.broken('memory', `${what} of ${size}: more than ${this.limits.bytes} bytes in one run`);
    return size;
  }

  private note(comparison: number, a: string | number, b: string | number, nearness: number): void {
    if (nearness + 1 > (this.near[comparison] as number)) this.near[comparison] = nearness + 1;
    if (a === b || this.had.length >= MOST_MISSES) return;
    this.had.push(a);
    this.wanted.push(b);
  }

  private broken(kind: 'slow' | 'memory', message: string): never {
    const error = new Breach(message);
    this.breach = { kind, what: error.stack ?? message, key: `${kind} ${this.hottest()}`, cost: Infinity };
    throw error;
  }
}

/** The branches among features. */
export function branchesOf(features: Uint32Array): number[] {
  const branches: number[] = [];
  for (const feature of features)
    if (feature < COMPARISONS_AT) branches.push(Math.floor(feature / BRANCH_STEPS));
  return branches;
}

/** 1, 2, 3, 4–7, 8–15, … then wider: a loop that turns one more time is no news. */
function stepOf(count: number): number {
  if (count < 4) return count - 1;
  const bits = 32 - Math.clz32(count);
  return bits <= 10 ? bits : Math.min(BRANCH_STEPS - 1, 10 + ((bits - 9) >> 1));
}

/** Equal leading bits, so that each byte that is met counts; 31 when all are. */
function nearNumbers(a: number, b: number): number {
  return a === b ? NEARNESS_STEPS - 1 : Math.min(NEARNESS_STEPS - 2, Math.clz32(a ^ b));
}

function nearTexts(a: string, b: string): number {
  if (a === b) return NEARNESS_STEPS - 1;
  const most = Math.min(a.length, b.length, NEARNESS_STEPS - 3);
  let n = 0;
  while (n < most && a.charCodeAt(n) === b.charCodeAt(n)) n++;
  // That there is a text at all is the first step.
  return most === 0 ? 0 : n + 1;
}
