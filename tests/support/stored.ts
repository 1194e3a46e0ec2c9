// What a collector has really stored, row by row, read from its folder while it is stopped or killed. Counts what the API
// averages.

import { join } from 'node:path';
import { openEmbeddedStore } from '../../collector/store/embedded.ts';
import { storeConfig } from '../../collector/store/config.ts';
import type { GapRecord, Point, Watermark } from '../../collector/store/store.ts';
import { systemClock } from '../../shared/clock.ts';
import { readConfig } from '../../shared/config/schema.ts';
import type { CollectorProgram } from './programs.ts';

export interface Stored {
  /** Every sample of the series, oldest first. */
  points: Point[];
  watermarks: Watermark[];
  gaps: GapRecord[];
  /** Rows of all hosts. */
  rows: number;
  damagedBlocks: number;
}

/** The collector must not run. */
export async function readStored(collector: CollectorProgram, host: string, key: string): Promise<Stored> {
  if (collector.running()) throw new Error('the collector still runs');
  const quiet = (): void => {};
  const store = await openEmbeddedStore({
    folder: join(collector.folder, 'data', 'store'),
    clock: systemClock(),
    config: readConfig(storeConfig, {}),
    log: { info: quiet, warn: quiet, error: quiet },
  });
  try {
    // To the end of time: what an agent with a wrong clock sent may be dated anywhere.
    const span = { from: 0, to: Number.MAX_SAFE_INTEGER };
    const points = (await store.points({ host, keys: [key], ...span })).get(key) ?? [];
    const { rows, damagedBlocks } = await store.stats();
    return {
      points,
      watermarks: store.watermarks(host),
      gaps: await store.gaps(host, span.from, span.to),
      rows,
      damagedBlocks,
    };
  } finally {
    await store.close();
  }
}
