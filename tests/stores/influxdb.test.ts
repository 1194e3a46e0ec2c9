// InfluxDB as a store: the contract of every engine, on Debian's own (1.6).

import { after, before } from 'node:test';
import { type EngineServer, makeDatabase, startInflux } from '../support/engines.ts';
import { storeContract } from '../../collector/store/contract/contract.ts';
import { temporaryFolder } from '../support/programs.ts';
import { openScope } from '../support/scope.ts';
import { influx, openConfined } from './outside.ts';

const scope = openScope();
let server: EngineServer;

before(async () => {
  server = await startInflux(scope, temporaryFolder(scope));
  await makeDatabase(server, 'niswatch');
});
after(() => scope.close());

storeContract({
  name: 'influxdb',
  runs: 15,
  open: (path, clock) => openConfined(path, clock, influx(server.url, 'niswatch')),
});
