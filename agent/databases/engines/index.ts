// Every engine, one line each.

import type { ConnectionConfig } from '../config.ts';
import type { Engine } from '../engine.ts';
import { BARMAN } from './barman.ts';
import { MARIADB } from './mariadb.ts';
import { ORACLE } from './oracle.ts';
import { PGBACKREST_INFO } from './pgbackrest.ts';
import { POSTGRESQL } from './postgresql.ts';
import { SQLSERVER } from './sqlserver.ts';

export const ENGINES: Readonly<Record<ConnectionConfig['engine'], Engine>> = {
  postgresql: POSTGRESQL,
  mariadb: MARIADB,
  mysql: MARIADB,
  sqlserver: SQLSERVER,
  oracle: ORACLE,
  pgbackrest: PGBACKREST_INFO,
  barman: BARMAN,
};
