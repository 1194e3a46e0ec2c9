// SQL Server backups from the headers of their files: appended sets are taken apart, stripes put together, copies of one
// backup set counted once. Promise: grouped by what the header says (database and family), never by the file's name.

import { SQLSERVER_KINDS } from '../../../shared/backup/sqlserver-kinds.ts';
import type { BackupFacts, FileVerdict, SqlServerChain } from '../../../shared/backup/facts.ts';
import type { Excluded, LogPart, Part, Span } from '../set.ts';
import { byProof, exclude, excludeByContent, fileOf, stands } from '../usable.ts';
import { type Moment, parseMoment } from '../moment.ts';

export interface SqlPart extends Part {
  chain: SqlServerChain;
  startedAt: Moment;
  finishedAt: Moment;
  first: bigint;
  last: bigint;
}

export type SqlLog = SqlPart & LogPart;

/** A span that remembers where its chain ends. */
export interface SqlSpan extends Span {
  base: SqlPart[];
  logs: SqlLog[];
  lsn: bigint;
}

export interface SqlDatabase {
  database: string;
  server?: string;
  family?: string;
  parts: SqlPart[];
  /** Parts whose header could be read although the file does not stand: they tell what is missing. */
  damaged: SqlPart[];
  excluded: Excluded[];
}

interface Candidate {
  verdict: FileVerdict;
  facts: BackupFacts;
  chain: SqlServerChain;
}

/** `unassigned`: files whose header names no database. */
export function readDatabases(
  verdicts: readonly FileVerdict[],
  zone: string,
): {
  databases: SqlDatabase[];
  unassigned: Excluded[];
} {
  const unassigned: Excluded[] = [];
  const candidates: Candidate[] = [];
  for (const verdict of verdicts) {
    const found = candidatesOf(verdict);
    if (found.length > 0) candidates.push(...found);
    else unassigned.push(stands(verdict.content) ? unreadable(verdict) : excludeByContent(verdict));
  }
  const groups = Map.groupBy(candidates, familyKey(candidates));
  const databases = [...groups.values()].map((group) => databaseOf(group, zone));
  return { databases, unassigned };
}

function candidatesOf(verdict: FileVerdict): Candidate[] {
  const all = verdict.facts.sets?.length ? verdict.facts.sets : [verdict.facts];
  return all.flatMap((facts) =>
    facts.chain?.of === 'sqlserver' && facts.database ? [{ verdict, facts, chain: facts.chain }] : [],
  );
}

/** A file that names no family joins the one family of its database and server, if there is just one. */
function familyKey(candidates: readonly Candidate[]): (c: Candidate) => string {
  const key = (c: Candidate, family: string) => `${c.facts.database ?? ''}\n${family}`;
  return (c) => {
    if (c.chain.familyGuid) return key(c, c.chain.familyGuid);
    const families = new Set(
      candidates
        .filter((o) => o.facts.database === c.facts.database && o.facts.server === c.facts.server)
        .flatMap((o) => o.chain.familyGuid ?? []),
    );
    return key(c, families.size === 1 ? ([...families][0] ?? '') : `server ${c.facts.server ?? ''}`);
  };
}

function databaseOf(group: readonly Candidate[], zone: string): SqlDatabase {
  const first = group[0]?.facts;
  const family = group.find((c) => c.chain.familyGuid)?.chain.familyGuid;
  const database: SqlDatabase = {
    database: first?.database ?? '',
    ...(first?.server ? { server: first.server } : {}),
    ...(family ? { family } : {}),
    parts: [],
    damaged: [],
    excluded: [],
  };
  for (const copies of Map.groupBy(group, setKey).values()) addPart(database, copies, zone);
  return database;
}

function setKey({ verdict, chain }: Candidate): string {
  const guid = chain.backupSetGuid || `${verdict.path}#${chain.position}`;
  return chain.stripe ? `${guid} ${chain.stripe.mediaSet}` : guid;
}

/** All files of one backup set: copies of it, or its stripes. */
function addPart(database: SqlDatabase, copies: readonly Candidate[], zone: string): void {
  const sorted = [...copies].sort((a, b) =>
    byProof(
      { content: a.verdict.content, path: a.verdict.path },
      { content: b.verdict.content, path: b.verdict.path },
    ),
  );
  const standing = sorted.filter((c) => stands(c.verdict.content));
  for (const c of sorted) if (!standing.includes(c)) database.excluded.push(excludeByContent(c.verdict));
  const head = standing[0] ?? sorted[0];
  if (!head) return;
  const count = head.chain.stripe?.count ?? 1;
  const chosen = count === 1 ? standing.slice(0, 1) : stripesOf(standing, count);
  for (const c of standing) if (!chosen.includes(c)) database.excluded.push(duplicate(c, chosen));
  const part = partOf(chosen.length > 0 ? chosen : [head], zone);
  if (!part) {
    database.excluded.push(...chosen.map((c) => noMoment(c.verdict)));
    return;
  }
  if (chosen.length === count) database.parts.push(part);
  else {
    database.damaged.push(part);
    database.excluded.push(...chosen.map((c) => stripeMissing(c, chosen)));
  }
}

/** The first standing file of each stripe, in their order. */
function stripesOf(standing: readonly Candidate[], count: number): Candidate[] {
  return Array.from({ length: count }, (_, i) =>
    standing.find((c) => c.chain.stripe?.number === i + 1),
  ).filter((c) => c !== undefined);
}

function partOf(files: readonly Candidate[], zone: string): SqlPart | undefined {
  const [head] = files;
  if (!head) return undefined;
  const { chain, facts } = head;
  const startedAt = parseMoment(facts.startedAt, zone);
  const finishedAt = parseMoment(facts.finishedAt, zone) ?? startedAt;
  if (!startedAt || !finishedAt) return undefined;
  return {
    files: files.map((c) => fileOf(c.verdict)),
    kind: SQLSERVER_KINDS[chain.type],
    content: files.some((c) => c.verdict.content === 'COMPLETE') ? 'COMPLETE' : head.verdict.content,
    facts,
    chain,
    startedAt,
    finishedAt,
    first: BigInt(chain.firstLsn),
    last: BigInt(chain.lastLsn),
  };
}

function duplicate({ verdict }: Candidate, chosen: readonly Candidate[]): Excluded {
  const kept = chosen[0]?.verdict.path ?? '';
  return exclude(verdict.path, 'DUPLICATE', {
    zh: `与 ${kept} 是同一个备份集`,
    en: `the same backup set as ${kept}`,
  });
}

function stripeMissing({ verdict, chain }: Candidate, chosen: readonly Candidate[]): Excluded {
  const count = chain.stripe?.count ?? 1;
  const there = new Set(chosen.map((c) => c.chain.stripe?.number));
  const absent = Array.from({ length: count }, (_, i) => i + 1).filter((n) => !there.has(n));
  return exclude(verdict.path, 'STRIPE_MISSING', {
    zh: `共 ${count} 个条带，缺第 ${absent.join('、')} 个`,
    en: `stripe ${absent.join(', ')} of ${count} is missing`,
  });
}

function noMoment(verdict: FileVerdict): Excluded {
  return exclude(verdict.path, 'NO_MOMENT', {
    zh: '备份头没有可用的时间',
    en: 'the header has no usable time',
  });
}

function unreadable(verdict: FileVerdict): Excluded {
  return exclude(verdict.path, 'HEADER_UNREADABLE', {
    zh: `读不出属于哪个数据库：${verdict.reason}`,
    en: `the header does not tell which database this is: ${verdict.reason}`,
  });
}
