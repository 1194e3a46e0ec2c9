// The engines whose backups can be judged and planned; the first that takes a file has it. Adding one is its folder and one line here.

import type { RecoveryEngine } from './engine.ts';
import { mariadb } from './mariadb/mariadb.ts';
import { POINT_ENGINES } from './points/points.ts';
import { pgBackRest, postgresql } from './postgresql/postgresql.ts';
import { repositories } from './repository/repository.ts';
import { sqlServer } from './sqlserver/sqlserver.ts';

export const ENGINES: readonly RecoveryEngine[] = [
  sqlServer,
  mariadb,
  pgBackRest,
  postgresql,
  repositories,
  ...POINT_ENGINES,
];
