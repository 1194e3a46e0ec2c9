// PostgreSQL for recovery: base backups with WAL, and repositories of pgBackRest.

import type { RecoveryEngine } from '../engine.ts';
import { isBaseFile } from './bases.ts';
import { clusterSets } from './chains.ts';
import { isRepositoryFile, repositoryRunbook, repositorySets } from './pgbackrest.ts';
import { clusterRunbook } from './recovery.ts';

export const pgBackRest: RecoveryEngine = {
  methods: ['pgbackrest'],
  takes: isRepositoryFile,
  sets: repositorySets,
  runbook: repositoryRunbook,
};

export const postgresql: RecoveryEngine = {
  methods: ['postgresql'],
  takes: (verdict) =>
    !isRepositoryFile(verdict) &&
    (isBaseFile(verdict) || (verdict.facts.engine === 'postgresql' && verdict.facts.chain?.of === 'wal')),
  sets: clusterSets,
  runbook: clusterRunbook,
};
