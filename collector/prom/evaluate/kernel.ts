// What a function of a range vector is: it gets one series, the windows laid over it, and fills one value per step.

import type { Windows } from './grid.ts';
import type { StepSeries } from './step-series.ts';

export interface Samples {
  at: Float64Array;
  value: Float64Array;
}

/** `args`: the scalar arguments, one value per step each; `times`: the steps themselves. */
export type RangeKernel = (
  samples: Samples,
  windows: Windows,
  out: StepSeries,
  args: readonly Float64Array[],
  times: Float64Array,
) => void;

/** One value of the samples a ≤ i < b; the window is not empty. */
export type WindowFold = (value: Float64Array, a: number, b: number) => number;

export function folding(fold: WindowFold): RangeKernel {
  return ({ value }, w, out) => {
    for (let i = 0; i < w.count; i++) {
      const a = w.first[i] as number;
      const b = w.past[i] as number;
      if (b <= a) continue;
      out.values[i] = fold(value, a, b);
      out.has[i] = 1;
    }
  };
}
