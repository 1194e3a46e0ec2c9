// Lists of columns, each held once however many hosts use it: ten thousand hosts with the same probes share one layout.
// Promise: `union` keeps the places of its first argument, so that a host's arrays only ever grow at the end.

import { createHash } from 'node:crypto';
import { parseSeriesKey } from '../../shared/catalogue.ts';
import type { SeriesName } from '../rules/rule.ts';

export interface Layout {
  columns: readonly string[];
  place: ReadonlyMap<string, number>;
  /** All columns of one metric. */
  series(metric: string): readonly SeriesName[];
  /** Places in this layout of the columns of another, -1 where absent. Computed once per pair. */
  placesOf(other: Layout): Int32Array;
}

export interface Layouts {
  of(columns: readonly string[]): Layout;
  /** `base` itself when it holds every column of `other`. */
  union(base: Layout, other: Layout): Layout;
}

const NONE: readonly SeriesName[] = [];

export function openLayouts(): Layouts {
  const names = new Map<string, SeriesName & { metric: string }>();
  const byContent = new Map<string, Layout>();
  // The store hands out the same array again and again: then nothing is hashed.
  const byArray = new WeakMap<readonly string[], Layout>();

  const nameOf = (column: string): SeriesName & { metric: string } => {
    const known = names.get(column);
    if (known) return known;
    const parsed = parseSeriesKey(column);
    const name = { key: column, labels: parsed?.labels ?? {}, metric: parsed?.name ?? column };
    names.set(column, name);
    return name;
  };
  const of = (columns: readonly string[]): Layout => {
    const seen = byArray.get(columns);
    if (seen) return seen;
    const content = createHash('sha1').update(columns.join('\n')).digest('base64');
    let layout = byContent.get(content);
    if (!layout) {
      layout = makeLayout(
        columns.map((column) => nameOf(column).key),
        nameOf,
      );
      byContent.set(content, layout);
    }
    byArray.set(columns, layout);
    return layout;
  };
  return {
    of,
    union(base, other) {
      if (base === other || !base.placesOf(other).includes(-1)) return base;
      return of([...base.columns, ...other.columns.filter((column) => !base.place.has(column))]);
    },
  };
}

function makeLayout(
  columns: readonly string[],
  nameOf: (column: string) => SeriesName & { metric: string },
): Layout {
  const place = new Map(columns.map((column, i) => [column, i]));
  // Filled when first asked for: rules ask for a dozen metrics, a host sends a hundred series.
  const byMetric = new Map<string, readonly SeriesName[]>();
  const places = new WeakMap<Layout, Int32Array>();
  return {
    columns,
    place,
    series(metric) {
      let found = byMetric.get(metric);
      if (!found) {
        found = columns.map(nameOf).filter((name) => name.metric === metric);
        byMetric.set(metric, found.length === 0 ? NONE : found);
      }
      return found;
    },
    placesOf(other) {
      let found = places.get(other);
      if (!found) {
        found = Int32Array.from(other.columns, (column) => place.get(column) ?? -1);
        places.set(other, found);
      }
      return found;
    },
  };
}
