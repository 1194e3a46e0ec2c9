// The Target interface: one reader of what comes from outside or from a disk that may be damaged.

export interface Target {
  /** Also the name of its folder in corpus/. */
  name: string;
  /** Valid inputs, from which others are bred. */
  samples: readonly Uint8Array[];
  /** Ends well, or throws a NamedError. Throws anything else when a promise is broken. */
  run(input: Buffer): void | Promise<void>;
  /** Tries per round beside the common number: HTTP costs more than a decoder. */
  share?: number;
  close?(): Promise<void>;
}
