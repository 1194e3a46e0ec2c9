// MySQL and MariaDB for recovery: dumps, physical backups, binary logs.

import type { RecoveryEngine } from '../engine.ts';
import { mariadbSets } from './chains.ts';
import { isPhysicalFile } from './physical.ts';
import { mariadbRunbook } from './runbook.ts';

export const mariadb: RecoveryEngine = {
  methods: ['mysql-dump', 'mariabackup'],
  takes: (verdict) => verdict.facts.engine === 'mariadb' || isPhysicalFile(verdict),
  sets: mariadbSets,
  runbook: mariadbRunbook,
};
