// Every probe, one line each. Adding a probe is its folder and its line.

import { BACKUP } from './backup/backup.ts';
import { CLOCK } from './clock/clock.ts';
import { CPU } from './cpu/cpu.ts';
import { DATABASE } from './database/database.ts';
import { DISK } from './disk/disk.ts';
import { DISKIO } from './diskio/diskio.ts';
import { FEED } from './feed/feed.ts';
import { HTTP } from './http/http.ts';
import { MEM } from './mem/mem.ts';
import { NET } from './net/net.ts';
import { PORT } from './port/port.ts';
import type { ProbeUnit } from './probe.ts';
import { SERVICE } from './service/service.ts';
import { SWAP } from './swap/swap.ts';
import { SYSTEM } from './system/system.ts';
import { WITNESS } from './witness/witness.ts';

export const PROBES: readonly ProbeUnit[] = [
  CPU,
  MEM,
  SWAP,
  DISK,
  DISKIO,
  NET,
  SYSTEM,
  CLOCK,
  SERVICE,
  PORT,
  HTTP,
  BACKUP,
  DATABASE,
  FEED,
  WITNESS,
];
