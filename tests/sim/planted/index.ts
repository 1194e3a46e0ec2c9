// Bugs planted on purpose, to see whether the checkers would find them if they were real. Each is a wrapper at a seam of the
// production modules; what it does is what a wrong line behind the seam would do. `npm run sim -- --planted` counts the seeds that
// each needs until it is caught.

import type { Sabotage } from '../sabotage.ts';
import type { Scope } from '../world.ts';
import { ALERT_BUGS } from './alerts.ts';
import { DELIVERY_BUGS } from './delivery.ts';
import { LIVENESS_BUGS } from './liveness.ts';

export interface Planted {
  name: string;
  scope: Scope;
  /** It needs many seeds: what brings it out seldom comes together. */
  isRare: boolean;
  /** A fresh one for each seed: some keep a memory. */
  plant(): Sabotage;
}

const RARE: ReadonlySet<string> = new Set([
  'a failed sync counts as done',
  'watermarks are committed before the data',
]);

const of = (scope: Scope, bugs: Readonly<Record<string, () => Sabotage>>): Planted[] =>
  Object.entries(bugs).map(([name, plant]) => ({ name, scope, plant, isRare: RARE.has(name) }));

export const PLANTED: readonly Planted[] = [
  ...of('delivery', DELIVERY_BUGS),
  ...of('whole', LIVENESS_BUGS),
  ...of('whole', ALERT_BUGS),
];
