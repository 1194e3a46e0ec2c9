// The tables of the collector's state: who is watched, what was judged, what was told. Instants are UTC milliseconds, JSON
// columns hold text. Written so that PostgreSQL can take SQLite's place: no SQLite-only types or functions in queries.

import type { Generated } from 'kysely';
import type { CheckStatus, EventKind } from '../../shared/catalogue.ts';
import type { VerdictWord } from '../liveness/verdict.ts';
import type { Severity } from '../rules/rule.ts';

export type Role = 'admin' | 'engineer' | 'viewer';
export type AlertState = 'pending' | 'firing' | 'acknowledged' | 'resolved';
export type OutboxState = 'waiting' | 'delivered' | 'dropped';

export interface HospitalTable {
  id: string;
  name: string;
  timeZone: string;
  createdAt: number;
}

export interface HostTable {
  id: string;
  hospitalId: string;
  name: string;
  /** base64url, raw 32 bytes. */
  publicKey: string;
  fingerprint: string;
  enrolledAt: number;
  revokedAt: number | null;
  hostname: string;
  os: string;
  arch: string;
  agentVersion: string;
  /** Learned at the last handshake. */
  boot: string | null;
  bootAt: number | null;
  offsetMs: number | null;
}

export interface EnrolmentCodeTable {
  /** SHA-256 of the code, hex. The code itself is never stored. */
  hash: string;
  hospitalId: string;
  /** Name for the host, when the operator gave one. */
  hostName: string | null;
  /** Set: the code gives a rebuilt machine the identity of this host. */
  hostId: string | null;
  createdAt: number;
  createdBy: string;
  expiresAt: number;
  usedAt: number | null;
  usedByHost: string | null;
}

/** One row a host: the liveness machine's whole state, so that a restart changes nothing. */
export interface LivenessTable {
  hostId: string;
  word: VerdictWord;
  since: number;
  lastHeardAt: number | null;
  /** JSON of the machine's state. */
  state: string;
  updatedAt: number;
}

/** The trail of verdicts; a revision adds a row and closes the one it corrects. */
export interface VerdictTable {
  id: Generated<number>;
  hostId: string;
  word: VerdictWord;
  since: number;
  until: number | null;
  /** JSON of Evidence[]. */
  evidence: string;
  recordedAt: number;
  /** Row that this one corrects. */
  revises: number | null;
}

export interface CheckTable {
  hostId: string;
  checkId: string;
  status: CheckStatus;
  text: string | null;
  since: number;
  updatedAt: number;
}

export interface EventTable {
  id: Generated<number>;
  hostId: string;
  at: number;
  arrivedAt: number;
  kind: EventKind | string;
  subject: string | null;
  data: string | null;
}

export interface AlertTable {
  id: string;
  rule: string;
  hospitalId: string;
  hostId: string | null;
  subject: string;
  severity: Severity;
  state: AlertState;
  value: number | null;
  /** JSON: Text, Text, Record. */
  summary: string;
  advice: string;
  evidence: string;
  pendingAt: number;
  firingAt: number | null;
  acknowledgedAt: number | null;
  acknowledgedBy: string | null;
  note: string | null;
  resolvedAt: number | null;
  /** Since when the finding is gone (firing) or could not be judged (pending). */
  clearingAt: number | null;
  /** 1 while it is not resolved: one open alert per (rule, host, subject). */
  open: number;
  updatedAt: number;
}

export interface AlertLogTable {
  id: Generated<number>;
  alertId: string;
  at: number;
  what: AlertState | 'notified' | 'note' | 'inhibited';
  who: string;
  note: string | null;
}

export interface OutboxTable {
  id: Generated<number>;
  /** Idempotency key of the notice. */
  key: string;
  /** Group that may still be joined while waiting (host or hospital), for grouping. */
  groupKey: string;
  channel: string;
  kind: 'firing' | 'resolved' | 'canary';
  /** JSON list of alert ids. */
  alertIds: string;
  state: OutboxState;
  createdAt: number;
  notBefore: number;
  attempts: number;
  lastError: string | null;
  deliveredAt: number | null;
  receipt: string | null;
  dropReason: string | null;
}

