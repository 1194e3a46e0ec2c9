// All faults. A new one is a file of this folder and a line here.

import { badLink } from './bad-link.ts';
import type { Fault } from './fault.ts';
import { frozen } from './frozen.ts';
import { fullDisk } from './full-disk.ts';
import { fuzz } from './fuzz.ts';
import { halfOpen } from './half-open.ts';
import { kill9 } from './kill.ts';
import { slowReader } from './slow-reader.ts';
import { syncError } from './sync-error.ts';
import { wrongClocks } from './wrong-clock.ts';

export const FAULTS: readonly Fault[] = [
  kill9,
  fullDisk,
  syncError,
  badLink,
  halfOpen,
  frozen,
  slowReader,
  wrongClocks,
  fuzz,
];
