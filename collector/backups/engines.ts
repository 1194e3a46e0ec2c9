// The engines whose backups can be judged and planned. Adding one is its folder and one line here.

import type { RecoveryEngine } from './engine.ts';
import { sqlServer } from './sqlserver/sqlserver.ts';

export const ENGINES: readonly RecoveryEngine[] = [sqlServer];
