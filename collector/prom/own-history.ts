// The collector's own metrics of the last day, in memory, so that its dashboard needs no Prometheus beside it. Promise: bounded, at
// most so many series and samples; a series that ended is forgotten with its last sample.

import { compareLabels, keyOf, type Labels, labelsOf, METRIC_NAME } from './labels.ts';
import { labelsTest } from './matching.ts';
import type { SeriesSource } from './source.ts';

export interface OwnSample {
  name: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

export interface OwnHistory {
  add(at: number, samples: readonly OwnSample[]): void;
  source: SeriesSource;
}

/** One a minute. */
const DAY = 1440;
const MOST_SERIES = 1500;

interface Ring {
  labels: Labels;
  /** NaN: it was not there. */
  value: Float64Array;
  lastAt: number;
}

export function openOwnHistory({ length = DAY, series: most = MOST_SERIES } = {}): OwnHistory {
  const rings = new Map<string, Ring>();
  const instants = new Float64Array(length).fill(NaN);
  let written = 0;
  const ringOf = ({ name, labels }: OwnSample): Ring | undefined => {
    const own = labelsOf({ ...labels, [METRIC_NAME]: name });
    const key = keyOf(own);
    let ring = rings.get(key);
    if (!ring && rings.size < most) {
      ring = { labels: own, value: new Float64Array(length).fill(NaN), lastAt: 0 };
      rings.set(key, ring);
    }
    return ring;
  };
  const read = (ring: Ring, from: number, to: number) => {
    const slots = Array.from({ length: Math.min(written, length) }, (_, i) => (written + i) % length);
    // Before the rings are full, the oldest lies at 0.
    if (written < length) for (const i of slots.keys()) slots[i] = i;
    const kept = slots.filter((slot) => {
      const at = instants[slot] ?? NaN;
      return at >= from && at <= to && !Number.isNaN(ring.value[slot]);
    });
    return {
      labels: ring.labels,
      at: Float64Array.from(kept, (slot) => instants[slot] ?? NaN),
      value: Float64Array.from(kept, (slot) => ring.value[slot] ?? NaN),
    };
  };
  return {
    add(at, samples) {
      const slot = written++ % length;
      const oldest = instants[slot] ?? NaN;
      instants[slot] = at;
      for (const [key, ring] of rings) {
        ring.value[slot] = NaN;
        if (ring.lastAt <= oldest) rings.delete(key);
      }
      for (const sample of samples) {
        const ring = ringOf(sample);
        if (!ring) continue;
        ring.value[slot] = sample.value;
        ring.lastAt = at;
      }
    },
    source: {
      select(matchers, { from, to }) {
        const found = [...rings.values()].filter((ring) => labelsTest(matchers)(ring.labels));
        const series = found.map((ring) => read(ring, from, to)).filter(({ at }) => at.length > 0);
        return Promise.resolve(series.sort((a, b) => compareLabels(a.labels, b.labels)));
      },
      labels: (matchers) =>
        Promise.resolve([...rings.values()].map(({ labels }) => labels).filter(labelsTest(matchers))),
    },
  };
}
