// The queue alone: what it hands out again after a crash, what it gives up at its limit, and outlets beside a store.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { inFolder, row } from '../contract/rows.ts';
import type { Store } from '../store.ts';
import { feedOutlets } from './feed.ts';
import type { Queue } from './queue.ts';
import { fill, NONE, openQueue as open, quiet, ROWS } from './testing.ts';

/** Sends everything; numbers of the groups. */
function sendAll(queue: Queue): number[] {
  const groups: number[] = [];
  for (let batch = queue.next(1000); batch; batch = queue.next(1000)) {
    groups.push(...batch.groups.map((g) => g.group));
    queue.sent(batch.to);
  }
  return groups;
}

const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

it('hands out every group once and in order, from memory or from its files', () =>
  inFolder(async (folder) => {
    const queue = open(folder);
    fill(queue);
    assert.deepEqual(sendAll(queue), numbers(1, ROWS));
    queue.close();
  }));

it('hands out again after a restart what was acknowledged but not settled, and nothing that was', () =>
  inFolder(async (folder) => {
    const first = open(folder);
    fill(first);
    sendAll(first);
    first.close();
    const second = open(folder);
    assert.equal(second.stats().rows, ROWS);
    assert.deepEqual(sendAll(second), numbers(1, ROWS));
    second.settle(0);
    second.close();
    const third = open(folder);
    assert.deepEqual([sendAll(third), third.stats().rows, third.stats().pendingRows], [[], ROWS, 0]);
    third.close();
  }));

it('goes back to what is settled when the engine may have lost the rest', () =>
  inFolder(async (folder) => {
    const queue = open(folder);
    fill(queue);
    sendAll(queue);
    queue.settle(0);
    fill(queue, ROWS, NONE);
    sendAll(queue);
    queue.rewind();
    assert.deepEqual(sendAll(queue), numbers(ROWS + 1, ROWS * 2));
    queue.close();
  }));

it('gives up its oldest files at the limit, counts the rows and declares them as a gap', () =>
  inFolder(async (folder) => {
    const queue = open(folder, 4096);
    fill(queue);
    const { queue: waiting, rows, gaps } = queue.stats();
    assert.ok(waiting.bytes <= 8192, `${waiting.bytes} bytes`);
    assert.ok(waiting.droppedRows > 0 && waiting.droppedRows < ROWS);
    assert.equal(rows, ROWS);
    assert.ok(gaps > 0);
    const sent = sendAll(queue);
    assert.equal(sent.length + waiting.droppedRows, ROWS);
    const lost = queue.gaps(1, 0, Infinity);
    assert.equal(
      lost.reduce((n, gap) => n + gap.to - gap.from + 1, 0),
      waiting.droppedRows,
    );
    assert.ok(lost.every((gap) => gap.reason === 'dropped' && gap.fromAt !== undefined));
    queue.close();
  }));

it('keeps the names under which a group goes out, though the host is renamed before it is sent', () =>
  inFolder(async (folder) => {
    const queue = open(folder);
    fill(queue);
    fill(queue, ROWS, { ...NONE, places: [{ host: 1, hospital: '甲', name: '新' }] });
    queue.close();
    const later = open(folder);
    assert.deepEqual(
      [later.placeAt(1, ROWS), later.placeAt(1, ROWS + 1)],
      [
        { hospital: '甲', host: '旧' },
        { hospital: '甲', host: '新' },
      ],
    );
    later.close();
  }));

it('an outlet that cannot take anything holds up nothing, and what it misses is counted', async () => {
  const written: string[] = [];
  const part = (name: string, fails: boolean): Store =>
    ({
      write: async () => {
        written.push(name);
        if (fails) throw new Error('full');
      },
      columns: () => [],
      declare: () => undefined,
      stats: async () => ({ rows: 0, samples: 0, diskBytes: 0, pendingRows: 7, gaps: 0, damagedBlocks: 0 }),
    }) as unknown as Store;
  const store = feedOutlets(part('store', false), [{ name: 'grafana', store: part('outlet', true) }], quiet);
  await store.write([row(0, [1, 2]), row(1, [1, 2])]);
  assert.deepEqual(written, ['outlet', 'store']);
  const [outlet] = (await store.stats()).outlets ?? [];
  assert.deepEqual([outlet?.name, outlet?.missed, outlet?.pendingRows], ['grafana', 2, 7]);
});
