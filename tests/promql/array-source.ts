// Series in arrays, as a source for the evaluator.

import { lowerBound } from '../../collector/store/reader.ts';
import { compareLabels } from '../../collector/prom/labels.ts';
import { labelsTest } from '../../collector/prom/matching.ts';
import type { RawSeries, SeriesSource } from '../../collector/prom/source.ts';

/** `matching`: how label sets are chosen, where a faulty copy stands in. */
export function arraySource(all: readonly RawSeries[], matching = labelsTest): SeriesSource {
  const sorted = all.toSorted((a, b) => compareLabels(a.labels, b.labels));
  return {
    select: (matchers, { from, to }) => {
      const test = matching(matchers);
      return Promise.resolve(
        sorted.flatMap((s) => {
          if (!test(s.labels)) return [];
          const [a, b] = [lowerBound(s.at, from), lowerBound(s.at, to + 1)];
          return a < b ? [{ labels: s.labels, at: s.at.subarray(a, b), value: s.value.subarray(a, b) }] : [];
        }),
      );
    },
    labels: (matchers) => Promise.resolve(sorted.map((s) => s.labels).filter(matching(matchers))),
  };
}
