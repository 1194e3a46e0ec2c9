// Writes many rows with few statements that are compiled once: after a start of the collector each host has several, and to put a
// statement together takes longer than to run it. Promise: rows in their order, what the database returned in the same.

import type { CompiledQuery } from 'kysely';
import type { State } from '../state/state.ts';

/** Rows by statement. */
const SIZES = [100, 10, 1] as const;

export type WriteRows<Row extends readonly unknown[], Made> = (
  tx: State,
  rows: readonly Row[],
) => Promise<Made[]>;

/** `compile` makes the statement for `count` rows; its parameters must be theirs, row by row. */
export function openRows<Row extends readonly unknown[], Made>(
  compile: (count: number) => CompiledQuery<Made>,
): WriteRows<Row, Made> {
  const statements = SIZES.map((size) => ({ size, query: compile(size) }));
  return async (tx, rows) => {
    const made: Made[] = [];
    let done = 0;
    for (const { size, query } of statements) {
      for (; rows.length - done >= size; done += size) {
        const parameters: readonly unknown[] = rows.slice(done, done + size).flat();
        const { rows: some } = await tx.executeQuery<Made>({ ...query, parameters });
        made.push(...some);
      }
    }
    return made;
  };
}
