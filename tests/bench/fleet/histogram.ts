// Durations counted by whole milliseconds, in a form that travels between processes and adds up.

export type Counted = [ms: number, times: number][];

export class Histogram {
  readonly #times = new Map<number, number>();

  add(ms: number, times = 1): void {
    const slot = Math.max(0, Math.round(ms));
    this.#times.set(slot, (this.#times.get(slot) ?? 0) + times);
  }

  addAll(counted: Counted): void {
    for (const [ms, times] of counted) this.add(ms, times);
  }

  counted(): Counted {
    return [...this.#times].sort(([a], [b]) => a - b);
  }

  get count(): number {
    return [...this.#times.values()].reduce((sum, times) => sum + times, 0);
  }

  /** The least number of milliseconds that this share of them did not exceed; 0 when there are none. */
  quantile(share: number): number {
    const wanted = this.count * share;
    let seen = 0;
    for (const [ms, times] of this.counted()) {
      seen += times;
      if (seen >= wanted) return ms;
    }
    return 0;
  }

  clear(): void {
    this.#times.clear();
  }
}
