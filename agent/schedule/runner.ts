// One probe under the scheduler's care. Promise: it is never read twice at once, a reading ends in time whatever the probe does,
// and a lasting failure is logged once when it starts and once when it ends.

import type { Clock } from '../../shared/clock.ts';
import { describeError, type ErrorCode, isNamedError, NamedError } from '../../shared/errors.ts';
import type { Log } from '../log.ts';
import type { Judgement, Probe, ProbeEvent, Reading } from '../probes/probe.ts';

export interface ScheduledProbe {
  name: string;
  intervalMs: number;
  probe: Probe;
}

export interface ProbeState {
  name: string;
  intervalMs: number;
  errors: number;
  failing?: string;
  lastReadAt?: number;
}

export interface Outcome {
  /** The former reading goes on within its time: there is nothing to tell yet. */
  skipped?: true;
  /** undefined when the probe failed. */
  reading: Reading | undefined;
  /** The state of the probe itself: a check when it ever failed, an event when that changed. */
  own: Judgement[];
  events: ProbeEvent[];
}

/** A longer answer would come too late to be of use; a shorter limit would fail a slow but working subject. */
export function timeoutOf(intervalMs: number): number {
  return Math.min(30_000, Math.max(5000, intervalMs));
}

export class Runner {
  readonly name: string;
  readonly intervalMs: number;
  readonly #probe: Probe;
  readonly #clock: Clock;
  readonly #log: Log;
  #busy = false;
  /** The reading under way has passed its limit. */
  #overdue = false;
  #errors = 0;
  #failing: string | undefined;
  #everFailed = false;
  #lastReadAt: number | undefined;

  constructor(scheduled: ScheduledProbe, clock: Clock, log: Log) {
    this.name = scheduled.name;
    this.intervalMs = scheduled.intervalMs;
    this.#probe = scheduled.probe;
    this.#clock = clock;
    this.#log = log;
  }

  async read(): Promise<Outcome> {
    if (this.#busy && !this.#overdue) return { skipped: true, reading: undefined, own: [], events: [] };
    try {
      const reading = await this.#readInTime();
      this.#lastReadAt = this.#clock.now();
      const errors = reading.errors ?? [];
      if (errors.length > 0) return this.#failure(reading, errors);
      const events = this.#recovered();
      return { reading, own: this.#check('ok'), events };
    } catch (error) {
      return this.#failure(undefined, [error]);
    }
  }

  #failure(reading: Reading | undefined, errors: readonly unknown[]): Outcome {
    this.#errors += errors.length;
    const events = this.#failed(errors);
    return { reading, own: this.#check('warning'), events };
  }

  state(): ProbeState {
    return {
      name: this.name,
      intervalMs: this.intervalMs,
      errors: this.#errors,
      ...(this.#failing === undefined ? {} : { failing: this.#failing }),
      ...(this.#lastReadAt === undefined ? {} : { lastReadAt: this.#lastReadAt }),
    };
  }

  close(): void {
    this.#probe.close?.();
  }

  async #readInTime(): Promise<Reading> {
    if (this.#busy) throw new NamedError('PROBE_TIMEOUT', `${this.name}: the last reading has not ended`);
    this.#busy = true;
    this.#overdue = false;
    const limitMs = timeoutOf(this.intervalMs);
    const abort = new AbortController();
    const late = Promise.withResolvers<never>();
    const timer = this.#clock.after(limitMs, () => {
      const error = new NamedError('PROBE_TIMEOUT', `${this.name}: no answer within ${limitMs} ms`);
      this.#overdue = true;
      abort.abort(error);
      late.reject(error);
    });
    // A probe that ignores the signal stays busy until it really ends.
    const reading = this.#start(abort.signal).finally(() => {
      this.#busy = false;
      timer.cancel();
    });
    reading.catch(() => {});
    return Promise.race([reading, late.promise]);
  }

  /** Async, so that a probe that throws at once fails like any other. */
  async #start(signal: AbortSignal): Promise<Reading> {
    return this.#probe.read(signal);
  }

  #check(status: 'ok' | 'warning'): Judgement[] {
    if (!this.#everFailed) return [];
    const text = status === 'ok' ? '探针恢复读取' : `探针读取失败（${this.#failing ?? 'PROBE_FAILED'}）`;
    return [{ id: `probe:${this.name}`, status, text }];
  }

  #failed(errors: readonly unknown[]): ProbeEvent[] {
    const error = errors[0];
    const code: ErrorCode = isNamedError(error) ? error.code : 'PROBE_FAILED';
    const known = this.#failing !== undefined;
    this.#failing = code;
    this.#everFailed = true;
    if (known) return [];
    this.#log.warn('a probe cannot read its subject', {
      probe: this.name,
      code,
      error: describeError(error),
    });
    // The message may name files of the hospital: only the code leaves.
    return [{ kind: 'probe.failed', subject: this.name, data: { code } }];
  }

  #recovered(): ProbeEvent[] {
    if (this.#failing === undefined) return [];
    this.#failing = undefined;
    this.#log.info('a probe reads its subject again', { probe: this.name, errors: this.#errors });
    return [{ kind: 'probe.recovered', subject: this.name }];
  }
}
