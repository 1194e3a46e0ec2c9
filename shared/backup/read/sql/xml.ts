// mysqldump --xml. Promise: whole only with its closing tag at the very end; rows and tables are counted by their tags.

import type { Cursor } from '../cursor.ts';
import type { Finding, Format } from '../format.ts';

const OPENING = /^<\?xml [^>]*>\s*<mysqldump[\s>]/;
const KEPT = 64;

export const MYSQL_XML: Format = {
  name: 'mysqldump-xml',
  matches: (head) => OPENING.test(head.toString('latin1', 0, 200)),
  read,
};

async function read(input: Cursor): Promise<Finding> {
  const counts = { tables: 0, rows: 0 };
  let tail = '';
  let database: string | undefined;
  for (let bytes = await input.chunk(); bytes; bytes = await input.chunk()) {
    const text = tail + bytes.toString('latin1');
    database ??= /<database name="([^"]*)"/.exec(text)?.[1];
    counts.tables += count(text, '<table_structure ', tail.length);
    counts.rows += count(text, '<row>', tail.length);
    tail = text.slice(-KEPT);
  }
  const facts = {
    engine: 'mariadb' as const,
    kind: 'dump' as const,
    ...counts,
    ...(database !== undefined && { database: Buffer.from(database, 'latin1').toString('utf8') }),
    checksums: false,
  };
  return { format: 'mysqldump-xml', layer: 'L1', facts, ...verdictOf(tail, counts) };
}

/** How often a tag ends behind the first `behind` characters, which were counted before. */
function count(text: string, tag: string, behind: number): number {
  let found = 0;
  const from = Math.max(0, behind - tag.length + 1);
  for (let at = text.indexOf(tag, from); at >= 0; at = text.indexOf(tag, at + tag.length)) found++;
  return found;
}

function verdictOf(
  tail: string,
  { tables, rows }: { tables: number; rows: number },
): Pick<Finding, 'content' | 'reason'> {
  if (!/<\/mysqldump>\s*$/.test(tail))
    return { content: 'INCOMPLETE', reason: 'the dump ends without </mysqldump>' };
  if (tables > 0 && rows === 0)
    return { content: 'NO_DATA', reason: `${tables} table structures and not one row` };
  return {
    content: 'COMPLETE',
    reason: `closing tag present, ${tables} tables, ${rows} rows; the text has no checksum`,
  };
}
