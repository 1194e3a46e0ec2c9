// What the contract's cases are made of: rows, columns, a clock that is told to move, folders that go.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, type Clock } from '../../../shared/clock.ts';
import type { Entry, Store } from '../store.ts';

export interface Engine {
  name: string;
  /** Opens the store in the folder; called again on the same folder after `close`. */
  open(folder: string, clock: Clock): Promise<Store>;
  /** How long raw samples, 5 min rollups and 1 h rollups are kept. Left out where the engine's own operator decides that. */
  keepMs?: { raw: number; fiveMinutes: number; hours: number };
  /** Of the model; default 40. Engines in programs of their own answer more slowly. */
  runs?: number;
  /** Which of two samples of one series and time stays. Default: the later arrival. */
  sameInstant?: 'later' | 'either';
  /** How far a stored value may lie from the given one. Default: bit for bit. */
  tolerance?: (value: number, largest: number) => number;
}

export const T0 = Date.UTC(2026, 10, 1);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const STREAM = 'a'.repeat(32);

type Row = Extract<Entry, { kind: 'row' }>;

export function row(seq: number, values: readonly number[], more: Partial<Row> = {}): Row {
  const at = more.at ?? T0 + seq * 15_000;
  return {
    kind: 'row',
    host: 'h1',
    stream: STREAM,
    seq,
    at,
    arrivedAt: at + 50,
    series: 's2',
    values,
    ...more,
  };
}

/** Wall time that only moves when told to, timers that run by themselves. */
export function testClock(at: number): Clock & { set(at: number): void } {
  let now = at;
  return {
    ...systemClock(),
    now: () => now,
    set: (value) => {
      now = value;
    },
  };
}

export async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'niswatch-store-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export type WithStore = (
  work: (store: Store, again: () => Promise<Store>, clock: ReturnType<typeof testClock>) => Promise<void>,
  at?: number,
) => Promise<void>;

/** s2: two columns; s1: one of them alone; other: a third. */
export function declareAll(store: Store): void {
  for (const host of ['h1', 'h2']) {
    store.declare(host, 's2', ['cpu_usage_active', 'disk_used_percent{path="/"}']);
    store.declare(host, 's1', ['cpu_usage_active']);
    store.declare(host, 'other', ['mem_used']);
  }
}

export const CPU = 'cpu_usage_active';
export const DISK = 'disk_used_percent{path="/"}';
