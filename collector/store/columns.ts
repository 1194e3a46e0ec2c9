// Samples as columns and as points: one for machines, one for people's charts.

import type { Point, RangeQuery, SampleColumns, Store } from './store.ts';

export function pointsOf(columns: ReadonlyMap<string, SampleColumns>): Map<string, Point[]> {
  const out = new Map<string, Point[]>();
  for (const [key, { at, value }] of columns)
    out.set(
      key,
      Array.from(at, (t, i) => ({ at: t, value: value[i] as number })),
    );
  return out;
}

/** Of any store, also of one that knows points only. */
export async function readColumns(
  store: Pick<Store, 'points' | 'samples'>,
  query: RangeQuery,
): Promise<Map<string, SampleColumns>> {
  if (store.samples) return await store.samples(query);
  const points = await store.points(query);
  return new Map(
    [...points].map(([key, list]) => [
      key,
      { at: Float64Array.from(list, (p) => p.at), value: Float64Array.from(list, (p) => p.value) },
    ]),
  );
}
