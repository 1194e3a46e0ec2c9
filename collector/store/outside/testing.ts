// A small queue of one host for tests: one group a row.

import type { Clock } from '../../../shared/clock.ts';
import type { Definitions } from '../archive.ts';
import { STREAM, T0, testClock } from '../contract/rows.ts';
import { GroupWriter } from '../group.ts';
import { RECORD_HEAD_BYTES } from '../journal.ts';
import { Queue } from './queue.ts';

export const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
export const NONE: Definitions = { hosts: [], streams: [], columns: [], series: [] };
const DEFINED: Definitions = {
  hosts: [{ id: 1, name: 'h1' }],
  streams: [{ id: 1, host: 1, name: STREAM }],
  columns: [{ id: 1, names: ['cpu_usage_active', 'mem_used'] }],
  series: [{ id: 1, host: 1, hash: 's2', columns: 1 }],
  places: [{ host: 1, hospital: '甲', name: '旧' }],
};
export const ROWS = 100;

export function openQueue(
  folder: string,
  limit = 1024 ** 3,
  clock: Pick<Clock, 'now' | 'monotonic'> = testClock(T0),
): Queue {
  const queue = new Queue({
    folder,
    clock,
    config: { segmentSize: 4096, freeFloor: 0, limit, memory: 8192, keepStreams: 1e12 },
    log: quiet,
  });
  queue.open();
  return queue;
}

/** One group a row, numbered from `first`. */
export function fill(queue: Queue, first = 0, definitions = DEFINED): void {
  for (let seq = first; seq < first + ROWS; seq++) {
    const writer = new GroupWriter(new ArrayBuffer(1024), RECORD_HEAD_BYTES);
    writer.addRow({ stream: 1, series: 1, seq, at: T0 + seq, arrivedAt: T0, values: [seq, Number.NaN] });
    const record = new Uint8Array(writer.take(), 0, writer.size);
    queue.commit(record, RECORD_HEAD_BYTES, seq === first ? definitions : NONE);
  }
}
