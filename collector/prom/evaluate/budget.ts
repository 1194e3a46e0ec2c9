// What one query may cost. Promise: a query that is too large ends with an error that says which limit, before memory or time
// of the collector are gone.

import { executionFailure, PromFailure } from '../failure.ts';

export interface Limits {
  /** Samples read plus values computed, held at one time or not. */
  samples: number;
  series: number;
  timeoutMs: number;
}

export class Budget {
  private readonly limits: Limits;
  private readonly monotonic: () => number;
  private readonly startedAt: number;
  private samples = 0;

  constructor(limits: Limits, monotonic: () => number) {
    this.limits = limits;
    this.monotonic = monotonic;
    this.startedAt = monotonic();
  }

  spend(samples: number): void {
    this.samples += samples;
    if (this.samples > this.limits.samples)
      throw executionFailure(
        `query processing would load too many samples into memory in query execution (limit ${this.limits.samples}); ask for fewer series, a shorter time or a longer step`,
      );
  }

  spendSeries(series: number): void {
    if (series > this.limits.series)
      throw executionFailure(
        `the query selects ${series} series (limit ${this.limits.series}); name the host or the metric`,
      );
  }

  /** Called between parts of the work. */
  checkTime(): void {
    if (this.monotonic() - this.startedAt > this.limits.timeoutMs)
      throw new PromFailure(
        'timeout',
        `query timed out in expression evaluation (limit ${this.limits.timeoutMs} ms)`,
      );
  }
}
