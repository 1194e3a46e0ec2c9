// Columns that go along with an earlier one: a share after its whole, a percentage after its bytes, one load after another. Such
// a column, the follower, is kept as its distance from a straight line over the other, its leader. Found by looking at a few
// places only; what is said here is a guess about cost, never about content.

import type { Decimals } from './decimals.ts';

export interface Leader {
  column: number;
  decimals: Decimals;
}

/** Places looked at, each with the row behind it. */
const PLACES = 16;
/** Shorter columns hardly pay for the line. */
const FEWEST_ROWS = 48;
/** The latest so many columns are asked. */
const LEADERS = 48;
/** Of the followers' variance this much must be the leader's before it is looked at more closely. */
const SHARED_VARIANCE = 0.5;
/** Bits a value that must be saved, by the guess. */
const GAIN_BITS = 1;

/** What a column does at the places: its values less their mean, the steps to the next row less theirs. */
interface Profile {
  values: Float64Array;
  steps: Float64Array;
  variance: number;
  /** Power of two that all that was seen is a multiple of. */
  unit: number;
}

export class Leaders {
  readonly #n: number;
  readonly #known: { leader: Leader; profile: Profile }[] = [];

  constructor(n: number) {
    this.#n = n;
  }

  /** The leader of a column, or undefined: then the column may lead later ones. */
  find(column: number, decimals: Decimals): Leader | undefined {
    if (this.#n < FEWEST_ROWS || decimals.scale < 0 || decimals.missing > 0) return undefined;
    const profile = profileOf(decimals.ints, this.#n);
    if (profile.variance === 0) return undefined;
    const best = this.#closest(profile);
    if (best) return best;
    this.#known.push({ leader: { column, decimals }, profile });
    if (this.#known.length > LEADERS) this.#known.shift();
    return undefined;
  }

  #closest(profile: Profile): Leader | undefined {
    let least = bitsOf(roughness(profile, profile, 0), profile.unit) - GAIN_BITS;
    let best: Leader | undefined;
    for (const { leader, profile: other } of this.#known) {
      const shared = product(profile.values, other.values);
      if (shared * shared < SHARED_VARIANCE * profile.variance * other.variance) continue;
      const bits = bitsOf(roughness(profile, other, shared / other.variance), profile.unit);
      if (bits >= least) continue;
      least = bits;
      best = leader;
    }
    return best;
  }
}

function profileOf(x: Float64Array, n: number): Profile {
  const values = new Float64Array(PLACES);
  const steps = new Float64Array(PLACES);
  let low = 0;
  for (let k = 0; k < PLACES; k++) {
    const i = Math.floor((k * (n - 2)) / (PLACES - 1));
    values[k] = (x[i] as number) - (x[0] as number);
    steps[k] = (x[i + 1] as number) - (x[i] as number);
    low |= (values[k] as number) | (steps[k] as number);
  }
  centre(values);
  centre(steps);
  return { values, steps, variance: product(values, values), unit: low === 0 ? 1 : low & -low };
}

function centre(x: Float64Array): void {
  let sum = 0;
  for (let k = 0; k < PLACES; k++) sum += x[k] as number;
  for (let k = 0; k < PLACES; k++) x[k] = (x[k] as number) - sum / PLACES;
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < PLACES; k++) sum += (a[k] as number) * (b[k] as number);
  return sum;
}

/** How far the column lies from the line, by its values or by its steps, whichever is nearer. */
function roughness(of: Profile, over: Profile, slope: number): number {
  let values = 0;
  let steps = 0;
  for (let k = 0; k < PLACES; k++) {
    values += Math.abs((of.values[k] as number) - slope * (over.values[k] as number));
    steps += Math.abs((of.steps[k] as number) - slope * (over.steps[k] as number));
  }
  return Math.min(values, steps) / PLACES;
}

const bitsOf = (distance: number, unit: number): number => Math.log2(1 + (4 * distance) / Math.abs(unit));

/** Slope of the line through all rows, in units of 2^shift of the follower. */
export function slopeOf(y: Float64Array, x: Float64Array, n: number, shift: number): number {
  const x0 = x[0] as number;
  const y0 = y[0] as number;
  let sumX = 0;
  let sumY = 0;
  let sumXX = 0;
  let sumXY = 0;
  for (let i = 0; i < n; i++) {
    const dx = (x[i] as number) - x0;
    const dy = (y[i] as number) - y0;
    sumX += dx;
    sumY += dy;
    sumXX += dx * dx;
    sumXY += dx * dy;
  }
  return Math.fround((n * sumXY - sumX * sumY) / (n * sumXX - sumX * sumX) / 2 ** shift);
}
