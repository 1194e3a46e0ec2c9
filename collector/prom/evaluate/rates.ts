// rate, increase, delta and their kin over all steps at once. Promise: extrapolation to the ends of the window as in
// Prometheus 2.x; a fall of a counter is a reset, whose value before is added.

import type { Windows } from './grid.ts';
import type { RangeKernel, Samples } from './kernel.ts';
import type { StepSeries } from './step-series.ts';

/** How far from the end of the window a sample may lie, in average distances, for the whole rest to be extrapolated. */
const NEAR = 1.1;

export const rate: RangeKernel = (s, w, out) => extrapolated(s, w, out, true, true);
export const increase: RangeKernel = (s, w, out) => extrapolated(s, w, out, true, false);
export const delta: RangeKernel = (s, w, out) => extrapolated(s, w, out, false, false);
export const irate: RangeKernel = (s, w, out) => lastTwo(s, w, out, true);
export const idelta: RangeKernel = (s, w, out) => lastTwo(s, w, out, false);

function extrapolated(s: Samples, w: Windows, out: StepSeries, isCounter: boolean, isRate: boolean): void {
  const { at, value } = s;
  const falls = isCounter ? fallsOf(value) : NO_FALLS;
  let fall = 0;
  for (let i = 0; i < w.count; i++) {
    const a = w.first[i] as number;
    const b = (w.past[i] as number) - 1;
    if (b <= a) continue;
    let change = (value[b] as number) - (value[a] as number);
    while (fall < falls.length && (falls[fall] as number) <= a) fall++;
    for (let f = fall; f < falls.length && (falls[f] as number) <= b; f++)
      change += value[(falls[f] as number) - 1] as number;
    const end = w.end(i);
    const span = ((at[b] as number) - (at[a] as number)) / 1000;
    const distance = span / (b - a);
    let toStart = ((at[a] as number) - (end - w.rangeMs)) / 1000;
    const toEnd = (end - (at[b] as number)) / 1000;
    if (isCounter && change > 0 && (value[a] as number) >= 0)
      // A counter was not below zero: no further back than to where the line meets it.
      toStart = Math.min(toStart, span * ((value[a] as number) / change));
    const near = distance * NEAR;
    const reach = span + (toStart < near ? toStart : distance / 2) + (toEnd < near ? toEnd : distance / 2);
    const factor = isRate ? reach / span / (w.rangeMs / 1000) : reach / span;
    out.values[i] = change * factor;
    out.has[i] = 1;
  }
}

const NO_FALLS: readonly number[] = [];

/** Where a value is lower than the one before. */
function fallsOf(value: Float64Array): number[] {
  const falls: number[] = [];
  for (let i = 1; i < value.length; i++) if ((value[i] as number) < (value[i - 1] as number)) falls.push(i);
  return falls;
}

function lastTwo({ at, value }: Samples, w: Windows, out: StepSeries, isRate: boolean): void {
  for (let i = 0; i < w.count; i++) {
    const b = (w.past[i] as number) - 1;
    if (b <= (w.first[i] as number)) continue;
    const last = value[b] as number;
    const before = value[b - 1] as number;
    const span = (at[b] as number) - (at[b - 1] as number);
    if (span === 0) continue;
    const change = isRate && last < before ? last : last - before;
    out.values[i] = isRate ? change / (span / 1000) : change;
    out.has[i] = 1;
  }
}
