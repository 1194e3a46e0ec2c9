// The store, remembering why it last refused to write: /readyz says it. Promise: everything else passes through untouched.

import type { Clock } from '../shared/clock.ts';
import { describeError } from '../shared/errors.ts';
import type { Store } from './store/store.ts';

/** Agents try again every second or two: a refusal older than this says nothing about now. */
const REFUSAL_MS = 15_000;

export interface WatchedStore extends Store {
  /** Why reports cannot be stored now. */
  refusing(): string | undefined;
}

export function watchStore(store: Store, clock: Pick<Clock, 'monotonic'>): WatchedStore {
  const { samples, select } = store;
  let last: { at: number; why: string } | undefined;
  return {
    async write(entries) {
      try {
        await store.write(entries);
        last = undefined;
      } catch (error) {
        last = { at: clock.monotonic(), why: describeError(error) };
        throw error;
      }
    },
    refusing: () => (last && clock.monotonic() - last.at < REFUSAL_MS ? last.why : undefined),
    watermarks: (host) => store.watermarks(host),
    watermark: (host, stream) => store.watermark(host, stream),
    declare: (host, series, columns) => store.declare(host, series, columns),
    columns: (host, series) => store.columns(host, series),
    latest: (host) => store.latest(host),
    keys: (host) => store.keys(host),
    points: (query) => store.points(query),
    ...(samples ? { samples: (query) => samples.call(store, query) } : {}),
    ...(select ? { select: (queries, wanted) => select.call(store, queries, wanted) } : {}),
    buckets: (query) => store.buckets(query),
    gaps: (host, from, to) => store.gaps(host, from, to),
    stats: () => store.stats(),
    maintain: (options) => store.maintain(options),
    close: () => store.close(),
  };
}
