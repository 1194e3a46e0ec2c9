// The rules about sets, in the order in which they are applied.

import { BASE_BACKUP } from './basebackup.ts';
import { BINLOG_CHAIN, DUMP_SETS, LSN_CHAIN } from './chains.ts';
import { BACKUP_HISTORY } from './history.ts';
import { PG_DIRECTORY } from './pg-directory.ts';
import { PHYSICAL } from './physical.ts';
import { ARCHIVED_WAL, BORG_REPOSITORY, PGBACKREST_REPOSITORY, RESTIC_REPOSITORY } from './repositories.ts';
import type { SetRule } from './set.ts';
import { STRIPES } from './stripes.ts';
import { TAB_DUMP } from './tab-dump.ts';
import { VOLUMES } from './volumes.ts';

export const SET_RULES: readonly SetRule[] = [
  VOLUMES,
  PG_DIRECTORY,
  BASE_BACKUP,
  STRIPES,
  DUMP_SETS,
  TAB_DUMP,
  BINLOG_CHAIN,
  LSN_CHAIN,
  ARCHIVED_WAL,
  PGBACKREST_REPOSITORY,
  RESTIC_REPOSITORY,
  BORG_REPOSITORY,
  PHYSICAL,
  BACKUP_HISTORY,
];
