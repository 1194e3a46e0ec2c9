// What an agent tells of its backup sets beyond the samples: policy, files with their verdicts, runs that the database itself
// knows, drills. The seam between the agent's probe and the collector's backup state. Promise: every record is absolute (the newest
// of the same key replaces the one before), so that a repeated or late one does no harm; a collector that missed some is made
// whole by the next `BackupSetReport`, which counts and fingerprints the files.
//
// Each record travels as one event: its kind is EVENT_OF[of], its subject the set's name.

import type { BackupKind, Content, Engine, FileVerdict, Layer } from './facts.ts';
import type { Proof } from './proof.ts';

/** What a hospital promised itself for one set; from the agent's own file. */
export interface BackupPolicy {
  engine: Engine | '';
  kind: BackupKind | '';
  /** Calendar expression in the host's local time (`0 2 * * *`); empty: not told, `maxAgeMs` stands alone. */
  schedule: string;
  maxAgeMs: number;
  /** Data that may be lost at most; 0: not told. */
  rpoMs: number;
  /** Time a recovery may take at most; 0: not told. */
  rtoMs: number;
  keep: number;
  minBytes: number;
  /** Folder of the second copy; empty: none is promised. */
  secondCopy: string;
  /** The database whose files these are; empty: as the files say. */
  database: string;
}

/** 0 no policy · 1 exists · 2 fresh and finished · 3 plausible · 4 readable to the end · 5 second copy equal · 6 restored in a drill. */
export type Rung = 0 | 1 | 2 | 3 | 4 | 5 | 6;

/** `unknown`: could not be confirmed, which is neither yes nor no. */
export interface RungState {
  rung: Rung;
  state: 'yes' | 'no' | 'unknown';
  /** Since when it stands so, UTC ms. */
  at: number;
  /** What it rests on: a file, a size, a digest; or what is in the way. English. */
  evidence: string;
  /** The same as data, from which it is worded for people; absent: what is in the way has no words of ours, or an older agent sent it. */
  proof?: Proof;
}

/** Of the whole set; sent at the agent's start, when something in it changed, and once a day. */
export interface BackupSetReport {
  of: 'set';
  set: string;
  folder: string;
  pattern: string;
  policy: BackupPolicy;
  /** All rungs from 1, in order: the set stands on the last one before the first that is not `yes`. */
  rungs: RungState[];
  /** How many files are known, and `fingerprintOf` them (fingerprint.ts): the collector compares. */
  files: { count: number; bytes: number; fingerprint: string };
  volume?: { path: string; freeBytes: number; totalBytes: number };
  /** The backups lie on the volume that holds the data they save. */
  sameVolumeAsData?: boolean;
  /** Of finished runs, oldest first, at most 60: when finished, bytes, seconds where known. */
  history: { at: number; bytes: number; seconds?: number }[];
  /** Reading speed seen while verifying, bytes per second; what an RTO is estimated from. */
  readBytesPerSecond?: number;
}

/** One file. `gone` when it is no longer there. */
export interface BackupFileReport {
  of: 'file';
  set: string;
  /** As on the host. */
  path: string;
  gone?: boolean;
  bytes: number;
  modifiedAt: number;
  /** When its content was judged; absent: only looked at from outside. */
  judgedAt?: number;
  content?: Content;
  format?: string;
  layer?: Layer;
  reason?: string;
  facts?: FileVerdict['facts'];
  secondCopy?: 'equal' | 'differs' | 'missing';
}

/** The database's own word: a run in msdb, v$rman, pgBackRest's info, the archiver's counters. */
export interface BackupRunReport {
  of: 'run';
  set: string;
  source: 'msdb' | 'v$' | 'pg_stat_archiver' | 'pgbackrest' | 'barman' | 'binlog';
  kind: BackupKind;
  database: string;
  startedAt: number;
  finishedAt: number;
  ok: boolean;
  bytes?: number;
  /** The file that the database says it wrote. */
  file?: string;
  text?: string;
}

export interface BackupDrillReport {
  of: 'drill';
  set: string;
  at: number;
  ok: boolean;
  seconds: number;
  bytes: number;
  /** The moment that was restored to. */
  moment: string;
  /** Expected and found, per table; expected is absent where nothing was known. */
  rows: { table: string; found: number; expected?: number }[];
  text: string;
}

/** Something wrong that no single file shows: a database without a set, history that disagrees with the disk, clean-up that stopped. */
export interface BackupFindingReport {
  of: 'finding';
  /** Empty: it concerns the host. */
  set: string;
  /** Same kind and same key replaces. `gone`: no longer so. */
  kind:
    | 'database-without-set'
    | 'history-disagrees'
    | 'cleanup-stopped'
    | 'same-volume'
    | 'shrinking'
    | 'identical'
    | 'extension-changed'
    | 'magic-lost';
  key: string;
  gone?: boolean;
  text: string;
  /** What the text says, as data; absent of an agent that did not tell it. */
  proof?: Proof;
}

export type BackupRecord =
  BackupSetReport | BackupFileReport | BackupRunReport | BackupDrillReport | BackupFindingReport;

export const EVENT_OF = {
  set: 'backup.set',
  file: 'backup.file',
  run: 'backup.run',
  drill: 'backup.drill',
  finding: 'backup.finding',
} as const satisfies Record<BackupRecord['of'], string>;
