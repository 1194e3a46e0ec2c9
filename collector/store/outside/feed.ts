// Engines that are fed beside the store. Promise: the store's own promise is untouched; an outlet's queue has each entry on its
// disk before the store acknowledges it. Where a queue cannot be written, the store goes on, and what the outlet misses is
// counted.

import { describeError } from '../../../shared/errors.ts';
import type { Log } from '../engine.ts';
import type { Entry, QueueStats, Store, StoreStats } from '../store.ts';

export interface Outlet {
  name: string;
  store: Store;
}

export function feedOutlets(store: Store, outlets: readonly Outlet[], log: Log): Store {
  const feeds = outlets.map((outlet) => new Feed(store, outlet, log));
  const { samples } = store;
  return {
    watermarks: (host) => store.watermarks(host),
    watermark: (host, stream) => store.watermark(host, stream),
    columns: (host, series) => store.columns(host, series),
    declare: (host, series, columns) => store.declare(host, series, columns),
    async write(entries) {
      // Before the store: what is in the store already never comes again.
      await Promise.all(feeds.map((feed) => feed.write(entries)));
      await store.write(entries);
    },
    latest: (host) => store.latest(host),
    keys: (host) => store.keys(host),
    points: (query) => store.points(query),
    ...(samples ? { samples: (query) => samples.call(store, query) } : {}),
    buckets: (query) => store.buckets(query),
    gaps: (host, from, to) => store.gaps(host, from, to),
    stats: async () => ({
      ...(await store.stats()),
      outlets: await Promise.all(feeds.map((feed) => feed.stats())),
    }),
    async maintain(options) {
      await store.maintain(options);
      for (const feed of feeds) await feed.maintain();
    },
    async close() {
      await store.close();
      for (const { store: outlet } of outlets) await outlet.close();
    },
  };
}

const NO_QUEUE: QueueStats = { bytes: 0, droppedRows: 0, refusedSamples: 0 };

class Feed {
  private missed = 0;
  private readonly name: string;
  private readonly source: Store;
  private readonly outlet: Store;
  private readonly log: Log;
  private isFailing = false;

  constructor(source: Store, { name, store }: Outlet, log: Log) {
    this.name = name;
    this.source = source;
    this.outlet = store;
    this.log = log;
  }

  async write(entries: readonly Entry[]): Promise<void> {
    try {
      for (const entry of entries) if (entry.kind === 'row') this.introduce(entry.host, entry.series);
      await this.outlet.write(entries);
      this.isFailing = false;
    } catch (error) {
      this.missed += entries.length;
      if (!this.isFailing)
        this.log.error(
          { outlet: this.name, error: describeError(error) },
          'an outlet’s queue cannot be written; the store goes on without it',
        );
      this.isFailing = true;
    }
  }

  async stats(): Promise<NonNullable<StoreStats['outlets']>[number]> {
    const { queue = NO_QUEUE, pendingRows } = await this.outlet.stats();
    return { ...queue, name: this.name, pendingRows, missed: this.missed };
  }

  async maintain(): Promise<void> {
    await this.outlet
      .maintain()
      .catch((error: unknown) =>
        this.log.error({ outlet: this.name, error: describeError(error) }, 'an outlet cannot be tidied'),
      );
  }

  /** The store may have learned the columns before there was an outlet. */
  private introduce(host: string, series: string): void {
    if (this.outlet.columns(host, series)) return;
    const columns = this.source.columns(host, series);
    if (columns) this.outlet.declare(host, series, columns);
  }
}
