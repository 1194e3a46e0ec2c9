// Logical dumps as SQL text: mysqldump and mariadb-dump, pg_dump and pg_dumpall in plain format, and SQL without a header.
//
// The end decides: `-- Dump completed` or `-- PostgreSQL database dump complete` as the last line. A dump made with --skip-comments
// or --compact has no end mark: it cannot be confirmed, but a statement that breaks off proves that it was cut.
// Promise: a dump that ends anywhere before its trailer is never called complete. Damage inside the text is not visible.

import type { BackupFacts, DumpChain } from '../../facts.ts';
import type { Cursor } from '../cursor.ts';
import type { Finding, Format, Job } from '../format.ts';
import { inZone, parseLocal } from '../time.ts';
import { endScan, scanBytes } from './lines.ts';
import { beginSeen, noteLine, type Seen } from './seen.ts';

const MYSQL_HEAD = /^-- (MySQL|MariaDB) dump /m;
const POSTGRES_HEAD = /^-- PostgreSQL database (cluster )?dump\r?$/m;
const STATEMENT =
  /^\s*(?:\/\*!\d+ |\/\*M!|CREATE (?:TABLE|DATABASE|OR REPLACE|USER|ROLE)|DROP (?:TABLE|DATABASE)|INSERT INTO|REPLACE INTO|LOCK TABLES|SET (?:NAMES|statement_timeout|@|SESSION|client_encoding)|USE `|COPY \S+ .*FROM stdin)/im;

export const MYSQL_DUMP = dumpFormat('mysqldump', (text) => MYSQL_HEAD.test(text));
export const POSTGRES_PLAIN = dumpFormat('pg_dump-plain', (text) => POSTGRES_HEAD.test(text));
/** No header: it looks like SQL from its first line on. */
export const PLAIN_SQL = dumpFormat('sql', (text) => STATEMENT.test(text) && startsAsSql(text));

function startsAsSql(text: string): boolean {
  const first = text.split('\n').find((line) => line.trim() !== '' && !/^\s*(?:--|#)/.test(line));
  return (
    first !== undefined && (STATEMENT.test(first) || /^\s*(?:BEGIN|START TRANSACTION|\/\*)/i.test(first))
  );
}

function dumpFormat(name: string, matches: (text: string) => boolean): Format {
  return {
    name,
    matches: (head) => !head.includes(0) && matches(head.toString('latin1')),
    read: (input, job) => readDump(input, job, name),
  };
}

async function readDump(input: Cursor, job: Job, format: string): Promise<Finding> {
  const kept = job.marks.get(format);
  const seen = (kept?.state as Seen | undefined) ?? beginSeen(format === 'pg_dump-plain');
  if (kept) await input.skip(kept.offset - input.position);
  const onLine = (line: string, whole: boolean): void => noteLine(seen, line, whole);
  for (let bytes = await input.chunk(); bytes; bytes = await input.chunk()) {
    scanBytes(seen.scan, bytes, onLine);
    job.marks.set(format, input.position, seen);
  }
  endScan(seen.scan, onLine);
  return { format, ...verdictOf(format, seen, input.position), facts: factsOf(format, seen, job.zone) };
}

type Verdict = Pick<Finding, 'content' | 'reason' | 'layer'>;

function verdictOf(format: string, seen: Seen, end: number): Verdict {
  const broken = brokenEnd(seen, end);
  if (seen.mismatch)
    return {
      content: 'CORRUPT',
      reason: `\\unrestrict ${seen.mismatch} does not match its \\restrict`,
      layer: 'L2',
    };
  if (format === 'sql') return withoutHeader(seen, broken);
  if (format === 'mysqldump' && !seen.trailer && seen.header === undefined)
    return withoutHeader(seen, broken);
  if (!seen.trailer) {
    const error = seen.toolError ? `; a message of the tool stands in it: ${seen.toolError}` : '';
    return {
      content: 'INCOMPLETE',
      reason: `${broken ?? 'the dump ends without its trailer'}${error}`,
      layer: 'L1',
    };
  }
  if (broken) return { content: 'INCOMPLETE', reason: broken, layer: 'L2' };
  if (format === 'mysqldump' && seen.tables > 0 && seen.scan.rows === 0)
    return { content: 'NO_DATA', reason: `${seen.tables} CREATE TABLE and not one row`, layer: 'L3' };
  const only = isSchemaOnly(seen) ? '; definitions only, no rows' : '';
  const counted = `${seen.tables} tables, ${seen.scan.rows} rows`;
  return {
    content: 'COMPLETE',
    reason: `trailer present, ${counted}${only}; the text has no checksum`,
    layer: 'L1',
  };
}

/** Why the text cannot be whole, whatever its trailer says. */
function brokenEnd(seen: Seen, end: number): string | undefined {
  if (seen.scan.mode === 'rows') return `the last INSERT breaks off at byte ${end}`;
  if (seen.scan.mode === 'copy') return `the data of a COPY break off at byte ${end}, without \\.`;
  if (seen.restricted) return 'the dump ends inside \\restrict';
  return undefined;
}

function withoutHeader(seen: Seen, broken: string | undefined): Verdict {
  if (broken) return { content: 'INCOMPLETE', reason: broken, layer: 'L2' };
  if (!seen.endsStatement)
    return { content: 'INCOMPLETE', reason: 'the last statement breaks off', layer: 'L1' };
  if (seen.opened && !seen.restored)
    return {
      content: 'INCOMPLETE',
      reason: 'the settings saved at the start are not restored at the end',
      layer: 'L1',
    };
  if (seen.tables > 0 && seen.scan.rows === 0)
    return { content: 'NO_DATA', reason: `${seen.tables} CREATE TABLE and not one row`, layer: 'L3' };
  const reason = 'SQL without comments has no end mark: it cannot be told whether something is missing';
  return { content: 'UNCONFIRMED', reason, layer: 'L1' };
}

function isSchemaOnly(seen: Seen): boolean {
  return seen.scan.rows === 0 && seen.scan.copies === 0 && seen.scan.inserts === 0;
}

function factsOf(format: string, seen: Seen, zone: string): BackupFacts {
  const local = seen.finished === undefined ? undefined : parseLocal(seen.finished);
  const finishedAt = local && inZone(local, zone);
  const notices = [...seen.notices];
  if (finishedAt) notices.push(`times carry no zone; ${zone} was taken`);
  if (seen.toolError) notices.push(`a message of the tool stands in the dump: ${seen.toolError}`);
  const engine = seen.postgres ? 'postgresql' : format === 'sql' && !seen.backticks ? undefined : 'mariadb';
  return {
    ...(engine && { engine }),
    kind: 'dump',
    ...(seen.database !== undefined && { database: seen.database }),
    ...(seen.host !== undefined && { server: seen.host }),
    ...(seen.version !== undefined && { version: seen.version }),
    ...(seen.started !== undefined && startedFacts(seen.started, zone)),
    ...(finishedAt && { finishedAt, capturedAt: finishedAt }),
    tables: seen.tables,
    rows: seen.scan.rows,
    checksums: false,
    ...(notices.length > 0 && { notices }),
    chain: chainOf(seen),
  };
}

function startedFacts(text: string, zone: string): Pick<BackupFacts, 'startedAt'> {
  const parts = parseLocal(text);
  return parts ? { startedAt: inZone(parts, zone) } : {};
}

function chainOf(seen: Seen): DumpChain {
  return {
    of: 'dump',
    ...(seen.binlog && {
      binlog: { ...seen.binlog, ...(seen.gtid !== undefined && { gtid: seen.gtid }) },
    }),
    ...(seen.characterSet !== undefined && { characterSet: seen.characterSet }),
    ...(seen.collation !== undefined && { collation: seen.collation }),
    createsDatabase: seen.createsDatabase,
    schemaOnly: isSchemaOnly(seen),
    databases: seen.databases,
    snapshot: seen.binlog || seen.postgres ? 'consistent' : 'unknown',
  };
}
