// The list of dashboards: adding one is its file and one line here.

import type { Board } from '../define/board.ts';
import { backup } from './backup.ts';
import { collector } from './collector.ts';
import { fleet } from './fleet.ts';
import { host } from './host.ts';
import { outage } from './outage.ts';
import { sla } from './sla.ts';

export const BOARDS: readonly Board[] = [fleet, outage, host, backup, sla, collector];
