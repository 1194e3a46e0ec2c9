// Every probe, one line each. Adding a probe is its folder and its line.

import { BACKUP } from './backup/backup.ts';
import { CLOCK } from './clock/clock.ts';
import { CPU } from './cpu/cpu.ts';
import { DISK } from './disk/disk.ts';
import { DISKIO } from './diskio/diskio.ts';
import { MEM } from './mem/mem.ts';
import { NET } from './net/net.ts';
import type { ProbeUnit } from './probe.ts';
import { SERVICE } from './service/service.ts';
import { SWAP } from './swap/swap.ts';
import { SYSTEM } from './system/system.ts';

export const PROBES: readonly ProbeUnit[] = [CPU, MEM, SWAP, DISK, DISKIO, NET, SYSTEM, CLOCK, SERVICE, BACKUP];
