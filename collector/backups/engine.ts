// What an engine brings: how its files continue each other, and the commands that restore them. Everything else (moments,
// choice of the span, text) is common.

import type { FileVerdict } from '../../shared/backup/facts.ts';
import type { Text } from '../../shared/text.ts';
import type { Moment } from './moment.ts';
import type { BackupSet, ChainSet, Excluded, LogPart, Method, Part, PartFile, Span } from './set.ts';

export interface RecoveryEngine {
  methods: readonly Method[];
  takes(verdict: FileVerdict): boolean;
  sets(verdicts: readonly FileVerdict[], zone: string): { sets: ChainSet[]; unassigned: Excluded[] };
  runbook(choice: Choice, target: Target): Runbook;
}

/** The span that was chosen and how far its logs are needed. */
export interface Choice {
  set: BackupSet;
  span: Span;
  /** Up to the first that reaches the moment; none when the base alone is that moment. */
  logs: LogPart[];
  at: Moment;
  /** The moment is the last one of the span: everything is applied, no stop is needed. */
  whole: boolean;
}

/** Where people restore to: a scratch place first, never over production. */
export interface Target {
  /** Name to restore under; default `<database>_check`. */
  as?: string;
  /** Empty folder for a restored data directory. */
  targetDir?: string;
  /** SQL Server: folders for data and log files; default where the header says they were. */
  dataDir?: string;
  logDir?: string;
  /** Of the original database, where no backup records it. */
  characterSet?: string;
  collation?: string;
  socket?: string;
  port?: number;
  /** Account of the scratch server. */
  user?: string;
  /** Zone that the commands of a client use for local times. */
  zone: string;
}

export interface Step {
  /** The first file; `files` has all of them in order. */
  file: string;
  files: PartFile[];
  bytes?: number;
  kind: 'base' | 'differential' | 'incremental' | 'log' | 'dump' | 'copy';
  command: string;
  words: Text;
  expect: Text;
  /** When to stop and ask. */
  stopIf: Text;
}

export interface Check {
  words: Text;
  command?: string;
}

export interface Runbook {
  /** Preconditions, and commands that have to run first. */
  before: Check[];
  steps: Step[];
  after: Check[];
  cautions: Text[];
  /** Bytes that the restored data takes at least. */
  spaceBytes?: number;
}

export function bytesOf(parts: readonly Part[]): number | undefined {
  const sizes = parts.flatMap((p) => p.files.map((f) => f.bytes));
  return sizes.some((s) => s === undefined) ? undefined : sizes.reduce<number>((a, b) => a + (b ?? 0), 0);
}

export function filesOf(parts: readonly Part[]): PartFile[] {
  return parts.flatMap((p) => p.files);
}
