// For a test: appends and syncs without end, and says on standard output what was confirmed, until it is killed.

import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { systemClock } from '../../shared/clock.ts';
import { openSpool } from './disk-spool.ts';
import { nodeDisk } from './node-disk.ts';
import { COLUMNS, limitsOf } from './spool-world.ts';

const spool = openSpool({
  folder: process.argv[2] ?? '',
  disk: nodeDisk(),
  random: () => randomBytes(16),
  clock: systemClock(),
  limits: limitsOf({ segmentBytes: '8KiB' }),
  log: () => undefined,
});
for (let value = 0; ; value++) {
  spool.append(
    { series: '0123456789abcdef', at: value, off: null, boot: 'b', v: [value, 1, null] },
    COLUMNS[1] ?? [],
  );
  if (value % 3 !== 2) continue;
  spool.sync();
  if (spool.stats().failing === undefined)
    writeSync(1, `${JSON.stringify({ stream: spool.liveStream, count: value + 1 })}\n`);
}
