// Series in arrays, as a source for the evaluator.

import { lowerBound } from '../../collector/store/reader.ts';
import { blockOf } from '../../collector/store/select.ts';
import { compareLabels } from '../../collector/prom/labels.ts';
import { labelsTest } from '../../collector/prom/matching.ts';
import type { RawSeries, SeriesSource } from '../../collector/prom/source.ts';

/** `matching`: how label sets are chosen, where a faulty copy stands in. */
export function arraySource(all: readonly RawSeries[], matching = labelsTest): SeriesSource {
  const sorted = all.toSorted((a, b) => compareLabels(a.labels, b.labels));
  return {
    select: (matchers, { from, to, wanted }) => {
      const test = matching(matchers);
      return Promise.resolve(
        sorted.flatMap((s) => {
          if (!test(s.labels)) return [];
          const [a, b] = [lowerBound(s.at, from), lowerBound(s.at, to + 1)];
          if (a >= b) return [];
          // As the store leaves out what a question has no use for.
          const part = { at: s.at.subarray(a, b), value: s.value.subarray(a, b) };
          const { lengths, at, value } = blockOf([[part]], wanted);
          return [{ labels: s.labels, at: at.subarray(0, lengths[0]), value: value.subarray(0, lengths[0]) }];
        }),
      );
    },
    labels: (matchers) => Promise.resolve(sorted.map((s) => s.labels).filter(matching(matchers))),
  };
}
