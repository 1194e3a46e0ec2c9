// The simulated time: events in order of their instant, then of their making. Promise: the same calls give the same order; all that
// follows from an event through promises has run before the next one does.

import type { Clock, Timer } from '../../shared/clock.ts';
import { runJobs } from './jobs.ts';

/** A process: its timers die with it and wait while it is frozen. */
export interface Owner {
  alive: boolean;
  frozenUntil: number;
  /** Runs a step of the process; what ends the process stops here. */
  enter(run: () => void): void;
}

class Event implements Timer {
  at: number;
  order: number;
  readonly owner: Owner | undefined;
  readonly periodMs: number;
  run: (() => void) | undefined;

  constructor(at: number, order: number, owner: Owner | undefined, periodMs: number, run: () => void) {
    this.at = at;
    this.order = order;
    this.owner = owner;
    this.periodMs = periodMs;
    this.run = run;
  }

  cancel(): void {
    this.run = undefined;
  }
}

export class Scheduler {
  now = 0;
  /** Everything that happened so far: see `sim.ts --help` for what counts. Whoever does more than a step of its own adds to it. */
  happened = 0;
  readonly #heap: Event[] = [];
  #order = 0;

  after(delayMs: number, owner: Owner | undefined, run: () => void, periodMs = 0): Timer {
    const event = new Event(this.now + Math.max(0, delayMs), this.#order++, owner, periodMs, run);
    this.#push(event);
    return event;
  }

  /** Runs everything up to `until` (exclusive of what is later). */
  run(until: number): void {
    for (let event = this.#heap[0]; event !== undefined && event.at <= until; event = this.#heap[0]) {
      this.#pop();
      this.#step(event);
    }
    this.now = Math.max(this.now, until);
  }

  #step(event: Event): void {
    const { run, owner } = event;
    if (run === undefined) return;
    if (owner !== undefined) {
      if (!owner.alive) return;
      if (owner.frozenUntil > event.at) {
        event.at = owner.frozenUntil;
        event.order = this.#order++;
        return this.#push(event);
      }
    }
    this.now = event.at;
    this.happened++;
    if (event.periodMs > 0) {
      event.at += event.periodMs;
      event.order = this.#order++;
      this.#push(event);
    }
    if (owner === undefined) run();
    else owner.enter(run);
    runJobs();
  }

  #push(event: Event): void {
    const heap = this.#heap;
    const { at, order } = event;
    let i = heap.length;
    heap.push(event);
    while (i > 0) {
      const up = (i - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || parent.at < at || (parent.at === at && parent.order < order)) break;
      heap[i] = parent;
      i = up;
    }
    heap[i] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    const size = heap.length;
    const { at, order } = last;
    let i = 0;
    for (let child = 1; child < size; child = 2 * i + 1) {
      let least = heap[child];
      const right = child + 1 < size ? heap[child + 1] : undefined;
      if (least === undefined) break;
      if (
        right !== undefined &&
        (right.at < least.at || (right.at === least.at && right.order < least.order))
      ) {
        child++;
        least = right;
      }
      if (at < least.at || (at === least.at && order < least.order)) break;
      heap[i] = least;
      i = child;
    }
    heap[i] = last;
  }
}

/** What the wall of a machine shows, and since when it runs. */
export interface Dial {
  wallAtZero: number;
  bootedAt: number;
}

/** The clock as one process sees it. */
export function processClock(scheduler: Scheduler, owner: Owner, dial: Dial): Clock {
  return {
    now: () => Math.floor(dial.wallAtZero + scheduler.now),
    monotonic: () => scheduler.now - dial.bootedAt,
    after: (delayMs, run) => scheduler.after(delayMs, owner, run),
    every: (periodMs, run) => scheduler.after(periodMs, owner, run, periodMs),
  };
}
