// The Target interface: one reader of what comes from outside or from a disk that may be damaged.

import type { ErrorCode } from '../../shared/errors.ts';

export interface Target {
  /** Also the name of its folder in corpus/. */
  name: string;
  /** Valid inputs, from which others are bred. */
  samples: readonly Uint8Array[];
  /** The codes with which it may refuse an input. */
  refuses: readonly ErrorCode[];
  /** Ends well, or throws a NamedError. Throws anything else when a promise is broken. */
  run(input: Buffer): void | Promise<void>;
  /** Where the content lies behind lengths and checksums: mutation works inside, too, and seals again. */
  shape?: Shape;
  /** Tries per round beside the common number: HTTP costs more than a decoder. */
  share?: number;
  /** Bytes that one input may make it allocate; default: `LIMITS.bytes`. */
  bytes?: number;
  close?(): Promise<void>;
}

export interface Shape {
  /** The pieces of content; undefined when the input is not sealed as it should be. */
  open(input: Uint8Array): Uint8Array[] | undefined;
  /** A whole input with right lengths and checksums. */
  close(pieces: readonly Uint8Array[]): Uint8Array;
}
