// Rows of a few hosts whose values follow from host, column and number, so that count and sum of every series are known.

import type { Entry } from '../../collector/store/store.ts';

export const HOSTS = ['h-a', 'h-b', 'h-c'];
export const KEYS = ['cpu_usage_active', 'disk_used_percent{path="C:\\\\"}', 'service_up{name="检验 接口"}'];
export const STREAM = 'c'.repeat(32);
const STEP_MS = 1000;
/** Within what engines keep, and in the past for as many rows as tests write. */
export const START_MS = Math.floor(Date.now() / 86_400_000 - 2) * 86_400_000;

/** Whole numbers: their sums are exact in any order. */
export const valueOf = (host: number, column: number, seq: number): number =>
  ((seq * 31 + host * 7 + column * 3) % 1000) + column;

export function entriesAt(seq: number): Entry[] {
  const at = START_MS + seq * STEP_MS;
  return HOSTS.map((host, h) => ({
    kind: 'row',
    host,
    stream: STREAM,
    seq,
    at: at + h,
    arrivedAt: at + 100,
    series: 'all',
    values: KEYS.map((_, c) => valueOf(h, c, seq)),
  }));
}

/** Count and sum of every series after `rows` rows, as `HOST METRIC COUNT SUM`. */
export function expected(rows: number): string[] {
  return HOSTS.flatMap((host, h) =>
    KEYS.map((key, c) => {
      let sum = 0;
      for (let seq = 0; seq < rows; seq++) sum += valueOf(h, c, seq);
      return `${host} ${key.split('{')[0]} ${rows} ${sum}`;
    }),
  ).sort();
}
