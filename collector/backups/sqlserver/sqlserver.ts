// SQL Server for recovery: native backups (full, differential, log).

import type { RecoveryEngine } from '../engine.ts';
import { sqlServerSets } from './chains.ts';
import { sqlServerRunbook } from './runbook.ts';

export const sqlServer: RecoveryEngine = {
  methods: ['sqlserver'],
  takes: (verdict) => verdict.facts.engine === 'sqlserver',
  sets: sqlServerSets,
  runbook: sqlServerRunbook,
};
