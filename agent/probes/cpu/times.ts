// What the processors did since boot.

/** Time since boot in any unit; what a system does not count is absent. */
export interface CpuTimes {
  user: number;
  system: number;
  idle: number;
  iowait?: number;
  steal?: number;
}
