// Several sources as one. Promise: the series come sorted by their labels, whoever they are from.

import { compareLabels } from './labels.ts';
import type { SeriesSource } from './source.ts';

export function joinedSource(sources: readonly SeriesSource[]): SeriesSource {
  return {
    async select(matchers, window) {
      const lists = await Promise.all(sources.map((source) => source.select(matchers, window)));
      return lists.flat().sort((a, b) => compareLabels(a.labels, b.labels));
    },
    async labels(matchers, window) {
      const lists = await Promise.all(sources.map((source) => source.labels(matchers, window)));
      return lists.flat().sort(compareLabels);
    },
  };
}
