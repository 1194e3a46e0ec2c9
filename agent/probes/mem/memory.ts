// What a system says of its physical memory; what it does not count is absent.

export interface Memory {
  totalBytes: number;
  availableBytes: number;
  cachedBytes?: number;
  committedBytes?: number;
}
