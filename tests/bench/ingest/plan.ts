// What the processes of the ingest and the fleet bench agree on, and the messages between them and the bench.

import { createHash } from 'node:crypto';
import { seriesKey } from '../../../shared/catalogue.ts';
import { LAYOUT } from '../../data/fleet.mjs';

export const COLLECTOR_NAME = 'bench';
export const FINGERPRINT = 'bench-machine';
/** Reports that each agent has under way. */
export const IN_FLIGHT = 8;

export interface Plan {
  folder: string;
  agents: number;
  ticks: number;
  /** base64url raw public keys and PKCS#8 private keys (DER), one per agent. */
  keys: { publicKey: string; privateKey: string }[];
  /** The `ingest` section of the collector; its defaults when left out. */
  ingest?: Record<string, unknown>;
}

/** `look` is answered with `use`: what was spent since the start; `pack` with `packed`. */
export type ToCollector = { do: 'finish' } | { do: 'look' } | { do: 'pack' };
export interface Spent {
  cpuSeconds: number;
  /** Of these the main thread's and those of V8's helpers; the rest is the store's writer. */
  mainCpuSeconds: number;
  helperCpuSeconds: number;
  peakRssMiB: number;
}
export type FromCollector =
  | { did: 'ready'; url: string }
  | ({ did: 'use'; rssMiB: number } & Spent)
  | ({ did: 'packed' } & Spent)
  | ({ did: 'stop' } & Spent);
export type FromCount = {
  did: 'counted';
  openMs: number;
  diskBytes: number;
  rows: number;
  samples: number;
};
export type FromLoad = { did: 'sent'; seconds: number; ackP50Ms: number; ackP99Ms: number };

/** The columns of the fleet's frame, as series keys. */
export const COLUMNS = LAYOUT.flatMap(([measurement, tag, fields]) => {
  const [label, value] = tag.split('=');
  const labels = label && value !== undefined ? { [label]: value } : {};
  return fields.map((field) => seriesKey(`${measurement}_${field}`, labels));
});
export const SERIES_ID = createHash('sha256').update(COLUMNS.join('\n')).digest('hex').slice(0, 16);

export const hostId = (i: number): string => `bench-host-${String(i).padStart(5, '0')}`;
