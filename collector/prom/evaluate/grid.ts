// The instants at which a query is evaluated, and the windows that end at them. Window semantics are those of Prometheus 2.x:
// both ends belong to a window (left-closed), so a window of 5 min over samples every 30 s holds eleven.

import type { At, Shift, Subquery } from '../language/ast.ts';

export interface Grid {
  start: number;
  step: number;
  count: number;
}

/** Start and end of the whole query, for `@ start()` and `@ end()`, in subqueries too. */
export interface Bounds {
  start: number;
  end: number;
}

export const endOf = (grid: Grid): number => grid.start + (grid.count - 1) * grid.step;

const instantOf = (at: At, bounds: Bounds): number =>
  at === 'start' ? bounds.start : at === 'end' ? bounds.end : at;

/** Where the windows of a selector end: moving with the grid, or all at one instant. */
export interface Ends {
  first: number;
  /** 0: all windows end at `first`. */
  step: number;
  count: number;
}

export function endsOf(shift: Shift, grid: Grid, bounds: Bounds): Ends {
  if (shift.at !== undefined)
    return { first: instantOf(shift.at, bounds) - shift.offsetMs, step: 0, count: grid.count };
  return { first: grid.start - shift.offsetMs, step: grid.step, count: grid.count };
}

export const lastEnd = ({ first, step, count }: Ends): number => first + Math.max(0, count - 1) * step;

/** A subquery is evaluated at whole multiples of its step, wherever the query itself begins. */
export function gridOf(expr: Subquery, ends: Ends, defaultStepMs: number): Grid {
  const step = expr.stepMs ?? defaultStepMs;
  const from = ends.first - expr.rangeMs;
  const start = Math.ceil(from / step) * step;
  return { start, step, count: Math.max(0, Math.floor((lastEnd(ends) - start) / step) + 1) };
}

/** Which samples of one series each window holds: from `first[i]` up to, not including, `past[i]`. */
export class Windows {
  readonly rangeMs: number;
  readonly ends: Ends;
  readonly first: Int32Array;
  readonly past: Int32Array;

  constructor(ends: Ends, rangeMs: number) {
    this.ends = ends;
    this.rangeMs = rangeMs;
    this.first = new Int32Array(ends.count);
    this.past = new Int32Array(ends.count);
  }

  get count(): number {
    return this.ends.count;
  }

  end(i: number): number {
    return this.ends.first + i * this.ends.step;
  }

  /** Lays the windows over the samples of a series. False: all are empty. */
  lay(at: Float64Array): boolean {
    const { rangeMs, first, past, ends } = this;
    const n = at.length;
    let a = 0;
    let b = 0;
    let any = false;
    for (let i = 0; i < ends.count; i++) {
      const end = ends.first + i * ends.step;
      while (b < n && (at[b] as number) <= end) b++;
      while (a < b && (at[a] as number) < end - rangeMs) a++;
      first[i] = a;
      past[i] = b;
      if (b > a) any = true;
    }
    return any;
  }
}
