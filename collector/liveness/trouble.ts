// What is wrong with the fleet as a whole, for whoever tells people: a doubt of the collector in itself, or many hospitals that are
// cut off together. Pure.

import { type Fleet, type HostLife, isExpected } from './model.ts';
import type { FleetTrouble, VerdictWord } from './verdict.ts';

const UNDECIDED: ReadonlySet<VerdictWord> = new Set<VerdictWord>([
  'suspect',
  'mass-silent',
  'collector-away',
]);

/** `unsure`: after a start, before the fleet is back. */
export function fleetTrouble(fleet: Fleet): FleetTrouble | 'unsure' | undefined {
  const { doubt, mass, awaited } = fleet;
  const cause = doubt ?? (mass && { reason: 'many-cut-off' as const, since: mass.since });
  if (cause) return { reason: cause.reason, since: cause.since, ...countUndecided(fleet) };
  return awaited ? 'unsure' : undefined;
}

function countUndecided(fleet: Fleet): { quiet: number; expected: number; hospitals: number } {
  const hospitals = new Set<string>();
  let [quiet, expected] = [0, 0];
  for (const [word, lives] of Object.entries(fleet.byWord) as [VerdictWord, Set<HostLife>][]) {
    if (isExpected(word)) expected += lives.size;
    if (!UNDECIDED.has(word)) continue;
    quiet += lives.size;
    for (const { hospital } of lives) hospitals.add(hospital);
  }
  return { quiet, expected, hospitals: hospitals.size };
}
