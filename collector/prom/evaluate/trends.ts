// Lines and smoothing over a window: deriv, predict_linear, holt_winters.

import { executionFailure } from '../failure.ts';
import { KahanSum } from './kahan.ts';
import type { RangeKernel, Samples } from './kernel.ts';

/** Least squares; `origin` is where the line's value is wanted. A constant list has slope 0 exactly. */
function fitLine(
  { at, value }: Samples,
  a: number,
  b: number,
  origin: number,
): { slope: number; value: number } {
  const sums = { x: new KahanSum(), y: new KahanSum(), xy: new KahanSum(), xx: new KahanSum() };
  const first = value[a] as number;
  let isConstant = true;
  for (let i = a; i < b; i++) {
    const x = ((at[i] as number) - origin) / 1000;
    const y = value[i] as number;
    if (y !== first) isConstant = false;
    sums.x.add(x);
    sums.y.add(y);
    sums.xy.add(x * y);
    sums.xx.add(x * x);
  }
  if (isConstant && isInfinite(first)) return { slope: NaN, value: NaN };
  if (isConstant) return { slope: 0, value: first };
  const n = b - a;
  const [x, y, xy, xx] = [sums.x.total, sums.y.total, sums.xy.total, sums.xx.total];
  const slope = (xy - (x * y) / n) / (xx - (x * x) / n);
  return { slope, value: y / n - (slope * x) / n };
}

const isInfinite = (v: number): boolean => v === Infinity || v === -Infinity;

export const deriv: RangeKernel = (s, w, out) => {
  for (let i = 0; i < w.count; i++) {
    const a = w.first[i] as number;
    const b = w.past[i] as number;
    if (b - a < 2) continue;
    out.values[i] = fitLine(s, a, b, s.at[a] as number).slope;
    out.has[i] = 1;
  }
};

export const predictLinear: RangeKernel = (s, w, out, [ahead], times) => {
  for (let i = 0; i < w.count; i++) {
    const a = w.first[i] as number;
    const b = w.past[i] as number;
    if (b - a < 2) continue;
    // From the step itself, not from the end of the window: an offset moves only what is looked at.
    const { slope, value } = fitLine(s, a, b, times[i] as number);
    out.values[i] = slope * ((ahead as Float64Array)[i] as number) + value;
    out.has[i] = 1;
  }
};

export const holtWinters: RangeKernel = ({ value }, w, out, [smoothing, trend]) => {
  for (let i = 0; i < w.count; i++) {
    const a = w.first[i] as number;
    const b = w.past[i] as number;
    if (b <= a) continue;
    const sf = factor('smoothing', (smoothing as Float64Array)[i] as number, 'sf');
    const tf = factor('trend', (trend as Float64Array)[i] as number, 'tf');
    if (b - a < 2) continue;
    out.values[i] = smooth(value, a, b, sf, tf);
    out.has[i] = 1;
  }
};

function factor(word: string, value: number, name: string): number {
  if (value <= 0 || value >= 1)
    throw executionFailure(`invalid ${word} factor. Expected: 0 < ${name} < 1, got: ${value}`);
  return value;
}

function smooth(value: Float64Array, a: number, b: number, sf: number, tf: number): number {
  let before = 0;
  let level = value[a] as number;
  let slope = (value[a + 1] as number) - level;
  for (let i = a + 1; i < b; i++) {
    if (i > a + 1) slope = tf * (level - before) + (1 - tf) * slope;
    const next = sf * (value[i] as number) + (1 - sf) * (level + slope);
    before = level;
    level = next;
  }
  return level;
}
