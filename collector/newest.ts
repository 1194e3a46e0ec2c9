// The newest value of each place of a row, with its time and the interval before it. Promise: a value counts where it is not older
// than the one that is known; where whole rows come one after another, one is copied in one go and has one time for all.

const NEVER = -Infinity;

export class Newest {
  #values: Float64Array;
  #ats: Float64Array;
  #intervals: Float32Array;
  /** So many places, from 0, share one time and interval; what the lists say of them is old. */
  #shared = 0;
  #at = NEVER;
  #interval = 0;
  #known = 0;

  constructor(size: number) {
    this.#values = new Float64Array(size).fill(Number.NaN);
    this.#ats = new Float64Array(size).fill(NEVER);
    this.#intervals = new Float32Array(size);
  }

  /** Places that have a value. */
  get known(): number {
    return this.#known;
  }

  get size(): number {
    return this.#values.length;
  }

  /** NaN where there is none. */
  value(place: number): number {
    return this.#values[place] ?? Number.NaN;
  }

  /** Time of the value; -Infinity where there is none. */
  at(place: number): number {
    return place < this.#shared ? this.#at : (this.#ats[place] ?? NEVER);
  }

  /** Between the value and the one before it; 0 where there was none. */
  interval(place: number): number {
    return place < this.#shared ? this.#interval : (this.#intervals[place] ?? 0);
  }

  /** Places are added at the end. */
  grow(size: number): void {
    const values = new Float64Array(size).fill(Number.NaN);
    const ats = new Float64Array(size).fill(NEVER);
    const intervals = new Float32Array(size);
    values.set(this.#values);
    ats.set(this.#ats);
    intervals.set(this.#intervals);
    this.#values = values;
    this.#ats = ats;
    this.#intervals = intervals;
  }

  put(place: number, value: number, at: number): void {
    if (Number.isNaN(value) || !(at >= this.at(place))) return;
    if (place < this.#shared) this.#part();
    const before = this.#ats[place] ?? Number.NaN;
    // Beyond the end.
    if (Number.isNaN(before)) return;
    if (before === NEVER) this.#known++;
    else if (at > before) this.#intervals[place] = at - before;
    this.#values[place] = value;
    this.#ats[place] = at;
  }

  /** The clock was set back to `now`: what is known is as old as that, or it would hide what comes until then. */
  noLaterThan(now: number): void {
    this.#at = Math.min(this.#at, now);
    for (const [place, at] of this.#ats.entries()) if (at > now) this.#ats[place] = now;
  }

  /** `row` is for the places from 0; `isWhole` says that it holds no NaN. */
  putRow(row: ArrayLike<number>, at: number, isWhole: boolean): void {
    const n = row.length;
    if (isWhole && (this.#shared === n || this.#share(n, at))) {
      if (at < this.#at) return;
      if (at > this.#at && this.#at !== NEVER) this.#interval = at - this.#at;
      this.#at = at;
      this.#values.set(row);
      return;
    }
    for (let i = 0; i < n; i++) this.put(i, row[i] as number, at);
  }

  /** Whether the first `n` places have one time, not after `at`; then they share it. */
  #share(n: number, at: number): boolean {
    if (this.#shared > 0 || n === 0 || n > this.#ats.length) return false;
    const common = this.#ats[0] as number;
    if (at < common) return false;
    for (let i = 1; i < n; i++) {
      if (this.#ats[i] !== common || this.#intervals[i] !== this.#intervals[0]) return false;
    }
    if (common === NEVER) this.#known += n;
    this.#at = common;
    this.#interval = this.#intervals[0] as number;
    this.#shared = n;
    return true;
  }

  #part(): void {
    this.#ats.fill(this.#at, 0, this.#shared);
    this.#intervals.fill(this.#interval, 0, this.#shared);
    this.#shared = 0;
  }
}
