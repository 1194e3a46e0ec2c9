// The list of dashboards: adding one is its file and one line here.

import type { Board } from '../define/board.ts';
import { fleet } from './fleet.ts';

export const BOARDS: readonly Board[] = [fleet];
