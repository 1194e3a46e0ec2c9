// The newest sample at each step. Promise: a value counts as current for the lookback (both ends belong to it), and never past an
// instant at which its host was found down.

import type { RawSeries } from '../source.ts';
import type { Ends } from './grid.ts';
import type { StepSeries } from './step-series.ts';

/** Fills `out`; `wants` 'time' gives the sample's own time in seconds. False: no step has a value. */
export function lookUp(
  s: RawSeries,
  ends: Ends,
  lookbackMs: number,
  out: StepSeries,
  wants: 'value' | 'time' = 'value',
): boolean {
  const { at, value, staleAt } = s;
  const lookback = s.lookbackMs ?? lookbackMs;
  let p = -1;
  let stale = -1;
  let any = false;
  for (let i = 0; i < ends.count; i++) {
    const end = ends.first + i * ends.step;
    while (p + 1 < at.length && (at[p + 1] as number) <= end) p++;
    if (p < 0 || (at[p] as number) < end - lookback) continue;
    if (staleAt) {
      while (stale + 1 < staleAt.length && (staleAt[stale + 1] as number) <= end) stale++;
      if (stale >= 0 && (staleAt[stale] as number) > (at[p] as number)) continue;
    }
    out.values[i] = wants === 'time' ? (at[p] as number) / 1000 : (value[p] as number);
    out.has[i] = 1;
    any = true;
  }
  return any;
}
