// Times during which something held, as series. Promise: the value is there from the first instant of a span and ends at its
// last; two spans of the same labels are one series.

import { compareLabels, keyOf, type Labels, labelsOf } from '../labels.ts';
import type { RawSeries, Window } from '../source.ts';

export interface Span {
  labels: Readonly<Record<string, string>>;
  from: number;
  /** Infinity: it still holds. */
  to: number;
  value: number;
}

const NEAR_MS = 60_000;
const FAR_MS = 300_000;
const FAR_WINDOW_MS = 3 * 86_400_000;

/** How far apart samples lie: what is looked at from far away needs fewer. */
export const distanceOf = ({ from, to }: Window): number => (to - from > FAR_WINDOW_MS ? FAR_MS : NEAR_MS);

export function seriesOf(spans: readonly Span[], window: Window, now: number): RawSeries[] {
  const groups = new Map<string, { labels: Labels; spans: Span[] }>();
  for (const span of spans) {
    if (span.from > window.to || span.to <= window.from) continue;
    const labels = labelsOf(span.labels);
    const key = keyOf(labels);
    const group = groups.get(key);
    if (group) group.spans.push(span);
    else groups.set(key, { labels, spans: [span] });
  }
  const distance = distanceOf(window);
  return [...groups.values()]
    .map(({ labels, spans }) => sample(labels, spans, { window, distance, now }))
    .sort((a, b) => compareLabels(a.labels, b.labels));
}

interface Sampling {
  window: Window;
  distance: number;
  now: number;
}

function sample(labels: Labels, spans: Span[], { window, distance, now }: Sampling): RawSeries {
  const at: number[] = [];
  const value: number[] = [];
  const staleAt: number[] = [];
  const last = Math.min(window.to, now);
  const ordered = spans.toSorted((a, b) => a.from - b.from);
  for (const [index, span] of ordered.entries()) {
    const next = ordered[index + 1]?.from ?? Infinity;
    const end = Math.min(span.to, next);
    const first = Math.max(span.from, window.from);
    const put = (instant: number): void => void (at.push(instant), value.push(span.value));
    if (span.from >= window.from && span.from <= last) put(span.from);
    const aligned = Math.floor(first / distance + 1) * distance;
    for (let t = aligned; t < end && t <= last; t += distance) put(t);
    if (span.to < next && span.to <= window.to) staleAt.push(span.to);
  }
  return {
    labels,
    at: Float64Array.from(at),
    value: Float64Array.from(value),
    ...(staleAt.length > 0 ? { staleAt: Float64Array.from(staleAt) } : {}),
    ...(distance > NEAR_MS ? { lookbackMs: 2 * distance } : {}),
  };
}
