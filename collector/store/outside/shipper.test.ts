// The carrier alone, before an engine whose answers the test decides.

import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { it } from 'node:test';
import { manualClock } from '../../../shared/clock.ts';
import { inFolder } from '../contract/rows.ts';
import { INFLUXDB_DIALECT } from '../influxdb/influxdb.ts';
import { EngineError, type Sender } from './engine.ts';
import type { Queue } from './queue.ts';
import { Shipper } from './shipper.ts';
import { fill, openQueue, quiet, ROWS } from './testing.ts';

const KEEP_MS = 30_000;

async function withShipper(
  sender: Sender,
  work: (parts: { queue: Queue; shipper: Shipper; clock: ReturnType<typeof manualClock> }) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const clock = manualClock();
    const queue = openQueue(folder, 1024 ** 3, clock);
    fill(queue);
    const config = { batchBytes: 2000, sendEvery: 1000, keepMs: KEEP_MS };
    const dialect = INFLUXDB_DIALECT;
    const options = { queue, sender, dialect, name: 'engine', clock, random: () => 0, log: quiet, config };
    await work({ queue, shipper: new Shipper(options), clock });
    queue.close();
  });
}

async function turns(until: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !until(); i++) await setImmediate();
  assert.ok(until(), 'it never came');
}

it('finds the lines that the engine refuses for good, counts them, and sends all others', async () => {
  const taken: string[] = [];
  const sender: Sender = {
    async send(lines) {
      if (lines.some((line) => / usage_active=(7|42) /.test(line)))
        throw new EngineError('split', 'no such field');
      taken.push(...lines);
      return 0;
    },
  };
  await withShipper(sender, async ({ queue, shipper }) => {
    await shipper.drain();
    assert.equal(taken.length, ROWS - 2);
    const { queue: waiting, pendingRows } = queue.stats();
    assert.deepEqual([waiting.refusedSamples, pendingRows], [2, 0]);
  });
});

it('sends everything again that is not settled after a failure, in order, and says since when there is trouble', async () => {
  const taken: string[] = [];
  let isAway = false;
  const sender: Sender = {
    async send(lines) {
      if (isAway) throw new EngineError('retry', 'away');
      taken.push(...lines);
      isAway = taken.length > ROWS / 2 && taken.length < ROWS;
      return 0;
    },
  };
  await withShipper(sender, async ({ shipper, clock }) => {
    shipper.kick();
    clock.advance(1000);
    await turns(() => shipper.trouble !== undefined);
    assert.equal(shipper.trouble?.why, 'away');
    const before = taken.splice(0);
    isAway = false;
    clock.advance(2000);
    await turns(() => taken.length >= before.length);
    isAway = false;
    assert.deepEqual(taken.slice(0, before.length), before);
  });
});

it('sends again what another process of the engine had acknowledged, and forgets it only when it is old enough', async () => {
  const taken: string[] = [];
  let process = 'first';
  const sender: Sender = {
    async send(lines) {
      taken.push(...lines);
      return 0;
    },
    generation: () => Promise.resolve(process),
  };
  await withShipper(sender, async ({ queue, shipper, clock }) => {
    shipper.kick();
    clock.advance(1000);
    await turns(() => taken.length === ROWS && queue.isEmpty);
    await setImmediate();
    process = 'second';
    clock.advance(KEEP_MS);
    await shipper.housekeep();
    clock.advance(1000);
    await turns(() => taken.length === 2 * ROWS && queue.isEmpty);
    await setImmediate();
    await shipper.housekeep();
    assert.equal(queue.canSettle(0), true);
    clock.advance(KEEP_MS);
    await shipper.housekeep();
    assert.equal(queue.canSettle(0), false);
    assert.deepEqual(taken.slice(0, ROWS), taken.slice(ROWS));
  });
});

it('stops though the engine does not answer', async () => {
  const sender: Sender = { send: () => Promise.withResolvers<number>().promise };
  await withShipper(sender, async ({ queue, shipper, clock }) => {
    shipper.kick();
    clock.advance(1000);
    const stopped = shipper.stop();
    clock.advance(3000);
    await stopped;
    assert.equal(queue.isEmpty, false);
  });
});
