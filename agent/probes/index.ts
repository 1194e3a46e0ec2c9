// Every probe, one line each. Adding a probe is its folder and its line.

import { CPU } from './cpu/cpu.ts';
import { DISK } from './disk/disk.ts';
import { MEM } from './mem/mem.ts';
import type { ProbeUnit } from './probe.ts';
import { SWAP } from './swap/swap.ts';

export const PROBES: readonly ProbeUnit[] = [CPU, MEM, SWAP, DISK];
