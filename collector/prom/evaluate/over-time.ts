// The functions *_over_time, changes and resets: folds of one window.

import { KahanSum } from './kahan.ts';
import { folding, type RangeKernel, type WindowFold } from './kernel.ts';
import { quantile } from './quantile.ts';

const sum: WindowFold = (value, a, b) => {
  const total = new KahanSum();
  for (let i = a; i < b; i++) total.add(value[i] as number);
  return Number.isFinite(total.sum) || Number.isNaN(total.sum) ? total.total : total.sum;
};

const avg: WindowFold = (value, a, b) => {
  // As KahanSum adds, in place: this is most of what a dashboard's averages cost.
  let mean = 0;
  let carried = 0;
  for (let i = a; i < b; i++) {
    const v = value[i] as number;
    const n = i - a + 1;
    // An infinite mean stays as it is until a NaN or the other infinity comes.
    if ((mean === Infinity || mean === -Infinity) && staysInfinite(mean, v)) continue;
    const inc = v / n - mean / n;
    const t = mean + inc;
    carried += Math.abs(mean) >= Math.abs(inc) ? mean - t + inc : inc - t + mean;
    mean = t;
  }
  return isInfinite(mean) ? mean : mean + carried;
};

const staysInfinite = (mean: number, v: number): boolean =>
  isInfinite(v) ? mean > 0 === v > 0 : !Number.isNaN(v);

const isInfinite = (v: number): boolean => v === Infinity || v === -Infinity;

const max: WindowFold = (value, a, b) => {
  let best = value[a] as number;
  for (let i = a + 1; i < b; i++) if ((value[i] as number) > best || best !== best) best = value[i] as number;
  return best;
};

const min: WindowFold = (value, a, b) => {
  let best = value[a] as number;
  for (let i = a + 1; i < b; i++) if ((value[i] as number) < best || best !== best) best = value[i] as number;
  return best;
};

const variance: WindowFold = (value, a, b) => {
  const mean = new KahanSum();
  const squares = new KahanSum();
  for (let i = a; i < b; i++) {
    const v = value[i] as number;
    const off = v - mean.total;
    mean.add(off / (i - a + 1));
    squares.add(off * (v - mean.total));
  }
  return squares.total / (b - a);
};

const changes: WindowFold = (value, a, b) => {
  let count = 0;
  for (let i = a + 1; i < b; i++) {
    const v = value[i] as number;
    const before = value[i - 1] as number;
    if (v !== before && !(Number.isNaN(v) && Number.isNaN(before))) count++;
  }
  return count;
};

const resets: WindowFold = (value, a, b) => {
  let count = 0;
  for (let i = a + 1; i < b; i++) if ((value[i] as number) < (value[i - 1] as number)) count++;
  return count;
};

const quantileOverTime: RangeKernel = ({ value }, w, out, [q]) => {
  for (let i = 0; i < w.count; i++) {
    const a = w.first[i] as number;
    const b = w.past[i] as number;
    if (b <= a) continue;
    out.values[i] = quantile((q as Float64Array)[i] as number, value.slice(a, b));
    out.has[i] = 1;
  }
};

export const OVER_TIME: Readonly<Record<string, RangeKernel>> = {
  sum_over_time: folding(sum),
  avg_over_time: folding(avg),
  max_over_time: folding(max),
  min_over_time: folding(min),
  count_over_time: folding((_, a, b) => b - a),
  last_over_time: folding((value, _, b) => value[b - 1] as number),
  present_over_time: folding(() => 1),
  absent_over_time: folding(() => 1),
  stdvar_over_time: folding(variance),
  stddev_over_time: folding((value, a, b) => Math.sqrt(variance(value, a, b))),
  changes: folding(changes),
  resets: folding(resets),
  quantile_over_time: quantileOverTime,
};
