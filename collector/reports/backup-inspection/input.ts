// Everything that a backup inspection report rests on, as plain data: gathered once, kept with the report, and turned into the same
// document ever after. Promise: nothing in the document comes from anywhere else.

import type { BackupKind } from '../../../shared/backup/facts.ts';
import type {
  BackupDrillReport,
  BackupFileReport,
  BackupFindingReport,
  BackupPolicy,
  BackupRunReport,
  BackupSetReport,
  Rung,
  RungState,
} from '../../../shared/backup/reported.ts';
import type { Language, Text } from '../../../shared/text.ts';
import type { Tone } from '../../document/document.ts';
import type { Period } from '../report.ts';

export interface InspectionInput {
  language: Language;
  /** Of the report: `BK-20261126-0001`. */
  number: string;
  hospital: { name: string; timeZone: string };
  period: Period;
  /** When the data was gathered, UTC ms; the state of every set is as of then. */
  madeAt: number;
  preparedBy: string;
  hosts: InspectedHost[];
  /** The report of the same hospital before this one. */
  previous?: InspectionSummary;
}

export interface InspectedHost {
  id: string;
  name: string;
  os: string;
  agentVersion: string;
  /** How far the host's clock was off at the last handshake, ms. */
  offsetMs?: number;
  /** Stretches of the period in which nothing was heard, with the verdict's word. */
  silences: { from: number; to: number; word: string }[];
  sets: InspectedSet[];
  /** Those that concern no set. */
  findings: InspectedFinding[];
}

export interface InspectedSet {
  name: string;
  /** When its newest record was made. */
  at: number;
  told: 'fresh' | 'old' | 'never';
  folder: string;
  pattern: string;
  policy: BackupPolicy;
  rungs: RungState[];
  rung: Rung;
  /** `some`: the files below are not all that the agent counted. */
  known: 'all' | 'some';
  volume?: NonNullable<BackupSetReport['volume']>;
  sameVolumeAsData?: boolean;
  history: BackupSetReport['history'];
  readBytesPerSecond?: number;
  files: InspectedFile[];
  runs: (Omit<BackupRunReport, 'of' | 'set'> & { toldAt: number })[];
  drills: Omit<BackupDrillReport, 'of' | 'set'>[];
  findings: InspectedFinding[];
  recovery: InspectedRecovery;
}

export interface InspectedFile extends Omit<BackupFileReport, 'of' | 'set' | 'gone'> {
  at: number;
  goneAt?: number;
}

export interface InspectedFinding {
  kind: BackupFindingReport['kind'];
  key: string;
  text: string;
  since: number;
  at: number;
  goneAt?: number;
}

/** Instants in UTC ms. */
export interface InspectedRecovery {
  windows: { from: number; to: number; database?: string }[];
  points: { at: number; kind: BackupKind; database?: string }[];
  gaps: { from: number; to: number; missing: string[]; cause: Text; database?: string }[];
  excluded: { file: string; words: Text }[];
  unjudged: number;
  last?: number;
  rto?: { fromSeconds: number; toSeconds: number; by: 'drill' | 'read-speed' };
  trouble?: string;
}

/** What the next report compares itself with. */
export interface InspectionSummary {
  number: string;
  period: Period;
  madeAt: number;
  tone: Tone;
  sets: SetSummary[];
  /** `host/set/rule`: what was open then. */
  findings: string[];
}

export interface SetSummary {
  host: string;
  set: string;
  tone: Tone;
  rung: Rung;
  last?: number;
  bytes?: number;
}
