// Bugs planted on purpose.
import type { Sabotage } from '../sabotage.ts';
import type { Scope } from '../world.ts';
export interface Planted {
  name: string;
  scope: Scope;
  plant(): Sabotage;
}
export const PLANTED: readonly Planted[] = [];
