// One edit of bytes as data, so that a plan of edits can be drawn, kept and shrunk.

export const EDITS = [
  'flip',
  'set',
  'insert',
  'remove',
  'repeat',
  'cut',
  'splice',
  'token',
  'digits',
  'add',
  'copy',
  'word',
  'match',
  'json',
] as const;

export interface Edit {
  kind: (typeof EDITS)[number];
  at: number;
  from: number;
  n: number;
  byte: number;
}

/** What the code under test was seen to look for. */
export interface Hints {
  words: readonly (string | number)[];
  /** What it had, and what it compared that with. */
  misses: readonly (readonly [string | number, string | number])[];
}
