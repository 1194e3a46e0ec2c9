// How long the disk under the collector takes to make a small write durable, as seen from beside it: every acknowledgement waits
// for that, and on a shared machine it may be somebody else's doing.

import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Latencies } from '../ingest/speech.ts';

const EVERY_MS = 100;
const BYTES = 4096;

export interface DiskProbe {
  count(): void;
  /** The share 1 is the worst. */
  quantile(share: number): number;
  stop(): Promise<void>;
}

export async function probeDisk(folder: string): Promise<DiskProbe> {
  const file = await open(join(folder, 'probe.tmp'), 'w');
  const took = new Latencies();
  const block = Buffer.alloc(BYTES);
  let running: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    await file.write(block, 0, BYTES, 0);
    const startedAt = performance.now();
    await file.datasync();
    took.add(performance.now() - startedAt);
  };
  const timer = setInterval(() => {
    running ??= look().finally(() => {
      running = undefined;
    });
  }, EVERY_MS);
  return {
    count: () => took.clear(),
    quantile: (share) => took.quantile(share),
    async stop() {
      clearInterval(timer);
      await running;
      await file.close();
    },
  };
}
