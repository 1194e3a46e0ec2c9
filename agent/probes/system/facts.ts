// What is known of the machine as a whole; what a platform does not know is absent.

export interface System {
  uptimeSeconds: number;
  bootAtSeconds: number;
  processors: number;
  load?: { one: number; five: number; fifteen: number };
  users?: number;
}
