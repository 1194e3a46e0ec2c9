// Whether what was restored is what should be there. Pure. Promise: the tolerance and the source of every expectation are said; a table
// that is expected and not found counts as zero rows.

import type { BackupDrillReport } from '../../shared/backup/reported.ts';

export type Rows = BackupDrillReport['rows'];

export interface Expectation {
  /** From agent.yaml: found may differ either way by the tolerance. */
  configured: Readonly<Record<string, number>>;
  /** From the last good drill: found may fall short by the tolerance; growing is what databases do. */
  last?: { at: number; rows: Readonly<Record<string, number>> };
  tolerancePercent: number;
}

export interface Comparison {
  rows: Rows;
  /** Tables whose rows do not agree. */
  wrong: Rows;
  /** `none`: nothing to compare with. */
  against: 'configured' | 'last' | 'both' | 'none';
}

export function compareRows(found: ReadonlyMap<string, number>, expected: Expectation): Comparison {
  const last = expected.last?.rows ?? {};
  const wanted = { ...last, ...expected.configured };
  const names = [...new Set([...found.keys(), ...Object.keys(wanted)])].sort();
  const rows = names.map((table) => ({
    table,
    found: found.get(table) ?? 0,
    ...(Object.hasOwn(wanted, table) && { expected: wanted[table] as number }),
  }));
  const share = expected.tolerancePercent / 100;
  const wrong = rows.filter(({ table, found: n, expected: e }) => {
    if (e === undefined) return false;
    if (!found.has(table)) return true;
    const low = e * (1 - share);
    return n < low || (Object.hasOwn(expected.configured, table) && n > e * (1 + share));
  });
  return { rows, wrong, against: sourceOf(expected) };
}

function sourceOf({ configured, last }: Expectation): Comparison['against'] {
  const own = Object.keys(configured).length > 0;
  if (own) return last ? 'both' : 'configured';
  return last ? 'last' : 'none';
}
