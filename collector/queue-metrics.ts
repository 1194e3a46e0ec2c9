// Queues to engines outside in /metrics: what waits, what was lost on the way, whether the engine takes anything.

import { Gauge, type Registry } from 'prom-client';
import type { StoreStats } from './store/store.ts';

const QUEUE_GAUGES = {
  bytes: 'Bytes that wait for an engine outside or are kept for it',
  pending_rows: 'Reports that an engine outside has not taken yet',
  dropped_rows: 'Reports given up because the queue was full or damaged',
  refused_samples: 'Samples that the engine refused for good',
  missed_entries: 'Entries that the queue itself could not take',
  engine_up: '1 when the engine took the last request',
} as const;

type QueueGauges = Record<keyof typeof QUEUE_GAUGES, Gauge>;

/** Sets the gauges anew at every call. The store's own queue has an empty label. */
export function openQueueGauges(registry: Registry): (stats: StoreStats) => void {
  const made = Object.entries(QUEUE_GAUGES).map(([name, help]) => [
    name,
    new Gauge({ name: `niswatch_queue_${name}`, help, labelNames: ['outlet'], registers: [registry] }),
  ]);
  const gauges = Object.fromEntries(made) as QueueGauges;
  return (stats) => setQueues(gauges, stats);
}

function setQueues(gauges: QueueGauges, { queue, outlets = [], pendingRows }: StoreStats): void {
  const own = queue ? [{ ...queue, name: '', missed: 0, pendingRows }] : [];
  for (const { name, missed, ...q } of [...own, ...outlets]) {
    const outlet = { outlet: name };
    gauges.bytes.set(outlet, q.bytes);
    gauges.pending_rows.set(outlet, q.pendingRows);
    gauges.dropped_rows.set(outlet, q.droppedRows);
    gauges.refused_samples.set(outlet, q.refusedSamples);
    gauges.missed_entries.set(outlet, missed);
    gauges.engine_up.set(outlet, q.trouble ? 0 : 1);
  }
}
