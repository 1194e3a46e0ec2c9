// The proof ladder, read: on which rung a set stands, and how that changed. Promise: pure; a rung that could not be confirmed
// carries nothing above it.

import type { Rung, RungState } from '../../shared/backup/reported.ts';

/** The last one before the first that is not `yes`. */
export function rungOf(rungs: readonly RungState[]): Rung {
  let stands: Rung = 0;
  for (const each of [...rungs].sort((a, b) => a.rung - b.rung)) {
    if (each.rung === 0) continue;
    if (each.state !== 'yes' || each.rung !== stands + 1) break;
    stands = each.rung;
  }
  return stands;
}

/** Of all records in the order of time, those where it changed. */
export function trailOf(rows: readonly { at: number; rung: number }[]): { at: number; rung: Rung }[] {
  const changes: { at: number; rung: Rung }[] = [];
  for (const { at, rung } of rows) {
    if (changes.at(-1)?.rung !== rung) changes.push({ at, rung: rung as Rung });
  }
  return changes;
}
