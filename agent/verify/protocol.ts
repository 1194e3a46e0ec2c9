// What the agent and its reading process say to each other, as messages of a channel that ends with either of them.

import type { Verified, VerifyTask } from '../probes/probe.ts';

export type FromReader =
  | { t: 'ready' }
  /** Once a second while it reads; also when nothing was read. */
  | { t: 'alive'; readBytes: number }
  | { t: 'done'; result: Verified }
  /** It ends itself, because it needs more memory than it may. */
  | { t: 'memory'; bytes: number };

export type ToReader = { t: 'read'; task: VerifyTask };

/** Resident, of the reading process: more than three times what it was seen to take (80 to 116 MB at full speed). */
export const MEMORY_BYTES = 384 * 1024 ** 2;
/** V8's own heap in it. */
export const HEAP_MIB = 192;
