// A short past of one series, one value per 5 min over 6 h, for trends and counts. Late data is not put in: a forecast rests
// on what was known in time.

export const SLOT_MS = 5 * 60_000;
export const SLOTS = 72;

/** A trend changes slowly; rules ask for it each second. */
const KEEP_MS = 30_000;

export interface Trend {
  perHour: number;
  overMs: number;
}

export interface History {
  put(at: number, value: number): void;
  trend(now: number): Trend | undefined;
  /** Rise of a counter over the past `overMs`, resets left out; undefined when the past is not known that far back. */
  rise(now: number, overMs: number): number | undefined;
}

/** Remembers `slots` times 5 min. */
export function openHistory(slots = SLOTS): History {
  const values = new Float64Array(slots).fill(Number.NaN);
  let newest = -1;
  const valueAt = (slot: number): number =>
    slot > newest - slots && slot <= newest ? (values[slot % slots] ?? Number.NaN) : Number.NaN;

  /** Least squares over the slots of the window that ends now. */
  const slope = (now: number, windowMs: number): Trend | undefined => {
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

  const calmerTrend = (now: number): Trend | undefined => {
    const long = slope(now, slots * SLOT_MS);
    const short = slope(now, 3_600_000);
    if (!long || !short) return undefined;
    // The calmer of the two: a nightly dump that has ended, or one that has just begun, is no forecast.
    const agree = Math.sign(long.perHour) === Math.sign(short.perHour);
    const calmer = Math.abs(long.perHour) < Math.abs(short.perHour) ? long.perHour : short.perHour;
    return { perHour: agree ? calmer : 0, overMs: long.overMs };
  };
  let kept: { at: number; trend: Trend | undefined } | undefined;

  return {
    put(at, value) {
      const slot = Math.floor(at / SLOT_MS);
      if (slot <= newest - slots) return;
      // A gap in the data stays a gap.
      for (let s = Math.max(newest + 1, slot - slots + 1); s < slot; s++) values[s % slots] = Number.NaN;
      values[slot % slots] = value;
      newest = Math.max(newest, slot);
    },
    trend(now) {
      if (!kept || now < kept.at || now - kept.at >= KEEP_MS) kept = { at: now, trend: calmerTrend(now) };
      return kept.trend;
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
