// Every driver, one line each, in the order in which they look at a folder.

import { COMMAND_DRIVER } from './command-driver.ts';
import type { Driver } from './driver.ts';
import { MARIABACKUP } from './mariadb/mariabackup.ts';
import { MYSQLDUMP } from './mariadb/mysqldump.ts';
import { PG_BASEBACKUP } from './postgresql/base-backup.ts';
import { PG_DUMP } from './postgresql/pg-dump.ts';
import { PGBACKREST_DRIVER } from './postgresql/pgbackrest.ts';

export const DRIVERS: readonly Driver[] = [
  COMMAND_DRIVER,
  PGBACKREST_DRIVER,
  PG_BASEBACKUP,
  MARIABACKUP,
  PG_DUMP,
  MYSQLDUMP,
];
