// The collector's store on a simulated disk: the contract of collector/store, and what a crash does to a commit under way: all of
// it is there afterwards or nothing, with its watermarks.

import { NamedError } from '../../shared/errors.ts';
import type { Entry, Store } from '../../collector/store/store.ts';
import type { Random } from './random.ts';
import type { Sabotage } from './sabotage.ts';
import type { Scheduler } from './scheduler.ts';

/** What is told of each entry once it is durable. */
export type OnDurable = (entry: Entry) => void;

/** The disk below the store: it outlives the process. */
export class StoreDisk {
  /** By host, then by stream. */
  readonly #marks = new Map<string, Map<string, number>>();
  /** By host, then by id. */
  readonly #columns = new Map<string, Map<string, readonly string[]>>();
  failing = false;
  syncMs: () => number = () => 2;
  /** Called once, when the next commit begins. */
  onCommit: (() => void) | undefined;
  readonly #onDurable: OnDurable;
  readonly #scheduler: Scheduler;
  readonly #sabotage: NonNullable<Sabotage['store']>;
  /** Commits that the process handed over and the device has not finished. */
  #pending: (readonly Entry[])[] = [];

  constructor(scheduler: Scheduler, onDurable: OnDurable, sabotage: NonNullable<Sabotage['store']>) {
    this.#scheduler = scheduler;
    this.#onDurable = onDurable;
    this.#sabotage = sabotage;
  }

  watermark(host: string, stream: string): number {
    return this.#marks.get(host)?.get(stream) ?? -1;
  }

  /** The machine or the process stopped: a commit under way reached the device, or it did not. */
  crash(random: Random): void {
    const pending = this.#pending;
    this.#pending = [];
    for (const entries of pending) {
      if (!random.chance(0.5)) {
        if (this.#sabotage.torn) for (const entry of entries) this.#mark(entry);
        return;
      }
      this.#apply(entries);
    }
  }

  open(isAlive: () => boolean): Store {
    const none = (): never => {
      throw new Error('the simulated store is only written');
    };
    const { watermark = (durable) => durable } = this.#sabotage;
    return {
      watermarks: none,
      watermark: (host, stream) => watermark(this.watermark(host, stream), this.#marks.get(host)),
      declare: (host, series, columns) => this.#declare(host, series, columns),
      columns: (host, series) => this.#columns.get(host)?.get(series),
      write: (entries) => this.#write(this.#sabotage.entries?.(entries) ?? entries, isAlive),
      latest: async () => undefined,
      keys: async () => [],
      points: none,
      buckets: async () => new Map(),
      gaps: none,
      stats: none,
      maintain: async () => {},
      close: async () => {},
    };
  }

  #write(entries: readonly Entry[], isAlive: () => boolean): Promise<void> {
    if (!this.#sabotage.lenient) this.#check(entries);
    this.onCommit?.();
    this.onCommit = undefined;
    const ends = this.failing;
    if (!ends) this.#pending.push(entries);
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        if (!isAlive()) return;
        if (ends) return reject(new NamedError('STORE_UNAVAILABLE', 'the simulated disk refuses'));
        if (!this.#pending.includes(entries)) return;
        this.#pending = this.#pending.filter((other) => other !== entries);
        this.#apply(entries);
        resolve();
      };
      if (this.#sabotage.early && !ends) resolve();
      this.#scheduler.after(this.syncMs() + (this.#sabotage.early ? 500 : 0), undefined, settle);
    });
  }

  #declare(host: string, series: string, columns: readonly string[]): void {
    const ofHost = this.#columns.get(host) ?? new Map<string, readonly string[]>();
    this.#columns.set(host, ofHost.set(series, columns));
  }

  #check(entries: readonly Entry[]): void {
    const next = new Map<string, number>();
    for (const entry of entries) {
      const { stream } = entry;
      const expected = next.get(stream) ?? this.watermark(entry.host, stream) + 1;
      const from = entry.kind === 'row' ? entry.seq : entry.from;
      if (from !== expected) throw new Error(`number ${from} where ${expected} is next`);
      next.set(stream, (entry.kind === 'row' ? entry.seq : entry.to) + 1);
    }
  }

  #apply(entries: readonly Entry[]): void {
    for (const entry of entries) {
      this.#mark(entry);
      this.#onDurable(entry);
    }
  }

  #mark(entry: Entry): void {
    const to = entry.kind === 'row' ? entry.seq : entry.to;
    const ofHost = this.#marks.get(entry.host);
    if (ofHost) ofHost.set(entry.stream, to);
    else this.#marks.set(entry.host, new Map([[entry.stream, to]]));
  }
}
