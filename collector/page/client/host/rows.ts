// Table rows out of newest values and checks: one row per subject that either of them names. Pure.

import { parseSeriesKey } from '../../../../shared/catalogue.ts';
import type { CheckItem } from '../../../api/shapes.ts';

export interface Row {
  /** `kind:name`. */
  id: string;
  name: string;
  values: Record<string, number | undefined>;
  check: CheckItem | undefined;
}

const WORST_FIRST: Record<CheckItem['status'], number> = { critical: 0, warning: 1, unknown: 2, ok: 3 };

export function rowsOf(
  values: Readonly<Record<string, number>>,
  checks: readonly CheckItem[],
  metrics: readonly string[],
  label: string,
  kind: string,
): Row[] {
  const rows = new Map<string, Row>();
  const rowOf = (name: string): Row => {
    const row = rows.get(name) ?? { id: `${kind}:${name}`, name, values: {}, check: undefined };
    rows.set(name, row);
    return row;
  };
  for (const [key, value] of Object.entries(values)) {
    const parsed = parseSeriesKey(key);
    const name = parsed?.labels[label];
    if (parsed && name !== undefined && metrics.includes(parsed.name))
      rowOf(name).values[parsed.name] = value;
  }
  for (const check of checks)
    if (check.id.startsWith(`${kind}:`)) rowOf(check.id.slice(kind.length + 1)).check = check;
  const rank = (row: Row) => WORST_FIRST[row.check?.status ?? 'ok'];
  return [...rows.values()].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}
