// Chance by seed: one generator per actor, so that what one of them draws does not change what another gets.

export interface Random {
  /** [0, 1) */
  (): number;
  /** A generator of its own for this name. */
  split(name: string): Random;
  between(low: number, high: number): number;
  int(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(all: readonly T[]): T;
  /** Waiting time of a random process with this mean. */
  wait(meanMs: number): number;
  bytes(count: number): Uint8Array;
}

/** mulberry32: small, fast, and good enough to decide what breaks. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return Object.assign(next, {
    split: (name: string) => seededRandom(hashText(name, seed)),
    between: (low: number, high: number) => low + next() * (high - low),
    int: (low: number, high: number) => low + Math.floor(next() * (high - low + 1)),
    chance: (probability: number) => next() < probability,
    pick<T>(all: readonly T[]): T {
      const one = all[Math.floor(next() * all.length)];
      if (one === undefined) throw new Error('nothing to pick from');
      return one;
    },
    wait: (meanMs: number) => -Math.log(1 - next()) * meanMs,
    bytes(count: number) {
      const drawn = new Uint8Array(count);
      for (let i = 0; i < count; i++) drawn[i] = next() * 256;
      return drawn;
    },
  });
}

export function hashText(text: string, seed = 0): number {
  let hash = (seed ^ 0x811c9dc5) >>> 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) >>> 0;
  return (hash ^ (hash >>> 13)) >>> 0;
}
