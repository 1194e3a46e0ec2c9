// Outside stores in tests: with the settings that the collector gives, on an engine that the test started, each test's hosts
// under names of their own, so that one engine serves them all.

import { basename } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import { readConfig } from '../../shared/config/schema.ts';
import { influxdbConfig } from '../../collector/store/influxdb/config.ts';
import type { Store } from '../../collector/store/store.ts';
import { victoriametricsConfig } from '../../collector/store/victoriametrics/config.ts';
import { queueConfig, type QueueSettings } from '../../collector/store/outside/config.ts';
import type { EngineChoice } from '../../collector/store/outside/engines.ts';
import { openOutsideStore, type Places } from '../../collector/store/outside/outside.ts';

export const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

export const somePlaces: Places = {
  place: (host) => ({ hospital: '市一院 东区', host: `主机,${host}` }),
  refresh: () => Promise.resolve(),
};

export const victoria = (url: string): EngineChoice => ({
  kind: 'victoriametrics',
  config: readConfig(victoriametricsConfig, { url }),
});

export const influx = (url: string, database: string): EngineChoice => ({
  kind: 'influxdb',
  config: readConfig(influxdbConfig, { url, database }),
});

export const queueSettings = (given: object = {}): QueueSettings => ({
  ...readConfig(queueConfig, {}),
  segmentSize: 8 * 1024 ** 2,
  freeFloor: 0,
  keepStreams: 60 * 86_400_000,
  keepGaps: 400 * 86_400_000,
  ...given,
});

export const openOutside = (
  folder: string,
  clock: Clock,
  engine: EngineChoice,
  more: { config?: object; places?: Places } = {},
): ReturnType<typeof openOutsideStore> =>
  openOutsideStore({
    folder,
    clock,
    engine,
    config: queueSettings(more.config),
    places: more.places ?? somePlaces,
    log: quiet,
  });

/** The store, its hosts under names that only this folder has. */
export async function openConfined(folder: string, clock: Clock, engine: EngineChoice): Promise<Store> {
  const store = await openOutside(folder, clock, engine);
  const own = (host: string): string => `${host} ${basename(folder)}`;
  return {
    watermarks: (host) => store.watermarks(own(host)),
    watermark: (host, stream) => store.watermark(own(host), stream),
    declare: (host, series, columns) => store.declare(own(host), series, columns),
    columns: (host, series) => store.columns(own(host), series),
    write: (entries) => store.write(entries.map((entry) => ({ ...entry, host: own(entry.host) }))),
    latest: (host) => store.latest(own(host)),
    keys: (host) => store.keys(own(host)),
    points: (query) => store.points({ ...query, host: own(query.host) }),
    samples: (query) => store.samples({ ...query, host: own(query.host) }),
    buckets: (query) => store.buckets({ ...query, host: own(query.host) }),
    gaps: async (host, from, to) => (await store.gaps(own(host), from, to)).map((gap) => ({ ...gap, host })),
    stats: () => store.stats(),
    maintain: (options) => store.maintain(options),
    close: () => store.close(),
  };
}
