// A store's history copied between the embedded store and real engines and back, with a broken try before; and a loss is found.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storeConfig } from '../../collector/store/config.ts';
import { openEmbeddedStore } from '../../collector/store/embedded.ts';
import { migrate, type Migrated } from '../../collector/store/migrate.ts';
import { openOutsideStore } from '../../collector/store/outside/outside.ts';
import type { Store } from '../../collector/store/store.ts';
import { systemClock } from '../../shared/clock.ts';
import { readConfig } from '../../shared/config/schema.ts';
import { makeDatabase, startInflux, startVictoria } from '../support/engines.ts';
import { temporaryFolder } from '../support/programs.ts';
import { atEnd, type Scope } from '../support/scope.ts';
import { influx, queueSettings, quiet, somePlaces, victoria } from './outside.ts';
import { entriesAt, HOSTS, KEYS, START_MS, STREAM } from './workload.ts';
import type { EngineChoice } from '../../collector/store/outside/engines.ts';

const ROWS = 3000;
const clock = systemClock();
const range = { from: START_MS - 1000, to: START_MS + 4 * 86_400_000 };
const config = readConfig(storeConfig, { freeFloor: 0 });

async function embedded(t: Scope): Promise<Store> {
  const folder = temporaryFolder(t);
  const store = await openEmbeddedStore({ folder, clock, config, log: quiet, order: 'anywhere' });
  atEnd(t, () => store.close());
  return store;
}

async function outside(t: Scope, engine: EngineChoice): Promise<Store> {
  const options = { folder: temporaryFolder(t), clock, places: somePlaces, log: quiet, engine };
  const store = await openOutsideStore({ ...options, config: queueSettings(), order: 'anywhere' });
  atEnd(t, () => store.close());
  return store;
}

async function filled(t: Scope): Promise<Store> {
  const store = await embedded(t);
  for (const host of HOSTS) store.declare(host, 'all', KEYS);
  for (let seq = 0; seq < ROWS; seq += 500)
    await store.write(Array.from({ length: 500 }, (_, i) => entriesAt(seq + i)).flat());
  await store.write([
    {
      kind: 'gap',
      host: HOSTS[0] ?? '',
      stream: STREAM,
      from: ROWS,
      to: ROWS + 9,
      reason: 'thinned',
      arrivedAt: START_MS,
    },
  ]);
  return store;
}

const copy = (source: Store, target: Store, hosts = HOSTS): Promise<Migrated> =>
  migrate({ source, target, hosts, ...range, now: Date.now, progress: () => undefined });

test('copies everything to victoria-metrics, on to influxdb and back, streams and gaps too', async (t) => {
  const db = await startInflux(t, temporaryFolder(t));
  await makeDatabase(db, 'db');
  const vm = await startVictoria(t, temporaryFolder(t));
  const chain = [
    await filled(t),
    await outside(t, victoria(vm.url)),
    await outside(t, influx(db.url, 'db')),
    await embedded(t),
  ];
  for (const [i, target] of chain.slice(1).entries()) {
    const result = await copy(chain[i] as Store, target);
    assert.deepEqual(result, {
      series: HOSTS.length * KEYS.length,
      samples: HOSTS.length * KEYS.length * ROWS,
      resumedRows: 0,
      differences: [],
    });
    assert.equal(target.watermark(HOSTS[0] ?? '', STREAM), ROWS + 9);
    assert.equal(target.watermark(HOSTS[1] ?? '', STREAM), ROWS - 1);
    assert.equal((await target.gaps(HOSTS[0] ?? '', 0, Infinity)).length, 1);
  }
  assert.deepEqual(
    await chain.at(-1)?.points({ host: HOSTS[2] ?? '', keys: KEYS, ...range }),
    await chain[0]?.points({ host: HOSTS[2] ?? '', keys: KEYS, ...range }),
  );
});

test('goes on after a broken try without storing anything twice, and says what differs', async (t) => {
  const vm = await startVictoria(t, temporaryFolder(t), []);
  const [source, target] = [await filled(t), await outside(t, victoria(vm.url))];
  const [first = '', second = ''] = HOSTS;
  let writes = 0;
  const breaking: Store = {
    ...bound(target),
    write: (entries) => (++writes > 1 ? Promise.reject(new Error('pulled out')) : target.write(entries)),
  };
  await assert.rejects(copy(source, breaking, [first]), /pulled out/);
  const result = await copy(source, target, [first]);
  assert.equal(result.resumedRows, 2000);
  assert.deepEqual(result.differences, []);

  const lossy: Store = {
    ...bound(target),
    samples: async (query) => {
      const found = (await target.samples?.(query)) ?? new Map();
      for (const [key, { at, value }] of found)
        found.set(key, { at: at.subarray(1), value: value.subarray(1) });
      return found;
    },
  };
  const { differences } = await copy(source, lossy, [second]);
  assert.equal(differences.length, KEYS.length);
  assert.equal(differences[0]?.source.count, ROWS);
});

/** Its methods as properties, so that single ones can be replaced. */
function bound(store: Store): Store {
  return {
    watermarks: (host) => store.watermarks(host),
    watermark: (host, stream) => store.watermark(host, stream),
    declare: (host, series, columns) => store.declare(host, series, columns),
    columns: (host, series) => store.columns(host, series),
    write: (entries) => store.write(entries),
    latest: (host) => store.latest(host),
    keys: (host) => store.keys(host),
    points: (query) => store.points(query),
    samples: async (query) => (await store.samples?.(query)) ?? new Map(),
    buckets: (query) => store.buckets(query),
    gaps: (host, from, to) => store.gaps(host, from, to),
    stats: () => store.stats(),
    maintain: (options) => store.maintain(options),
    close: () => store.close(),
  };
}
