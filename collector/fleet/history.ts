// A short past of one series, one value per 5 min over 6 h, for trends and counts. Late data is not put in: a forecast rests
// on what was known in time.

export const SLOT_MS = 5 * 60_000;
export const SLOTS = 72;

export interface History {
  put(at: number, value: number): void;
  trend(now: number): { perHour: number; overMs: number } | undefined;
  /** Rise of a counter over the past `overMs`, resets left out; undefined when the past is not known that far back. */
  rise(now: number, overMs: number): number | undefined;
}

export function openHistory(): History {
  const values = new Float64Array(SLOTS).fill(Number.NaN);
  let newest = -1;
  const valueAt = (slot: number): number =>
    slot > newest - SLOTS && slot <= newest ? (values[slot % SLOTS] ?? Number.NaN) : Number.NaN;

  /** Least squares over the slots of the window that ends now. */
  const slope = (now: number, windowMs: number): { perHour: number; overMs: number } | undefined => {
    const last = Math.floor(now / SLOT_MS);
    const first = last - Math.floor(windowMs / SLOT_MS);
    let [n, sumX, sumY, sumXX, sumXY, from, to] = [0, 0, 0, 0, 0, 0, 0];
    for (let slot = first; slot <= last; slot++) {
      const y = valueAt(slot);
      if (Number.isNaN(y)) continue;
      const x = slot - first;
      if (n === 0) from = x;
      to = x;
      n++;
      sumX += x;
      sumY += y;
      sumXX += x * x;
      sumXY += x * y;
    }
    const spread = n * sumXX - sumX * sumX;
    if (n < 3 || spread === 0) return undefined;
    const perSlot = (n * sumXY - sumX * sumY) / spread;
    return { perHour: (perSlot * 3_600_000) / SLOT_MS, overMs: (to - from) * SLOT_MS };
  };

  return {
    put(at, value) {
      const slot = Math.floor(at / SLOT_MS);
      if (slot <= newest - SLOTS) return;
      // A gap in the data stays a gap.
      for (let s = Math.max(newest + 1, slot - SLOTS + 1); s < slot; s++) values[s % SLOTS] = Number.NaN;
      values[slot % SLOTS] = value;
      newest = Math.max(newest, slot);
    },
    trend(now) {
      const long = slope(now, SLOTS * SLOT_MS);
      const short = slope(now, 3_600_000);
      if (!long || !short) return undefined;
      // The calmer of the two: a nightly dump that has ended, or one that has just begun, is no forecast.
      const agree = Math.sign(long.perHour) === Math.sign(short.perHour);
      const calmer = Math.abs(long.perHour) < Math.abs(short.perHour) ? long.perHour : short.perHour;
      return { perHour: agree ? calmer : 0, overMs: long.overMs };
    },
    rise(now, overMs) {
      const last = Math.floor(now / SLOT_MS);
      const first = last - Math.ceil(overMs / SLOT_MS);
      if (Number.isNaN(valueAt(first))) return undefined;
      let [total, before] = [0, valueAt(first)];
      for (let slot = first + 1; slot <= last; slot++) {
        const value = valueAt(slot);
        if (Number.isNaN(value)) continue;
        total += value >= before ? value - before : value;
        before = value;
      }
      return total;
    },
  };
}
