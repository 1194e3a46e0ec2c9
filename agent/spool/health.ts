// Whether the spool's disk works. Promise: a failure of the disk becomes a word and a time for the next try, never an exception;
// it is logged once when it starts and once when it ends.

import { type Backoff, backoffMs } from '../../shared/backoff.ts';
import type { Clock } from '../../shared/clock.ts';
import { isDiskError } from './segment-files.ts';

export type SpoolLog = (
  level: 'info' | 'warn' | 'error',
  message: string,
  fields: Record<string, unknown>,
) => void;

const RETRY: Backoff = { baseMs: 500, capMs: 60_000 };

export class DiskHealth {
  readonly #options: { folder: string; clock: Pick<Clock, 'monotonic'>; log: SpoolLog };
  #failing: string | undefined;
  #failures = 0;
  #retryAt = -Infinity;

  constructor(options: { folder: string; clock: Pick<Clock, 'monotonic'>; log: SpoolLog }) {
    this.#options = options;
  }

  get failing(): string | undefined {
    return this.#failing;
  }

  mayTry(): boolean {
    return this.#options.clock.monotonic() >= this.#retryAt;
  }

  /** Runs a step on the disk; false when the disk failed. A mistake of ours is thrown. */
  attempt(step: () => void): boolean {
    try {
      step();
      return true;
    } catch (error) {
      if (!isDiskError(error)) throw error;
      this.#failed(error);
      return false;
    }
  }

  recovered(): void {
    if (this.#failing !== undefined)
      this.#options.log('info', 'the spool can be written again', { folder: this.#options.folder });
    this.#failing = undefined;
    this.#failures = 0;
    this.#retryAt = -Infinity;
  }

  #failed(error: Error & { code: string }): void {
    const { folder, clock, log } = this.#options;
    if (this.#failing === undefined)
      log('error', 'the spool cannot be written; reports are kept in memory', {
        code: 'SPOOL_UNAVAILABLE',
        folder,
        cause: error.message,
      });
    this.#failing = `${error.code}: ${error.message}`;
    // Full jitter is for fleets; one disk is asked again at a fixed, growing distance.
    this.#retryAt = clock.monotonic() + backoffMs(RETRY, ++this.#failures, () => 1);
  }
}
