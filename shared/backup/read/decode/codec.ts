// The interface of a compression: bytes in, bytes out, and what its own checksums proved. Promise: a decoder streams, ends with a
// StreamFault of a kind when its input is cut or contradicts itself, and never yields more than the caller's bound.

import type { ChunkStream, Cursor } from '../cursor.ts';

export interface Proof {
  /** Whether checksums of the content covered all of it. */
  checksums: boolean;
  /** Frames, members, streams. */
  parts: number;
  notices: string[];
}

/** Where decoding can be taken up again: between two frames, members or blocks. */
export interface Place {
  /** Decoded bytes before it. */
  at: number;
  /** The stored byte at which it begins. */
  offset: number;
  /** Plain data, or a function that makes it: checksums so far, the window behind. */
  state: unknown | (() => unknown);
}

export interface Decoded extends ChunkStream {
  /** Complete after the last byte. */
  proof(): Proof;
  /** The last place passed; it may lie before what `next` gave last, never behind it. */
  place?(): Place | undefined;
}

export interface Resuming {
  /** `input` begins at its offset. */
  from?: Place;
  /** A place about every so many stored bytes. */
  every: number;
}

export interface Codec {
  name: string;
  /** File name endings that people use: hints for the inner name. */
  endings: readonly string[];
  matches(head: Buffer): boolean;
  /** Without `resuming` no places are noted. */
  open(input: Cursor, resuming?: Resuming): Decoded;
}
