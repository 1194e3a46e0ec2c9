// Copies one store's history into another, host by host and day by day, and proves it by count and sum of every series. Promise:
// stopped at any instant and started again it goes on, and nothing is stored twice; streams go on in the new store where they
// stand in the old one, with their gaps on record.
//
// Rows of the copy are a stream of their own per host, numbered in the order of time: what the target has of it already is
// recognised by its watermark. The same goes for gaps. Watermarks are set by a row without values at the number reached.

import { createHash } from 'node:crypto';
import { readColumns } from './columns.ts';
import type { Entry, SampleColumns, Store } from './store.ts';

export interface MigrateOptions {
  source: Store;
  /** Opened so that streams may begin anywhere. */
  target: Store;
  hosts: readonly string[];
  /** [from, to), UTC ms. */
  from: number;
  to: number;
  now: () => number;
  progress: (done: Progress) => void;
}

export interface Progress {
  host: string;
  hosts: { done: number; all: number };
  phase: 'copy' | 'prove';
  samples: number;
}

export interface Difference {
  host: string;
  key: string;
  source: Tally;
  target: Tally;
}

export interface Migrated {
  series: number;
  samples: number;
  /** Rows that were there from an earlier try. */
  resumedRows: number;
  differences: Difference[];
}

export interface Tally {
  count: number;
  sum: number;
  /** Of the absolute values: what a sum of rounded values is held against. */
  size: number;
}

const DAY_MS = 86_400_000;
const COPY = createHash('md5').update('migrate-store').digest('hex');
const ROWS_AT_ONCE = 2000;
/** An engine may keep fewer digits than a double has. */
const SUM_TOLERANCE = 1e-12;

export async function migrate(options: MigrateOptions): Promise<Migrated> {
  const { source, target, hosts } = options;
  const result: Migrated = { series: 0, samples: 0, resumedRows: 0, differences: [] };
  for (const [i, host] of hosts.entries()) {
    const tell = (phase: Progress['phase']): void =>
      options.progress({
        host,
        phase,
        hosts: { done: i, all: hosts.length },
        samples: result.samples,
      });
    const keys = await source.keys(host);
    const days = await daysOf(source, host, keys, options);
    const resumed = target.watermark(host, COPY) + 1;
    result.resumedRows += resumed;
    const series = declareKeys(target, host, keys);
    let seq = 0;
    const before = new Tallies();
    for (const from of days) {
      tell('copy');
      const found = await readColumns(source, {
        host,
        keys,
        from: Math.max(from, options.from),
        to: Math.min(from + DAY_MS, options.to),
      });
      result.samples += before.add(found);
      seq = await copyDay(target, { host, series, keys, found, seq });
    }
    await copyStreams(source, target, { host, series, width: keys.length, now: options.now() });
    await target.maintain({ all: true });
    tell('prove');
    const after = new Tallies();
    for (const from of days)
      after.add(
        await readColumns(target, {
          host,
          keys,
          from: Math.max(from, options.from),
          to: Math.min(from + DAY_MS, options.to),
        }),
      );
    result.series += before.size;
    result.differences.push(...before.differences(after).map((d) => ({ host, ...d })));
  }
  return result;
}

class Tallies {
  private readonly byKey = new Map<string, Tally>();

  get size(): number {
    return this.byKey.size;
  }

  /** Returns the number of samples. */
  add(found: Map<string, SampleColumns>): number {
    let samples = 0;
    for (const [key, { value }] of found) {
      const tally = this.byKey.get(key) ?? { count: 0, sum: 0, size: 0 };
      for (const v of value) {
        tally.sum += v;
        tally.size += Math.abs(v);
      }
      tally.count += value.length;
      samples += value.length;
      if (tally.count > 0) this.byKey.set(key, tally);
    }
    return samples;
  }

  differences(other: Tallies): Omit<Difference, 'host'>[] {
    const none: Tally = { count: 0, sum: 0, size: 0 };
    return [...new Set([...this.byKey.keys(), ...other.byKey.keys()])].flatMap((key) => {
      const [source, target] = [this.byKey.get(key) ?? none, other.byKey.get(key) ?? none];
      const isSame =
        source.count === target.count && Math.abs(source.sum - target.sum) <= source.size * SUM_TOLERANCE;
      return isSame ? [] : [{ key, source, target }];
    });
  }
}

/** Days of UTC that have samples, oldest first. */
async function daysOf(
  store: Store,
  host: string,
  keys: readonly string[],
  { from, to }: { from: number; to: number },
): Promise<number[]> {
  const days = new Set<number>();
  const found = keys.length === 0 ? [] : await store.buckets({ host, keys, from, to, stepMs: DAY_MS });
  for (const [, buckets] of found) for (const { at } of buckets) days.add(at);
  return [...days].sort((a, b) => a - b);
}

/** All keys of the host as one column list. */
function declareKeys(target: Store, host: string, keys: readonly string[]): string {
  const series = `migrated-${createHash('md5').update(keys.join('\n')).digest('hex')}`;
  target.declare(host, series, keys);
  return series;
}

/** One row per instant. Returns the number after the last row. */
async function copyDay(
  target: Store,
  {
    host,
    series,
    keys,
    found,
    seq,
  }: {
    host: string;
    series: string;
    keys: readonly string[];
    found: Map<string, SampleColumns>;
    seq: number;
  },
): Promise<number> {
  const times = new Set<number>();
  for (const { at } of found.values()) for (const t of at) times.add(t);
  const next = new Map([...found.keys()].map((key) => [key, 0]));
  const known = target.watermark(host, COPY);
  let number = seq;
  let batch: Entry[] = [];
  for (const at of Float64Array.from(times).sort()) {
    const values = keys.map((key) => {
      const [columns, i] = [found.get(key), next.get(key) ?? 0];
      if (columns?.at[i] !== at) return Number.NaN;
      next.set(key, i + 1);
      return columns.value[i] as number;
    });
    if (number > known)
      batch.push({ kind: 'row', host, stream: COPY, seq: number, at, arrivedAt: at, series, values });
    number++;
    if (batch.length < ROWS_AT_ONCE) continue;
    await target.write(batch);
    batch = [];
  }
  if (batch.length > 0) await target.write(batch);
  // A day at a time: what the engine has not taken must not fill the queue.
  await target.maintain({ all: true });
  return number;
}

async function copyStreams(
  source: Store,
  target: Store,
  { host, series, width, now }: { host: string; series: string; width: number; now: number },
): Promise<void> {
  const gaps = await source.gaps(host, 0, Number.MAX_SAFE_INTEGER);
  for (const gap of gaps.sort((a, b) => a.from - b.from)) await target.write([{ kind: 'gap', ...gap }]);
  const nothing = new Float64Array(width).fill(Number.NaN);
  for (const { stream, seq } of source.watermarks(host)) {
    if (stream === COPY || width === 0) continue;
    await target.write([
      { kind: 'row', host, stream, seq, at: now, arrivedAt: now, series, values: nothing },
    ]);
  }
}
