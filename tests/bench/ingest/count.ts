// The collector's next start, as far as the store goes: opens what was left and counts what is there. A process of its own, since
// no collector opens its store twice in one life.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { collectorConfig } from '../../../collector/config.ts';
import { openEmbeddedStore } from '../../../collector/store/embedded.ts';
import { systemClock } from '../../../shared/clock.ts';
import { readConfig } from '../../../shared/config/schema.ts';
import { folderBytes } from '../proc.ts';
import type { FromCount, Plan } from './plan.ts';

const plan = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Plan;
const clock = systemClock();
const folder = join(plan.folder, 'store');
const complain = (fields: object, message: string): void =>
  void process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
const log = { info: () => {}, warn: complain, error: complain };
const { store: config } = readConfig(collectorConfig, {});

const startedAt = clock.monotonic();
const store = await openEmbeddedStore({ folder, clock, config, log });
const openMs = clock.monotonic() - startedAt;
const { rows, samples } = await store.stats();
await store.close();
const diskBytes = folderBytes(folder);
const told: FromCount = { did: 'counted', openMs, diskBytes, rows, samples };
process.send?.(told);
process.disconnect?.();
