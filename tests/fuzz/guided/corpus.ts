// The inputs worth breeding from. Each feature that was ever seen belongs to the smallest input that shows it; an input that
// owns nothing any more goes. Inputs with rare features are picked more often, those that cost much less often. Pure.

import { FEATURES } from './coverage.ts';

export interface Entry {
  input: Buffer;
  /** What it showed when it was taken in. */
  features: Uint32Array;
  steps: number;
  /** How many features are its own. */
  owned: number;
  picks: number;
}

const WEIGH_EVERY = 500;
/** Taking over for the sake of a byte or two would only churn. */
const SMALLER = 0.9;

export class Corpus {
  readonly entries: Entry[] = [];
  /** Features seen so far. */
  seen = 0;
  private readonly owners: (Entry | undefined)[] = Array.from({ length: FEATURES });
  private readonly hits = new Uint32Array(FEATURES);
  private sums = new Float64Array(0);
  private age = 0;

  /** Takes the input in when it shows something new, or shows the same in fewer bytes. */
  offer(input: Uint8Array, features: Uint32Array, steps: number): 'new' | 'smaller' | undefined {
    let fresh = 0;
    let better = 0;
    for (const feature of features) {
      this.hits[feature] = (this.hits[feature] as number) + 1;
      const owner = this.owners[feature];
      if (!owner) fresh++;
      else if (input.length < owner.input.length * SMALLER) better++;
    }
    if (fresh + better === 0) return undefined;
    const entry: Entry = { input: Buffer.from(input), features: features.slice(), steps, owned: 0, picks: 0 };
    for (const feature of features) this.own(entry, feature);
    this.entries.push(entry);
    this.seen += fresh;
    this.age = 0;
    return fresh > 0 ? 'new' : 'smaller';
  }

  private own(entry: Entry, feature: number): void {
    const owner = this.owners[feature];
    if (owner && entry.input.length >= owner.input.length * SMALLER) return;
    this.owners[feature] = entry;
    entry.owned++;
    if (!owner) return;
    owner.owned--;
    if (owner.owned > 0) return;
    this.entries.splice(this.entries.indexOf(owner), 1);
  }

  /** `chance` in [0, 1). */
  pick(chance: number): number {
    if (this.age-- <= 0) this.weigh();
    const total = this.sums.at(-1) ?? 0;
    let [low, high] = [0, this.sums.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.sums[middle] as number) > chance * total) high = middle;
      else low = middle + 1;
    }
    const entry = this.entries[low];
    if (entry) entry.picks++;
    return low;
  }

  private weigh(): void {
    this.age = WEIGH_EVERY;
    const meanSteps =
      1 + this.entries.reduce((sum, e) => sum + e.steps, 0) / Math.max(1, this.entries.length);
    this.sums = new Float64Array(this.entries.length);
    let sum = 0;
    this.entries.forEach((entry, i) => {
      sum += this.weight(entry, meanSteps);
      this.sums[i] = sum;
    });
  }

  private weight(entry: Entry, meanSteps: number): number {
    let rarity = 0;
    for (const feature of entry.features)
      if (this.owners[feature] === entry) rarity += 1 / Math.sqrt(1 + (this.hits[feature] as number));
    const youth = 1 + 8 / (1 + entry.picks);
    return ((0.01 + rarity) * youth) / (1 + Math.log2(1 + entry.steps / meanSteps));
  }
}

interface Showing {
  input: Buffer;
  features: readonly number[];
}

/** Few inputs, small ones first, that show what `covered` lacks; the tellingest come first, should `most` not suffice for all. */
export function minimise(
  entries: readonly Showing[],
  most: { bytes: number; files: number },
  covered: Set<number>,
): Buffer[] {
  const left = new Set(entries);
  const kept: Buffer[] = [];
  let bytes = 0;
  while (kept.length < most.files) {
    let best: { entry: Showing; gain: number } | undefined;
    for (const entry of left) {
      let fresh = 0;
      for (const feature of entry.features) if (!covered.has(feature)) fresh++;
      if (fresh === 0 || bytes + entry.input.length > most.bytes) {
        left.delete(entry);
        continue;
      }
      const gain = fresh / Math.sqrt(64 + entry.input.length);
      if (!best || gain > best.gain) best = { entry, gain };
    }
    if (!best) break;
    for (const feature of best.entry.features) covered.add(feature);
    bytes += best.entry.input.length;
    kept.push(best.entry.input);
    left.delete(best.entry);
  }
  return kept;
}
