// What waits in the queue laid over what the engine answers. Promise: one sample a time, the queue's where both have one.

import type { Bucket, SampleColumns } from '../store.ts';
import { toColumns } from './engine.ts';

function* pairs({ at, value }: SampleColumns): Generator<[number, number]> {
  for (let i = 0; i < at.length; i++) yield [at[i] as number, value[i] as number];
}

function* both(below: SampleColumns, above: SampleColumns): Generator<[number, number]> {
  yield* pairs(below);
  yield* pairs(above);
}

/** Keys of `below` and `above`. */
export function mergeSamples(
  below: Map<string, SampleColumns>,
  above: Map<string, SampleColumns>,
): Map<string, SampleColumns> {
  const merged = new Map(below);
  for (const [key, columns] of above) {
    const under = below.get(key);
    merged.set(key, under ? toColumns(both(under, columns)) : columns);
  }
  return merged;
}

/** Whole buckets that hold all of the samples. */
export function spanOf({ at }: SampleColumns, stepMs: number): { from: number; to: number } {
  const [first, last] = [at[0] as number, at.at(-1) as number];
  return {
    from: Math.floor(first / stepMs) * stepMs,
    to: Math.floor(last / stepMs) * stepMs + stepMs,
  };
}

/** The buckets with those of [from, to) made anew from the samples. */
export function mergeBuckets(
  buckets: readonly Bucket[],
  samples: SampleColumns,
  span: { from: number; to: number; stepMs: number },
): Bucket[] {
  const { from, to, stepMs } = span;
  const made: Bucket[] = [];
  let sum = 0;
  for (const [time, value] of pairs(samples)) {
    if (time < from || time >= to) continue;
    const at = Math.floor(time / stepMs) * stepMs;
    const bucket = made.at(-1);
    if (bucket?.at !== at) {
      sum = value;
      made.push({ at, min: value, max: value, mean: value, last: value, count: 1 });
      continue;
    }
    sum += value;
    bucket.min = Math.min(bucket.min, value);
    bucket.max = Math.max(bucket.max, value);
    bucket.last = value;
    bucket.mean = sum / ++bucket.count;
  }
  return [...buckets.filter((b) => b.at < from), ...made, ...buckets.filter((b) => b.at >= to)];
}
