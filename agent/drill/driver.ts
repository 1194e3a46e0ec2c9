// The interface of a drill's driver: it finds the newest backup of a folder and restores it into a scratch instance. Promise of each:
// it reads the backup, writes only below the scratch folder, listens on no network, and knows no way to a live database.

import type { DrillConfig } from './config.ts';
import type { Programs } from './programs.ts';

export interface Place {
  config: DrillConfig;
  /** Folder of the backup. */
  folder: string;
  /** Pattern of the set's file names. */
  matches(name: string): boolean;
  /** One certain file or folder, when the caller named it. */
  only?: string;
}

/** What would be done; found without changing anything. */
export interface Job {
  driver: string;
  /** The backup and its logs, in the order of use. */
  files: readonly { path: string; bytes: number }[];
  /** Bytes that are read of them. */
  bytes: number;
  /** Space that the scratch instance is expected to take. */
  needBytes: number;
  /** Of the backup, when it says so; else when the file was last changed. */
  takenAt?: string;
  /** For `--dry-run`: the commands as they would be run, `…` for what is only known then. */
  steps: readonly string[];
  restore(at: Scratch): Promise<Restored>;
}

export interface Scratch {
  /** Empty, owned by the unprivileged user, removed afterwards. */
  folder: string;
  programs: Programs;
  /** Gives what was written as ourselves to the user of the scratch instance. */
  handOver(path: string): Promise<void>;
  step(words: string): void;
  signal: AbortSignal;
  /** Waits until the check holds; throws what it throws. */
  until(check: () => Promise<boolean>): Promise<void>;
}

export interface Restored {
  /** The moment whose data is there, as the database says it. */
  moment: string;
  /** By table: every row counted. */
  count(): Promise<Map<string, number>>;
  stop(): Promise<void>;
}

export interface Driver {
  name: string;
  /** undefined: this folder holds nothing that it could restore. Throws DRILL_FAILED when the newest backup is known to be bad. */
  find(place: Place): Promise<Job | undefined>;
}
