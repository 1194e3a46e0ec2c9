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

export interface Decoded extends ChunkStream {
  /** Complete after the last byte. */
  proof(): Proof;
}

export interface Codec {
  name: string;
  /** File name endings that people use: hints for the inner name. */
  endings: readonly string[];
  matches(head: Buffer): boolean;
  open(input: Cursor): Decoded;
}
