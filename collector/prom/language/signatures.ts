// The functions that are there: what each takes and gives. Prometheus 2.42's list without native histograms.

import type { ValueType } from './ast.ts';

export interface Signature {
  args: readonly ValueType[];
  /** How many of the last arguments may be left out; -1: the last may be repeated. */
  optional: number;
  gives: ValueType;
}

const fn = (args: readonly ValueType[], gives: ValueType = 'vector', optional = 0): Signature => ({
  args,
  optional,
  gives,
});
const each = (names: string, signature: Signature): Record<string, Signature> =>
  Object.fromEntries(names.split(' ').map((name) => [name, signature]));

const V = 'vector';
const M = 'matrix';
const S = 'scalar';
const T = 'string';

export const SIGNATURES: Readonly<Record<string, Signature>> = {
  ...each('abs ceil exp floor ln log10 log2 sgn sqrt absent sort sort_desc timestamp', fn([V])),
  ...each('acos acosh asin asinh atan atanh cos cosh sin sinh tan tanh deg rad', fn([V])),
  ...each('day_of_month day_of_week day_of_year days_in_month hour minute month year', fn([V], V, 1)),
  ...each('rate irate increase delta idelta deriv changes resets', fn([M])),
  ...each('avg_over_time count_over_time last_over_time max_over_time min_over_time sum_over_time', fn([M])),
  ...each('present_over_time absent_over_time stddev_over_time stdvar_over_time', fn([M])),
  quantile_over_time: fn([S, M]),
  predict_linear: fn([M, S]),
  holt_winters: fn([M, S, S]),
  clamp: fn([V, S, S]),
  clamp_max: fn([V, S]),
  clamp_min: fn([V, S]),
  round: fn([V, S], V, 1),
  histogram_quantile: fn([S, V]),
  label_replace: fn([V, T, T, T, T]),
  label_join: fn([V, T, T, T], V, -1),
  scalar: fn([V], S),
  vector: fn([S]),
  time: fn([], S),
  pi: fn([], S),
};
