// VictoriaMetrics as a store: the contract of every engine, on Debian's own.

import { after, before } from 'node:test';
import { type EngineServer, startVictoria } from '../support/engines.ts';
import { storeContract } from '../../collector/store/contract/contract.ts';
import { temporaryFolder } from '../support/programs.ts';
import { openScope } from '../support/scope.ts';
import { openConfined, victoria } from './outside.ts';

const scope = openScope();
let server: EngineServer;

before(async () => {
  server = await startVictoria(scope, temporaryFolder(scope));
});
after(() => scope.close());

storeContract({
  name: 'victoriametrics',
  runs: 15,
  open: (path, clock) => openConfined(path, clock, victoria(server.url)),
  sameInstant: 'either',
  // Decimals of up to 18 digits, those of one block with a common power of ten.
  tolerance: (value, largest) => Math.abs(value) * 5e-15 + largest * 2e-18 + 1e-100,
});
