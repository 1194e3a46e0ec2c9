// histogram_quantile over classic buckets (label `le`). Promise: buckets that fall, as rounding or a race may leave them, are
// raised to the one before; without a +Inf bucket there is no answer (NaN).

import { keyOf, getLabel, type Labels, METRIC_NAME, withoutLabels } from '../labels.ts';
import { joinSame, newSteps, type StepSeries } from './step-series.ts';

interface Bucket {
  upper: number;
  count: number;
}

export function histogramQuantile(q: Float64Array, series: readonly StepSeries[]): StepSeries[] {
  const groups = new Map<string, { labels: Labels; members: { upper: number; steps: StepSeries }[] }>();
  for (const s of series) {
    const upper = readBound(getLabel(s.labels, 'le'));
    if (upper === undefined) continue;
    const key = keyOf(withoutLabels(s.labels, ['le']));
    const group = groups.get(key) ?? { labels: withoutLabels(s.labels, ['le', METRIC_NAME]), members: [] };
    groups.set(key, group);
    group.members.push({ upper, steps: s });
  }
  return joinSame(
    [...groups.values()].map(({ labels, members }) => {
      const out = newSteps(labels, q.length);
      for (let i = 0; i < q.length; i++) {
        const buckets = members.flatMap(({ upper, steps }) =>
          steps.has[i] ? [{ upper, count: steps.values[i] as number }] : [],
        );
        if (buckets.length === 0) continue;
        out.values[i] = bucketQuantile(q[i] as number, buckets);
        out.has[i] = 1;
      }
      return out;
    }),
  );
}

function readBound(text: string): number | undefined {
  if (/^\+?inf$/i.test(text)) return Infinity;
  if (/^-inf$/i.test(text)) return -Infinity;
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

function bucketQuantile(q: number, unsorted: Bucket[]): number {
  if (Number.isNaN(q)) return NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  const buckets = tidy(unsorted.sort((a, b) => a.upper - b.upper));
  const last = buckets.length - 1;
  const total = (buckets[last] as Bucket).count;
  if ((buckets[last] as Bucket).upper !== Infinity || last < 1 || total === 0 || Number.isNaN(total))
    return NaN;
  let rank = q * total;
  const found = buckets.findIndex((b, i) => i < last && b.count >= rank);
  if (found < 0) return (buckets[last - 1] as Bucket).upper;
  const { upper, count } = buckets[found] as Bucket;
  if (found === 0 && upper <= 0) return upper;
  const below = buckets[found - 1] ?? { upper: 0, count: 0 };
  rank -= below.count;
  return below.upper + (upper - below.upper) * (rank / (count - below.count));
}

/** Equal bounds are added; counts never fall. */
function tidy(sorted: readonly Bucket[]): Bucket[] {
  const out: Bucket[] = [];
  for (const { upper, count } of sorted) {
    const before = out.at(-1);
    if (before?.upper === upper) before.count += count;
    else out.push({ upper, count });
  }
  for (let i = 1, max = out[0]?.count ?? 0; i < out.length; i++) {
    const bucket = out[i] as Bucket;
    if (bucket.count > max) max = bucket.count;
    else bucket.count = max;
  }
  return out;
}
