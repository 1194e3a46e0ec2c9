// When to look at whom next, so that a tick costs by those whose time has come and not by the fleet. Promise: nobody comes out later
// than was asked, and nobody stands in it twice.

export interface Deadlines<T> {
  /** Who stands in it already keeps the instant that was asked first. */
  ask(item: T, at: number): void;
  /** Those whose second has begun, and takes them out; the exact instant may lie a little later. */
  take(now: number): T[];
  clear(): void;
}

const SECOND_MS = 1_000;

export function openDeadlines<T>(): Deadlines<T> {
  const seconds = new Map<number, T[]>();
  const standing = new Set<T>();
  return {
    ask(item, at) {
      if (standing.has(item)) return;
      standing.add(item);
      const second = Math.floor(at / SECOND_MS);
      const others = seconds.get(second);
      if (others) others.push(item);
      else seconds.set(second, [item]);
    },
    take(now) {
      const taken: T[] = [];
      for (const [second, items] of seconds) {
        if (second * SECOND_MS > now) continue;
        seconds.delete(second);
        for (const item of items) {
          standing.delete(item);
          taken.push(item);
        }
      }
      return taken;
    },
    clear() {
      seconds.clear();
      standing.clear();
    },
  };
}
