// Where the evaluator gets series from. Promise: it knows nothing of stores and hosts; a source that holds arrays is enough.

import type { Labels } from './labels.ts';
import type { Wanted } from '../store/store.ts';
import type { Matcher } from './language/ast.ts';

export interface RawSeries {
  labels: Labels;
  /** UTC ms, rising; as many values. */
  at: Float64Array;
  value: Float64Array;
  /** Instants from which on what came before no longer counts as current, rising: a host was found down. */
  staleAt?: Float64Array;
  /** How long a value counts as current, when it is not the question's own time (5 minutes). */
  lookbackMs?: number;
}

export interface Window {
  /** Both ends belong to it, UTC ms. */
  from: number;
  to: number;
  /** What is done with the samples: others may be left out, but for the newest ones. */
  wanted?: Wanted;
}

export interface SeriesSource {
  /** Series with samples in the window (or just before it, where they may still be current), sorted by their labels. */
  select(matchers: readonly Matcher[], window: Window): Promise<RawSeries[]>;
  /** Label sets of series that have samples in the window, as far as the source knows. */
  labels(matchers: readonly Matcher[], window: Window): Promise<Labels[]>;
}
