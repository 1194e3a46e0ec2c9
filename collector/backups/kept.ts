// What the collector knows of the backups of one host, as plain data: what the agent reported last, how it went before, and what
// is judged from it. The page, the API, the commands, the rules and the reports all read this and nothing else.
// Promise: everything in it comes from records that an agent sent, or follows from them by a pure function of (records, now).

import type { BackupKind } from '../../shared/backup/facts.ts';
import type { Proof } from '../../shared/backup/proof.ts';
import type {
  BackupDrillReport,
  BackupFileReport,
  BackupFindingReport,
  BackupPolicy,
  BackupRunReport,
  BackupSetReport,
  Rung,
  RungState,
} from '../../shared/backup/reported.ts';
import type { Moment } from './moment.ts';
import type { BackupSet, Excluded, Gap } from './set.ts';

export interface HostBackups {
  hostId: string;
  /** Zone of the hospital: for times that a file gives without one. */
  timeZone: string;
  /** By name. A set that its agent no longer tells of stays, `told: 'old'`. */
  sets: SetBackups[];
  /** Those that concern the host and no set of it, the open ones first. */
  findings: KeptFinding[];
}

export interface SetBackups {
  name: string;
  /** When its newest record was made, UTC ms. */
  at: number;
  /** `old`: not told for three days, though it is told daily; `never`: only its files, runs or findings are known. */
  told: 'fresh' | 'old' | 'never';
  folder: string;
  pattern: string;
  policy: BackupPolicy;
  /** All from 1 up, each with its evidence; empty when never told. */
  rungs: RungState[];
  /** The last one before the first that is not `yes`. */
  rung: Rung;
  /** Each change of the rung, oldest first; the last one is how it stands. */
  trail: { at: number; rung: Rung }[];
  /** `all`: the files below are exactly those the agent counted; `some`: records are still under way, or were lost. */
  known: 'all' | 'some';
  volume?: NonNullable<BackupSetReport['volume']>;
  sameVolumeAsData?: boolean;
  history: BackupSetReport['history'];
  readBytesPerSecond?: number;
  /** Newest first; those that are gone too, as long as they are kept. */
  files: KeptFile[];
  /** Newest first. */
  runs: KeptRun[];
  /** Newest first. */
  drills: KeptDrill[];
  /** Open ones first. */
  findings: KeptFinding[];
  recovery: Recovery;
}

export interface KeptFile extends Omit<BackupFileReport, 'of' | 'set' | 'gone'> {
  /** When its record was made. */
  at: number;
  /** When it was told to be gone; its facts are those from before. */
  goneAt?: number;
}

export interface KeptRun extends Omit<BackupRunReport, 'of' | 'set'> {
  toldAt: number;
}

export type KeptDrill = Omit<BackupDrillReport, 'of' | 'set'>;

export interface KeptFinding {
  kind: BackupFindingReport['kind'];
  key: string;
  text: string;
  proof?: Proof;
  /** Since when it holds without a break. */
  since: number;
  at: number;
  goneAt?: number;
}

/** What can be restored, by the files that are there and read to stand; other sets' files of the same database count with it. */
export interface Recovery {
  /** As the engines see them: one per database. What plans are made from. */
  sets: BackupSet[];
  windows: { from: Moment; to: Moment; database?: string }[];
  points: { at: Moment; files: string[]; kind: BackupKind; database?: string }[];
  gaps: (Gap & { database?: string })[];
  /** Files of this set that no plan uses, and why. */
  excluded: Excluded[];
  /** Files that are there and whose content nobody judged yet. */
  unjudged: number;
  /** The last moment that can be restored: of several databases, the one that is furthest behind. */
  last?: Moment;
  /** Now less `last`: what would be lost. */
  rpoMs?: number;
  /** Time to bring `last` back. */
  rto?: { fromSeconds: number; toSeconds: number; by: 'drill' | 'read-speed' };
  /** Why nothing could be judged, when the facts of a file contradict each other. */
  trouble?: string;
}
