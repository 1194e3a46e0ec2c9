// How much garbage may pile up before it is swept. Ingest keeps little and throws away much: left alone, V8 lets the heap grow to
// several times what lives in it (468 MiB at the peak of the ingest bench; 376 MiB at 100 %, for a twelfth of the throughput).

import { setFlagsFromString } from 'node:v8';

/** The old generation is swept when it has grown by so much over what was alive after the last sweep. */
const GROWTH_PERCENT = 80;

/** For the whole process; V8 reads the flag at each sweep, so it may be set while running. */
export function boundHeapGrowth(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
