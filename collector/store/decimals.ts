// A column of doubles as whole numbers of one power of ten, where all of them are decimals. Promise: value = whole / 10^scale, exactly.

import { decimalScale, EXACT, POWERS } from './tail.ts';

/** A column as whole numbers of 10^-scale, NaN where missing; scale -1: not all are decimals, `ints` means nothing. */
export interface Decimals {
  scale: number;
  missing: number;
  ints: Float64Array;
}

/** Converts values[0..n) into `ints`. */
export function toDecimals(values: Float64Array, n: number, ints: Float64Array): Decimals {
  let scale = 0;
  for (;;) {
    const stop = tryScale(values, n, ints, scale);
    if (stop < 0) break;
    scale = decimalScale(values[stop] as number, scale + 1);
    if (scale < 0) return { scale, missing: countMissing(values, n), ints };
  }
  return { scale, missing: countMissing(ints, n), ints };
}

/** Index of the first value that does not fit the scale, or -1. */
function tryScale(values: Float64Array, n: number, ints: Float64Array, scale: number): number {
  const f = POWERS[scale] as number;
  for (let i = 0; i < n; i++) {
    const v = values[i] as number;
    const r = Math.round(v * f);
    const fits = r / f === v && r < EXACT && r > -EXACT && (v !== 0 || 1 / v > 0);
    if (!fits && !Number.isNaN(v)) return i;
    ints[i] = r;
  }
  return -1;
}

export function countMissing(values: Float64Array, n: number): number {
  let missing = 0;
  for (let i = 0; i < n; i++) if (Number.isNaN(values[i])) missing++;
  return missing;
}
