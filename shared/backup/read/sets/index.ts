// The rules about sets, in the order in which they are applied.

import type { SetRule } from './set.ts';

export const SET_RULES: readonly SetRule[] = [];
