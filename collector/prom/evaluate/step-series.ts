// A series over the steps of a query: one value per step, and whether there is one (a value may be NaN and still be there).

import { executionFailure } from '../failure.ts';
import { keyOf, type Labels } from '../labels.ts';

export interface StepSeries {
  labels: Labels;
  values: Float64Array;
  has: Uint8Array;
}

export function newSteps(labels: Labels, count: number): StepSeries {
  return { labels, values: new Float64Array(count), has: new Uint8Array(count) };
}

/** Room for many series at once: an allocation for each would cost more than filling them. */
export function stepsFor(most: number, count: number): (labels: Labels) => StepSeries {
  const values = new Float64Array(most * count);
  const has = new Uint8Array(most * count);
  let from = 0;
  return (labels) => {
    const past = from + count;
    const steps = { labels, values: values.subarray(from, past), has: has.subarray(from, past) };
    from = past;
    return steps;
  };
}

export const isEmpty = ({ has }: StepSeries): boolean => !has.includes(1);

const SAME_LABELS = 'vector cannot contain metrics with the same labelset';

/** Series that came to have equal labels become one, as long as at no step both have a value. */
export function joinSame(series: StepSeries[]): StepSeries[] {
  const byKey = new Map<string, StepSeries>();
  for (const s of series) {
    const key = keyOf(s.labels);
    const there = byKey.get(key);
    byKey.set(key, there ? joined(there, s) : s);
  }
  return byKey.size === series.length ? series : [...byKey.values()];
}

function joined(a: StepSeries, b: StepSeries): StepSeries {
  const out = { labels: a.labels, values: a.values.slice(), has: a.has.slice() };
  for (let i = 0; i < b.has.length; i++) {
    if (!b.has[i]) continue;
    if (out.has[i]) throw executionFailure(SAME_LABELS);
    out.has[i] = 1;
    out.values[i] = b.values[i] as number;
  }
  return out;
}

/** For what Prometheus checks over all steps at once. */
export function refuseSame(series: StepSeries[]): StepSeries[] {
  const keys = new Set<string>();
  for (const s of series) {
    const key = keyOf(s.labels);
    if (keys.has(key)) throw executionFailure(SAME_LABELS);
    keys.add(key);
  }
  return series;
}
