// The interface of a format's reader. A format is a folder (or a file) here and one line in index.ts. Promise: a reader decides by
// content alone; it consumes at least one byte per step, so that no input makes it run longer than the input is long; whatever the
// bytes are, it returns a finding and never throws for them.

import type { BackupFacts, Content, Layer } from '../facts.ts';
import type { ByteSource } from '../source.ts';
import type { Cursor } from './cursor.ts';

/** What a reader says of one file; the path is the caller's. */
export interface Finding {
  format: string;
  content: Content;
  reason: string;
  layer: Layer;
  facts: BackupFacts;
  /** The last bytes of a content that nobody knows: for rules about sets. Not printed. */
  tail?: Buffer;
}

/** What a reader may know beside the bytes. */
export interface Job {
  /** The file's name without its folder, without suffixes of compression: a hint, never a proof. */
  name: string;
  /** Decode and recompute whatever can be. */
  deep: boolean;
  /** Where times carry no zone: the zone of the machine that reads (IANA). */
  zone: string;
  /** The bytes by position; absent inside a compressed stream. */
  source?: ByteSource;
  /** How many layers lie around these bytes: an archive in an archive is judged, one deeper is not. */
  depth: number;
  /** Where a reading that was interrupted goes on. */
  marks: Marks;
  /** Told of decoded bytes, each in a fresh piece of memory: whoever runs the reading may clear up now and then. */
  decoded?(bytes: number): void;
  /** Judges what lies inside: whichever format it is. */
  inside(input: Cursor, job: Job): Promise<Finding>;
}

/** Places where a reading can be taken up again. A reader marks only what it can restore by itself. */
export interface Marks {
  /** What `set` kept last time, when the file is still the same. */
  get(format: string): { offset: number; state: unknown } | undefined;
  /** Cheap to call often: it is written down only now and then; a state that must be made for it is a function. */
  set(format: string, offset: number, state: unknown | (() => unknown)): void;
}

export const noMarks: Marks = { get: () => undefined, set: () => {} };

/** For places that are counted in the file itself, not in something inside it. */
export function ownMarks({ depth, marks }: Job): Marks {
  return depth === 1 ? marks : noMarks;
}

/** How many bytes a format may look at to know itself. */
export const HEAD = 4096;

export interface Format {
  name: string;
  /** `head` has up to HEAD bytes; `size` is unknown inside a stream. */
  matches(head: Buffer, job: Pick<Job, 'name' | 'source'>): boolean;
  read(input: Cursor, job: Job): Promise<Finding>;
}

export function hex(offset: number): string {
  return `0x${offset.toString(16)}`;
}
