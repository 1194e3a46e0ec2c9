// When a row that is told replaces the one that is held.

import { type RawBuilder, sql, type SqlBool } from 'kysely';

/**
 * For `on conflict do update where`: it is not older, or the held one is of later than `latestAt` (UTC ms), where nothing that is told
 * now can be: it was written before our own clock was set back, and would hide everything until then. `column`: `table.column`.
 */
export function replaces(column: `${string}.${string}`, latestAt: number): RawBuilder<SqlBool> {
  const held = sql.ref(column);
  const told = sql.ref(`excluded.${column.slice(column.indexOf('.') + 1)}`);
  return sql<SqlBool>`(${told} >= ${held} or ${held} > ${latestAt})`;
}
