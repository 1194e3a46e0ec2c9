// All faults. A new one is a file of this folder and a line here.

import type { Fault } from './fault.ts';
import { kill9 } from './kill.ts';

export const FAULTS: readonly Fault[] = [kill9];
