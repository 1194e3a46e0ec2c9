// The columns of one interval group. Promise: a value missing this time leaves a null and not a hole in the list; the list grows at
// once with a new key, and forgets a key that stayed away, so that one series id serves for hours. Pure.

import { createHash } from 'node:crypto';
import { METRICS, type MetricName, type Unit } from '../../shared/catalogue.ts';
import { LIMITS } from '../../shared/frame.ts';

export interface Columns {
  keys: readonly string[];
  /** The series id of these keys. */
  id: string;
  /** Whole rounds in a row that each absent key was absent. */
  absent: ReadonlyMap<string, number>;
}

/** A removed volume or service leaves the list after this many rounds. */
export const ABSENT_ROUNDS = 40;
/** Leaves room for the frame around the list. */
const LIST_BYTES = LIMITS.frameBytes - 4096;

export const NO_COLUMNS: Columns = { keys: [], id: seriesId([]), absent: new Map() };

/** First 64 bits of SHA-256 over the columns joined by newline, as the wire demands. */
export function seriesId(keys: readonly string[]): string {
  return createHash('sha256').update(keys.join('\n')).digest('hex').slice(0, 16);
}

/** `wholeRound`: every probe of the group was asked, so a key that is not there is absent. */
export function fitColumns(
  columns: Columns,
  values: ReadonlyMap<string, number>,
  wholeRound: boolean,
): Columns {
  const added = [...values.keys()].filter((key) => key.length <= LIMITS.columnLength && !holds(columns, key));
  const absent = wholeRound ? countAbsent(columns, values) : columns.absent;
  const gone = columns.keys.filter((key) => (absent.get(key) ?? 0) > ABSENT_ROUNDS);
  if (added.length === 0 && gone.length === 0) return { ...columns, absent };
  const keys = bounded([...columns.keys.filter((key) => !gone.includes(key)), ...added].sort());
  return { keys, id: seriesId(keys), absent: new Map([...absent].filter(([key]) => !gone.includes(key))) };
}

const holds = (columns: Columns, key: string): boolean => columns.keys.includes(key);

function countAbsent(columns: Columns, values: ReadonlyMap<string, number>): Columns['absent'] {
  const missing = columns.keys.filter((key) => !values.has(key));
  return new Map(missing.map((key) => [key, (columns.absent.get(key) ?? 0) + 1]));
}

/** What one frame can carry; the collector refuses more. */
function bounded(keys: string[]): string[] {
  let bytes = 0;
  const kept = keys.filter((key) => (bytes += Buffer.byteLength(JSON.stringify(key)) + 1) <= LIST_BYTES);
  return kept.slice(0, LIMITS.columns);
}

/** Values in column order; a key that is not listed (over the limits) is left out. */
export function valuesOf(columns: Columns, values: ReadonlyMap<string, number>): (number | null)[] {
  return columns.keys.map((key) => values.get(key) ?? null);
}

/** Decimals that mean something; more would only cost room on the wire and at the collector. */
const DECIMALS: Partial<Record<Unit, number>> = {
  percent: 2,
  seconds: 4,
  days: 2,
  milliseconds: 1,
  count: 3,
};

export function rounded(metric: MetricName, value: number): number {
  const decimals = DECIMALS[METRICS[metric].unit] ?? 0;
  const factor = 10 ** decimals;
  return Math.round(value * factor) / factor;
}
