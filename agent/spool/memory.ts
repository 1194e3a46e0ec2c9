// What of the streams is in memory: their tails, and the columns of the newest series. Promise: what is on disk and not needed goes
// first; a report that is nowhere else is handed back to be declared lost.

import type { Series } from '../../shared/frame.ts';
import type { SpoolLimits } from './config.ts';
import { type Entry, newTail, shiftEntry, type Tail, trimTail } from './tail.ts';

const MAX_SERIES = 64;

export class SpoolMemory {
  readonly tails = new Map<string, Tail>();
  readonly series = new Map<string, Series>();
  readonly #limits: Pick<SpoolLimits, 'memoryBytes' | 'windowBytes'>;

  constructor(limits: Pick<SpoolLimits, 'memoryBytes' | 'windowBytes'>) {
    this.#limits = limits;
  }

  tailOf(stream: string): Tail {
    const tail = this.tails.get(stream) ?? newTail(stream);
    this.tails.set(stream, tail);
    return tail;
  }

  seriesOf(id: string, columns: readonly string[]): Series {
    const known = this.series.get(id);
    if (known) return known;
    const series: Series = { t: 'series', id, columns: [...columns] };
    this.series.set(id, series);
    // Columns may change without end; what is still needed is held by its entries and declared in its segments.
    const [oldest] = this.series.keys();
    if (this.series.size > MAX_SERIES && oldest !== undefined) this.series.delete(oldest);
    return series;
  }

  isOver(): boolean {
    return this.#bytes() > this.#limits.memoryBytes;
  }

  /** Forgets what is on disk; true when a stream that has ended left memory altogether. */
  trim(live: string, ackedOf: (stream: string) => number): boolean {
    let hasEnded = false;
    for (const tail of this.tails.values()) {
      trimTail(tail, ackedOf(tail.stream), tail.stream === live ? this.#limits.windowBytes : 0);
      if (tail.stream === live || tail.entries.length > 0) continue;
      this.tails.delete(tail.stream);
      hasEnded = true;
    }
    return hasEnded;
  }

  /** Takes out the oldest until the rest fits, the newest of each stream excepted; returns those that are not on disk. */
  shed(): Entry[] {
    const unwritten: Entry[] = [];
    let bytes = this.#bytes();
    for (const tail of this.tails.values()) {
      while (bytes > this.#limits.memoryBytes && tail.entries.length > 1) {
        const before = tail.bytes;
        const entry = shiftEntry(tail);
        if (entry?.text !== undefined) unwritten.push(entry);
        bytes -= before - tail.bytes;
      }
    }
    return unwritten;
  }

  #bytes(): number {
    let bytes = 0;
    for (const tail of this.tails.values()) bytes += tail.bytes;
    return bytes;
  }
}
