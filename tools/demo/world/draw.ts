// Chance without a state: what is drawn depends on the seed, a name and an instant alone, so that history and the present are one
// curve, whoever asks first.

/** A number for a name, below a seed. */
export function seedOf(seed: number, name: string): number {
  let hash = (seed ^ 0x811c9dc5) >>> 0;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
  return mix(hash);
}

function mix(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b) >>> 0;
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35) >>> 0;
  return (x ^ (x >>> 16)) >>> 0;
}

/** [0, 1), the same for the same seed and slot. */
export function unitAt(seed: number, slot: number): number {
  return mix(seed ^ Math.imul(slot | 0, 0x9e3779b1)) / 4_294_967_296;
}

/** From -1 to 1, anew for each slot of so many ms. */
export function jitter(seed: number, at: number, slotMs: number): number {
  return unitAt(seed, Math.floor(at / slotMs)) * 2 - 1;
}

/** From -1 to 1, wandering: drawn every `slotMs`, smooth between. */
export function drift(seed: number, at: number, slotMs: number): number {
  const place = at / slotMs;
  const slot = Math.floor(place);
  const t = place - slot;
  const from = unitAt(seed, slot);
  return (from + (unitAt(seed, slot + 1) - from) * t * t * (3 - 2 * t)) * 2 - 1;
}

/** Draws one after the other, for what a world is made of. */
export interface Draw {
  /** [0, 1) */
  unit(): number;
  between(low: number, high: number): number;
  int(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(all: readonly T[]): T;
}

export function openDraw(seed: number): Draw {
  let n = 0;
  const unit = (): number => unitAt(seed, n++);
  const int = (low: number, high: number): number => low + Math.floor(unit() * (high - low + 1));
  return {
    unit,
    int,
    between: (low, high) => low + unit() * (high - low),
    chance: (probability) => unit() < probability,
    pick<T>(all: readonly T[]): T {
      const one = all[int(0, all.length - 1)];
      if (one === undefined) throw new Error('nothing to pick from');
      return one;
    },
  };
}
