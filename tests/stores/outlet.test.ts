// The collector's store with outlets beside it, on real engines: what is stored is in the outlets too, once, under the same names.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { collectorConfig } from '../../collector/config.ts';
import { openStore } from '../../collector/store/open.ts';
import type { Store } from '../../collector/store/store.ts';
import { systemClock } from '../../shared/clock.ts';
import { readConfig } from '../../shared/config/schema.ts';
import { makeDatabase, startInflux, startVictoria } from '../support/engines.ts';
import { temporaryFolder, until } from '../support/programs.ts';
import { atEnd, type Scope } from '../support/scope.ts';
import { quiet } from './outside.ts';
import { countInflux, countVictoria } from './counts.ts';
import { entriesAt, expected, HOSTS, KEYS } from './workload.ts';

const WITHIN_MS = 120_000;
const places = {
  place: (host: string) => ({ hospital: '市一院', host }),
  refresh: () => Promise.resolve(),
};

async function open(t: Scope, folder: string, outlets: object[]): Promise<Store> {
  const config = readConfig(collectorConfig, { store: { freeFloor: 0 }, outlets });
  const store = await openStore({
    folder,
    clock: systemClock(),
    config: config.store,
    outlets: config.outlets,
    places,
    log: quiet,
  });
  atEnd(t, () => store.close());
  for (const host of HOSTS) store.declare(host, 'all', KEYS);
  return store;
}

test('feeds both kinds of engine beside the embedded store, each through its own queue', async (t) => {
  const victoria = await startVictoria(t, temporaryFolder(t));
  const influx = await startInflux(t, temporaryFolder(t));
  await makeDatabase(influx, 'db');
  const queue = { sendEvery: '20ms' };
  const store = await open(t, temporaryFolder(t), [
    { name: 'vm', kind: 'victoriametrics', victoriametrics: { url: victoria.url }, queue },
    { name: 'influx', kind: 'influxdb', influxdb: { url: influx.url, database: 'db' }, queue },
  ]);
  for (let seq = 0; seq < 100; seq++) await store.write(entriesAt(seq));
  await until('both queues to be empty', WITHIN_MS, async () =>
    (await store.stats()).outlets?.every((outlet) => outlet.pendingRows === 0),
  );
  await fetch(`${victoria.url}/internal/force_flush`);
  assert.deepEqual(await countVictoria(victoria), expected(100));
  assert.deepEqual(await countInflux(influx), expected(100));
  assert.equal((await store.stats()).rows, 100 * HOSTS.length);
});

test('an outlet that is added later begins where the store stands', async (t) => {
  const victoria = await startVictoria(t, temporaryFolder(t));
  const folder = join(temporaryFolder(t), 'data');
  const before = await open(t, folder, []);
  await before.write(entriesAt(0));
  await before.close();
  const later = await open(t, folder, [
    {
      name: 'vm',
      kind: 'victoriametrics',
      victoriametrics: { url: victoria.url },
      queue: { sendEvery: '20ms' },
    },
  ]);
  await later.write(entriesAt(1));
  await until(
    'the queue to be empty',
    WITHIN_MS,
    async () => (await later.stats()).outlets?.[0]?.pendingRows === 0,
  );
  await fetch(`${victoria.url}/internal/force_flush`);
  const found = await countVictoria(victoria);
  assert.equal(found.length, HOSTS.length * KEYS.length);
  assert.ok(found.every((line) => line.split(' ')[2] === '1'));
});
