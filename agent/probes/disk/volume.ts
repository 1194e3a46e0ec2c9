// A volume, what is asked for and what is found.

import type { Choice } from '../choice.ts';

export interface Volume {
  /** As people name it, and the value of the label: `/data`, `C:`. */
  path: string;
  /** What statfs is asked for. */
  root: string;
  /** File system or kind of drive, for people. */
  type: string;
  readOnly: boolean;
  /** Its answer depends on another machine. */
  network: boolean;
}

export interface Listing {
  volumes: Volume[];
  /** Paths that the configuration names and the machine does not have. */
  missing: string[];
}

export interface VolumeChoice extends Choice {
  types: readonly string[];
}
