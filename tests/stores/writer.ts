// A process that writes to an outside store as the collector does, to be killed: told by messages, it goes on at its own
// watermarks, as agents do that send again what was not acknowledged. Arguments: folder, engine as JSON.

import { systemClock } from '../../shared/clock.ts';
import type { EngineChoice } from '../../collector/store/outside/engines.ts';
import { openOutside } from './outside.ts';
import { entriesAt, HOSTS, KEYS, STREAM } from './workload.ts';

export type Order = { write: number } | { drain: true };
export type Word = { ready: true } | { acknowledged: number } | { drained: true } | { failed: string };

const [folder = '', engine = ''] = process.argv.slice(2);
const say = (word: Word): void => void process.send?.(word);
const store = await openOutside(folder, systemClock(), JSON.parse(engine) as EngineChoice, {
  // Small enough that the queue has many files.
  config: { segmentSize: 64 * 1024, sendEvery: 20, memory: 1024 ** 2 },
});
for (const host of HOSTS) store.declare(host, 'all', KEYS);

process.on('message', (order: Order) => {
  const done =
    'write' in order ? write(order.write) : store.maintain({ all: true }).then(() => say({ drained: true }));
  done.catch((error: Error) => say({ failed: error.message }));
});
say({ ready: true });

async function write(rounds: number): Promise<void> {
  const first = store.watermark(HOSTS[0] as string, STREAM) + 1;
  for (let seq = first; seq < first + rounds; seq++) {
    await store.write(entriesAt(seq));
    say({ acknowledged: seq });
  }
}