export interface UserTable {
  id: string;
  name: string;
  /** scrypt: `scrypt$N$r$p$salt$hash`, base64url. */
  password: string;
  role: Role;
  /** A viewer sees this hospital only. */
  hospitalId: string | null;
  createdAt: number;
  disabledAt: number | null;
}

export interface SessionTable {
  /** SHA-256 of the cookie's value. */
  hash: string;
  userId: string;
  csrf: string;
  createdAt: number;
  lastSeenAt: number;
  expiresAt: number;
}

export interface TokenTable {
  hash: string;
  name: string;
  role: Role;
  hospitalId: string | null;
  createdAt: number;
  lastUsedAt: number | null;
  revokedAt: number | null;
}

/** One-time links (first-run administrator). */
export interface LoginLinkTable {
  hash: string;
  createdAt: number;
  expiresAt: number;
  usedAt: number | null;
}

export interface AuditTable {
  id: Generated<number>;
  at: number;
  who: string;
  what: string;
  subject: string;
  detail: string | null;
}

/** What an agent told last of a backup set; `record` is JSON of BackupSetReport. Instants `at` are when the record was made. */
export interface BackupSetTable {
  hostId: string;
  name: string;
  at: number;
  record: string;
}

/** The rung that each record of a set showed, so that a fall is seen. */
export interface BackupRungTable {
  hostId: string;
  set: string;
  at: number;
  rung: number;
}

export interface BackupFileTable {
  hostId: string;
  set: string;
  path: string;
  at: number;
  /** It is no longer there; `record` is the last one from before. */
  goneAt: number | null;
  /** JSON of BackupFileReport. */
  record: string;
}

export interface BackupRunTable {
  hostId: string;
  set: string;
  source: string;
  kind: string;
  database: string;
  startedAt: number;
  at: number;
  /** JSON of BackupRunReport. */
  record: string;
}

export interface BackupDrillTable {
  hostId: string;
  set: string;
  drilledAt: number;
  at: number;
  /** JSON of BackupDrillReport. */
  record: string;
}

export interface BackupFindingTable {
  hostId: string;
  set: string;
  kind: string;
  key: string;
  text: string;
  /** JSON of what the text says; null of an agent that did not tell it. */
  proof: string | null;
  since: number;
  at: number;
  goneAt: number | null;
}

/** A report that was made: what it rests on is kept, so that it can be had again, to the byte, and compared with. */
export interface ReportTable {
  id: string;
  kind: string;
  hospitalId: string;
  number: string;
  language: string;
  fromAt: number;
  toAt: number;
  madeAt: number;
  madeBy: string;
  /** JSON: what the list shows and the next report compares with. */
  summary: string;
  /** JSON of what was gathered. */
  data: string;
}

/** Runs of the collector itself, so that its own absences are known. */
export interface RunTable {
  id: Generated<number>;
  startedAt: number;
  aliveAt: number;
  endedAt: number | null;
}

export interface MetaTable {
  key: string;
  value: string;
}

export interface Tables {
  hospitals: HospitalTable;
  hosts: HostTable;
  enrolmentCodes: EnrolmentCodeTable;
  liveness: LivenessTable;
  verdicts: VerdictTable;
  checks: CheckTable;
  events: EventTable;
  alerts: AlertTable;
  alertLog: AlertLogTable;
  outbox: OutboxTable;
  users: UserTable;
  sessions: SessionTable;
  tokens: TokenTable;
  loginLinks: LoginLinkTable;
  audit: AuditTable;
  backupSets: BackupSetTable;
  backupRungs: BackupRungTable;
  backupFiles: BackupFileTable;
  backupRuns: BackupRunTable;
  backupDrills: BackupDrillTable;
  backupFindings: BackupFindingTable;
  reports: ReportTable;
  runs: RunTable;
  meta: MetaTable;
}
