// Series of the collector's store as the evaluator sees them: every host that the reader may see, with labels `hospital` and
// `host`. Promise: nothing of another hospital is read, let alone answered; a value is current until its host is judged silent.
//
// How long a value lasts without a verdict: 5 minutes as in Prometheus, or three times the series' own usual distance where it is
// read more seldom, at most an hour.

import { parseSeriesKey } from '../../shared/catalogue.ts';
import { readColumns } from '../store/columns.ts';
import type { RangeQuery, SampleColumns, Store, Wanted } from '../store/store.ts';
import { compareLabels, type Labels, labelsOf, METRIC_NAME } from './labels.ts';
import type { Matcher } from './language/ast.ts';
import { labelsTest, valueTest } from './matching.ts';
import type { RawSeries, SeriesSource, Window } from './source.ts';

export interface Place {
  id: string;
  /** Labels `host` and `hospital`. */
  host: string;
  hospital: string;
}

export interface StoreSourceOptions {
  store: Pick<Store, 'keys' | 'points' | 'samples' | 'select'>;
  /** The hosts that the reader may see. */
  places(): Promise<readonly Place[]>;
  /** By host id: when it was judged silent, rising. */
  silences(hosts: readonly string[], window: Window): Promise<ReadonlyMap<string, Float64Array>>;
}

const LOOKBACK_MS = 300_000;
const MOST_LOOKBACK_MS = 3_600_000;
/** Distances between samples that are looked at to tell the usual one. */
const DISTANCES = 15;

interface Chosen {
  place: Place;
  keys: { key: string; labels: Labels }[];
}

export function storeSource(options: StoreSourceOptions): SeriesSource {
  const keys = new KeyNames();
  const choose = async (matchers: readonly Matcher[]): Promise<Chosen[]> => {
    const tests = matchers.map((m) => ({ name: m.name, test: valueTest(m) }));
    const ofPlace = (name: string, value: string): boolean =>
      tests.every((t) => t.name !== name || t.test(value));
    const isWanted = labelsTest(matchers);
    const chosen: Chosen[] = [];
    for (const place of await options.places()) {
      if (!ofPlace('hospital', place.hospital) || !ofPlace('host', place.host)) continue;
      const found: Chosen['keys'] = [];
      for (const key of await options.store.keys(place.id)) {
        if (!ofPlace(METRIC_NAME, nameOf(key))) continue;
        const labels = keys.labels(key, place);
        if (labels && isWanted(labels)) found.push({ key, labels });
      }
      if (found.length > 0) chosen.push({ place, keys: found });
    }
    return chosen;
  };
  return {
    async select(matchers, window) {
      const chosen = await choose(matchers);
      const silences = await options.silences(
        chosen.map(({ place }) => place.id),
        window,
      );
      const read = await readHosts(options.store, chosen, window);
      const series = chosen.flatMap((c, i) => seriesOf(c, read[i] ?? new Map(), silences.get(c.place.id)));
      return series.sort((a, b) => compareLabels(a.labels, b.labels));
    },
    async labels(matchers) {
      const chosen = await choose(matchers);
      return chosen.flatMap((c) => c.keys.map(({ labels }) => labels)).sort(compareLabels);
    },
  };
}

const nameOf = (key: string): string => {
  const brace = key.indexOf('{');
  return brace < 0 ? key : key.slice(0, brace);
};

/** Keys are the same for thousands of hosts: each is taken apart once. */
class KeyNames {
  private readonly known = new Map<string, Record<string, string> | undefined>();

  labels(key: string, { host, hospital }: Place): Labels | undefined {
    if (!this.known.has(key)) {
      const parsed = parseSeriesKey(key);
      this.known.set(key, parsed && { ...parsed.labels, [METRIC_NAME]: parsed.name });
    }
    const own = this.known.get(key);
    return own && labelsOf({ ...own, host, hospital });
  }
}

type Columns = Map<string, SampleColumns>;

/** By host, in their order. What is read seldom is looked for further back. */
async function readHosts(
  store: StoreSourceOptions['store'],
  chosen: readonly Chosen[],
  { from, to, wanted }: Window,
): Promise<Columns[]> {
  const queries = chosen.map(({ place, keys }) => ({
    host: place.id,
    keys: keys.map(({ key }) => key),
    from,
    to: to + 1,
  }));
  const read = await readAll(store, queries, wanted);
  const seldom = queries.flatMap((query, i) => {
    const keys = query.keys.filter((key) => isSeldom(read[i]?.get(key)));
    return keys.length > 0 ? [{ i, query: { ...query, keys, from: from - 3 * MOST_LOOKBACK_MS } }] : [];
  });
  if (seldom.length === 0) return read;
  const again = await readAll(
    store,
    seldom.map(({ query }) => query),
    wanted,
  );
  for (const [n, { i }] of seldom.entries())
    for (const [key, more] of again[n] ?? []) read[i]?.set(key, more);
  return read;
}

function seriesOf({ keys }: Chosen, found: Columns, staleAt: Float64Array | undefined): RawSeries[] {
  return keys.flatMap(({ key, labels }) => {
    const columns = found.get(key);
    if (!columns || columns.at.length === 0) return [];
    const { at, value } = columns;
    return [{ labels, at, value, lookbackMs: lookbackOf(at), ...(staleAt ? { staleAt } : {}) }];
  });
}

async function readAll(
  store: StoreSourceOptions['store'],
  queries: readonly RangeQuery[],
  wanted: Wanted | undefined,
): Promise<Columns[]> {
  if (queries.length === 0) return [];
  if (store.select) return await store.select(queries, wanted);
  return await Promise.all(queries.map((query) => readColumns(store, query)));
}

/** The window alone does not show how long its values last. */
function isSeldom(columns: SampleColumns | undefined): boolean {
  return columns === undefined || columns.at.length < 3 || usualDistance(columns.at) * 3 > LOOKBACK_MS;
}

const lookbackOf = (at: Float64Array): number =>
  Math.min(MOST_LOOKBACK_MS, Math.max(LOOKBACK_MS, at.length < 2 ? 0 : 3 * usualDistance(at)));

/** The middle one of the newest distances: a single outage changes nothing. */
function usualDistance(at: Float64Array): number {
  const newest = at.subarray(Math.max(0, at.length - DISTANCES - 1));
  const distances = newest.subarray(1).map((t, i) => t - (newest[i] as number));
  return distances.sort()[distances.length >> 1] ?? 0;
}
