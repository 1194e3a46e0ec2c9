// Everything that a backup inspection report rests on, as plain data: gathered once, kept with the report, and turned into the same
// document ever after. Promise: nothing in the document comes from anywhere else.

import type { BackupKind } from '../../../shared/backup/facts.ts';
import type { Rung } from '../../../shared/backup/reported.ts';
import type { Language, Text } from '../../../shared/text.ts';
import type { KeptFile, KeptFinding, SetBackups } from '../../backups/kept.ts';
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

/** As the collector keeps it, with the moments that can be restored in milliseconds, and without the trail of its rungs. */
export interface InspectedSet extends Omit<SetBackups, 'trail' | 'recovery'> {
  recovery: InspectedRecovery;
}

export type InspectedFile = KeptFile;
export type InspectedFinding = KeptFinding;

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
