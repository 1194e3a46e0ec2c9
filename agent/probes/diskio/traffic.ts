// What one disk has moved since boot.

import type { DiskCounters } from '../probe.ts';

export interface DiskTraffic extends DiskCounters {
  /** Time with requests under way, and the same weighted by their number; Windows does not count them. */
  ioTimeMs?: number;
  weightedIoTimeMs?: number;
}
