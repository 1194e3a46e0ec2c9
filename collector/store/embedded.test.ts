// The embedded store: the contract of every engine, and what a disk can do to it.

import { storeConfig } from './config.ts';
import { storeContract } from './contract/contract.ts';
import { openEmbeddedStore } from './embedded.ts';
import { readConfig } from '../../shared/config/schema.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const config = readConfig(storeConfig, {});

storeContract({
  name: 'embedded',
  open: (folder, clock) => openEmbeddedStore({ folder, clock, config, log: quiet }),
  keepMs: { raw: config.keepRaw, fiveMinutes: config.keepFiveMinutes, hours: config.keepHours },
});
