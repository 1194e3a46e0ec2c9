import type { BackupKind, SqlServerChain } from './facts.ts';

/** What SQL Server's types of backup are, in its files and in msdb alike (`backupset.type`). */
export const SQLSERVER_KINDS = {
  D: 'full',
  I: 'differential',
  L: 'log',
  F: 'full',
  G: 'differential',
  P: 'full',
  Q: 'differential',
} as const satisfies Record<SqlServerChain['type'], BackupKind>;
