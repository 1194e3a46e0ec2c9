// What a system says of its swap space; what it does not count is absent.

export interface Swap {
  totalBytes: number;
  usedBytes: number;
  /** Since boot. */
  inBytes?: number;
  outBytes?: number;
}
