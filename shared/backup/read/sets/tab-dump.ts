// mysqldump --tab: for each table TABLE.sql with its definition and TABLE.txt with its rows. Promise: a definition whose rows lie beside it is
// not called a dump without data; rows have no end mark, so that they are never called good, and what breaks off inside a row is told.

import type { Finding } from '../format.ts';
import { askedFor, type Folder, judgeBySet, type Member, type SetRule } from './set.ts';

export const TAB_DUMP: SetRule = {
  name: 'mysqldump --tab',
  async apply(folder) {
    for (const definition of askedFor(folder, isDefinition)) {
      const rows = folder.members.get(definition.path.replace(/\.sql$/, '.txt'));
      if (rows) await judgePair(folder, definition, rows);
    }
    for (const rows of askedFor(folder, isRows)) {
      const definition = folder.members.get(rows.path.replace(/\.txt$/, '.sql'));
      if (definition && !definition.asked && isDefinition(await folder.judge(definition), definition))
        judgeRows(rows);
    }
  },
};

/** A dump of one table without rows; where triggers follow, the tool writes no trailer. */
function isDefinition({ format, facts }: Finding, { path }: Member): boolean {
  return format === 'mysqldump' && path.endsWith('.sql') && facts.tables === 1 && facts.rows === 0;
}

function isRows({ format, content }: Finding, { path }: Member): boolean {
  return path.endsWith('.txt') && (['text', 'unknown'].includes(format) || content === 'EMPTY');
}

async function judgePair(folder: Folder, definition: Member, rows: Member): Promise<void> {
  const found = await folder.judge(rows);
  if (!isRows(found, rows)) return;
  if (definition.finding?.content === 'NO_DATA')
    judgeBySet(definition, {
      content: 'COMPLETE',
      reason: 'the definition of a table, trailer present; its rows lie beside it',
    });
  if (definition.finding?.content === 'INCOMPLETE' && definition.finding.layer === 'L1')
    judgeBySet(definition, {
      content: 'UNCONFIRMED',
      reason: 'the definition of a table without a trailer, as the tool writes it where triggers follow',
    });
  if (rows.asked) judgeRows(rows);
}

function judgeRows(rows: Member): void {
  const { finding } = rows;
  if (!finding) return;
  const facts = { ...finding.facts, engine: 'mariadb' as const, kind: 'dump' as const };
  const base = { format: 'mysqldump-rows', facts };
  const isWhole = finding.content === 'EMPTY' || finding.tail?.at(-1) === 10;
  if (isWhole)
    judgeBySet(rows, {
      ...base,
      content: 'UNCONFIRMED',
      reason: 'rows of a table: they have no end mark, so that it cannot be told whether some are missing',
    });
  else judgeBySet(rows, { ...base, content: 'INCOMPLETE', reason: 'the last row breaks off' });
}
