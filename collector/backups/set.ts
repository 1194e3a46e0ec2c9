// What recovery is judged from: parts (a backup, whole, with all its files), spans (a base and the logs that continue it),
// sets (what can be restored of one database). Every engine turns file verdicts into these; everything after it is common.
//
//   base: full ── differential        logs: ── L1 ── L2 ── L3 (contiguous, the engine's own rule)
//                          from ●━━━━━━━━━━━━━━━━━━━━━━━━● reaches of the last log        without logs: the one moment `from`

import type { BackupFacts, BackupKind, Content, Engine } from '../../shared/backup/facts.ts';
import type { Text } from '../../shared/text.ts';
import type { Moment } from './moment.ts';

export interface PartFile {
  path: string;
  format: string;
  bytes?: number;
  sha256?: string;
}

/** One whole backup. */
export interface Part {
  files: PartFile[];
  kind: BackupKind;
  content: Content;
  facts: BackupFacts;
}

export interface LogPart extends Part {
  /** Every moment from the span's `from` to this one can be had once this log is applied. */
  reaches: Moment;
  /** It only proves that nothing was written: nothing of it has to be applied. */
  empty?: boolean;
}

export interface Span {
  /** In the order of restoring. */
  base: Part[];
  from: Moment;
  logs: LogPart[];
  /** Recovery fork or timeline, where there are several. */
  line?: string;
  /** Why another span is better, if there is one: it seems to hold less than its siblings. */
  doubt?: Text;
}

export type ExclusionReason =
  | Exclude<Content, 'VERIFIED' | 'COMPLETE'>
  | 'DUPLICATE'
  | 'STRIPE_MISSING'
  | 'NO_BASE'
  | 'NO_CHAIN'
  | 'OTHER_FORK'
  | 'OTHER_DATABASE'
  | 'PARTIAL'
  | 'DEFECTS'
  | 'NO_MOMENT'
  | 'HEADER_UNREADABLE';

export interface Excluded {
  file: string;
  reason: ExclusionReason;
  words: Text;
}

/** What is not there, as exactly as its neighbours tell. */
export interface Missing {
  words: Text;
  /** A file that is there but cannot be used, or the name that a neighbour gives. */
  file?: string;
  sequence?: number;
  segment?: string;
  firstLsn?: string;
  lastLsn?: string;
}

/** Where a chain ends although something behind it shows that there was more. */
export interface Break {
  after: Moment;
  until: Moment;
  missing: Missing[];
  cause: Text;
}

/** What an engine makes of its files, before moments are drawn from it. */
export interface ChainSet {
  engine: Engine;
  /** Which planner takes it. */
  method: Method;
  database?: string;
  server?: string;
  /** System id, family or media that the content carries. */
  family?: string;
  spans: Span[];
  breaks: Break[];
  excluded: Excluded[];
}

export type Method =
  | 'sqlserver'
  | 'mysql-dump'
  | 'mariabackup'
  | 'postgresql'
  | 'pg_dump'
  | 'pgbackrest'
  | 'restic'
  | 'borg'
  | 'oracle-export'
  | 'archive';

export interface Gap {
  from: Moment;
  to: Moment;
  missing: Missing[];
  cause: Text;
}

export interface Point {
  at: Moment;
  files: string[];
  kind: BackupKind;
}

/** A set with its restorable moments. */
export interface BackupSet extends ChainSet {
  windows: [from: Moment, to: Moment][];
  points: Point[];
  gaps: Gap[];
}

/** The last moment of a span. */
export function endOf(span: Span): Moment {
  return span.logs.reduce((end, log) => (log.reaches.us > end.us ? log.reaches : end), span.from);
}

export function pathsOf(part: Part): string[] {
  return part.files.map((f) => f.path);
}
