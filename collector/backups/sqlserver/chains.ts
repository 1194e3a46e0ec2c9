// Which SQL Server backups continue each other. A log can be applied where the restore stands at LSN `at` iff
//   log.first ≤ at < log.last   and it is of the same recovery fork
// (error 4305 before, 4326 after); a differential goes on the full whose set it names as its base. Promise: a span claims no
// moment that these rules do not give: from the end of the base to the start of the last log.

import type { FileVerdict, SqlServerChain } from '../../../shared/backup/facts.ts';
import type { Moment } from '../moment.ts';
import type { ChainSet, Excluded } from '../set.ts';
import { exclude } from '../usable.ts';
import { breaksOf } from './breaks.ts';
import { readDatabases, type SqlDatabase, type SqlLog, type SqlPart, type SqlSpan } from './parts.ts';

/** Where a restore stands. */
interface Position {
  lsn: bigint;
  fork: string | undefined;
}

export function sqlServerSets(
  verdicts: readonly FileVerdict[],
  zone: string,
): { sets: ChainSet[]; unassigned: Excluded[] } {
  const { databases, unassigned } = readDatabases(verdicts, zone);
  return { sets: databases.map(setOf), unassigned };
}

function setOf(database: SqlDatabase): ChainSet {
  const excluded: Excluded[] = [...database.excluded];
  const logs = database.parts.filter((p) => p.chain.type === 'L').map((p) => ({ ...p, ...reach(p) }));
  const bases = basesOf(database.parts, excluded);
  const spans = bases.flatMap((base) => spansFrom(base, logs, momentOfBase(base)));
  excluded.push(...idleLogs(logs, spans));
  return {
    engine: 'sqlserver',
    method: 'sqlserver',
    database: database.database,
    ...(database.server ? { server: database.server } : {}),
    ...(database.family ? { family: database.family } : {}),
    spans,
    breaks: breaksOf({ spans, parts: database.parts, damaged: database.damaged }),
    excluded,
  };
}

function reach(log: SqlPart): { reaches: Moment; empty?: boolean } {
  return { reaches: log.startedAt, ...(log.first === log.last ? { empty: true } : {}) };
}

/** Every full, and every full with one of its differentials. */
function basesOf(parts: readonly SqlPart[], excluded: Excluded[]): SqlPart[][] {
  const fulls = parts.filter((p) => p.chain.type === 'D');
  const bases: SqlPart[][] = fulls.map((full) => [full]);
  for (const diff of parts.filter((p) => p.chain.type === 'I')) {
    const full = fulls.find((f) => isBaseOf(f, diff));
    if (full) bases.push([full, diff]);
    else excluded.push(...diff.files.map((f) => exclude(f.path, 'NO_BASE', noBaseWords(diff))));
  }
  for (const part of parts.filter((p) => 'FGPQ'.includes(p.chain.type))) {
    excluded.push(...part.files.map((f) => exclude(f.path, 'PARTIAL', PARTIAL)));
  }
  return bases;
}

const PARTIAL = {
  zh: '只含部分文件或文件组，不能单独恢复整个数据库',
  en: 'holds some files or filegroups only; the whole database cannot be restored from it',
};

function noBaseWords({ chain }: SqlPart): { zh: string; en: string } {
  return {
    zh: `差异备份的基准全备不在（检查点 LSN ${chain.databaseBackupLsn}）`,
    en: `the full that this differential is based on is not there (checkpoint LSN ${chain.databaseBackupLsn})`,
  };
}

/** By the base's GUID where both carry it, else by the checkpoint; never on a copy-only full. */
function isBaseOf(full: SqlPart, diff: SqlPart): boolean {
  if (full.chain.copyOnly || diff.last < full.last) return false;
  const [wanted, own] = [diff.chain.differentialBaseGuid, full.chain.backupSetGuid].map(realGuid);
  return wanted && own ? wanted === own : diff.chain.databaseBackupLsn === full.chain.checkpointLsn;
}

function realGuid(guid: string | undefined): string | undefined {
  return guid && /[1-9a-f]/i.test(guid) ? guid.toLowerCase() : undefined;
}

function momentOfBase(base: readonly SqlPart[]): Moment {
  return (base.at(-1) as SqlPart).finishedAt;
}

/** The span on the base's own fork, and one more behind every log that crosses into another fork. */
function spansFrom(base: SqlPart[], logs: readonly SqlLog[], from: Moment, depth = 0): SqlSpan[] {
  const end = base.at(-1) as SqlPart;
  const start: Position = { lsn: end.last, fork: forksOf(end.chain)[1] };
  const { chain, crossings, lsn } = follow(start, logs);
  const own: SqlSpan = { base, from, logs: chain, lsn, ...(start.fork ? { line: start.fork } : {}) };
  if (depth > 8) return [own];
  const onward = crossings.flatMap(({ log, before }) =>
    spansFrom([...base, ...before, log], logs, log.startedAt, depth + 1),
  );
  return [own, ...onward];
}

interface Followed {
  chain: SqlLog[];
  crossings: { log: SqlLog; before: SqlLog[] }[];
  lsn: bigint;
}

/** Always the shortest step first: nothing that could be applied is jumped over. */
function follow(start: Position, logs: readonly SqlLog[]): Followed {
  const chain: SqlLog[] = [];
  const crossings: Followed['crossings'] = [];
  const candidates = openCandidates(logs);
  let lsn = start.lsn;
  for (;;) {
    const usable = candidates.at(lsn, chain.at(-1)).filter((l) => onFork(l, { lsn, fork: start.fork }));
    for (const log of usable.filter((l) => crossesFrom(l, start.fork))) {
      if (!crossings.some((c) => c.log === log)) crossings.push({ log, before: withoutEmpty(chain) });
    }
    const [next] = usable.filter((l) => !crossesFrom(l, start.fork)).sort(nearestFirst);
    if (!next) return { chain, crossings, lsn };
    chain.push(next);
    lsn = next.last;
  }
}

function withoutEmpty(chain: readonly SqlLog[]): SqlLog[] {
  return chain.filter((l) => !l.empty);
}

function nearestFirst(a: SqlLog, b: SqlLog): number {
  if (a.last !== b.last) return a.last < b.last ? -1 : 1;
  return b.reaches.us - a.reaches.us;
}

interface Ranked {
  log: SqlLog;
  /** Place in the list that was given: what breaks ties. */
  rank: number;
}
const ranked = new WeakMap<readonly SqlLog[], readonly Ranked[]>();

/** By their first LSN; once for all bases that are followed through the same logs. */
function byFirst(logs: readonly SqlLog[]): readonly Ranked[] {
  let sorted = ranked.get(logs);
  if (!sorted) {
    sorted = logs
      .map((log, rank) => ({ log, rank }))
      .sort((a, b) => (a.log.first < b.log.first ? -1 : a.log.first > b.log.first ? 1 : a.rank - b.rank));
    ranked.set(logs, sorted);
  }
  return sorted;
}

/** The logs that hold a position, asked for rising ones: what lies behind it is looked at once, so that months of logs cost no more than their number. */
function openCandidates(logs: readonly SqlLog[]): { at(lsn: bigint, taken?: SqlLog): SqlLog[] } {
  const sorted = byFirst(logs);
  const used = new Set<SqlLog>();
  let next = 0;
  let open: Ranked[] = [];
  return {
    at(lsn, taken) {
      if (taken) used.add(taken);
      for (let each = sorted[next]; each && each.log.first <= lsn; each = sorted[++next]) open.push(each);
      open = open.filter(({ log }) => !used.has(log) && (log.empty ? log.first === lsn : lsn < log.last));
      return open.sort((a, b) => a.rank - b.rank).map(({ log }) => log);
    },
  };
}

/** Same fork; or it leaves this fork behind where we stand; or it came over to this fork before. */
function onFork({ chain }: SqlLog, at: Position): boolean {
  const [first, last] = forksOf(chain);
  const point = chain.forkPointLsn === undefined ? undefined : BigInt(chain.forkPointLsn);
  if (!at.fork || !first) return true;
  if (first === last) return first === at.fork;
  if (first === at.fork) return point === undefined || at.lsn <= point;
  return last === at.fork && point !== undefined && point <= at.lsn;
}

function forksOf({ firstForkGuid, lastForkGuid }: SqlServerChain): (string | undefined)[] {
  return [firstForkGuid ?? lastForkGuid, lastForkGuid ?? firstForkGuid];
}

function crossesFrom({ chain }: SqlLog, fork: string | undefined): boolean {
  const [first, last] = forksOf(chain);
  return fork !== undefined && first !== last && first === fork;
}

/** Logs that no span uses. */
function idleLogs(logs: readonly SqlLog[], spans: readonly SqlSpan[]): Excluded[] {
  const used = new Set<SqlPart>(spans.flatMap((s) => [...s.base, ...s.logs]));
  const idle = logs.filter((l) => !l.empty && !used.has(l));
  return idle.flatMap((log) => {
    const reachable = spans.some((s) => log.first <= s.lsn && s.lsn < log.last);
    return log.files.map((f) =>
      reachable
        ? exclude(f.path, 'OTHER_FORK', {
            zh: '属于另一个恢复分支（还原后产生），接不上这条链',
            en: 'belongs to another recovery fork (made after a restore) and does not continue this chain',
          })
        : exclude(f.path, 'NO_CHAIN', {
            zh: `没有能接上的全备或日志（从 LSN ${log.chain.firstLsn} 开始）`,
            en: `no full or log that it continues is there (it starts at LSN ${log.chain.firstLsn})`,
          }),
    );
  });
}

/** The fewest logs of a span that reach a moment: logs that a longer one contains are left out. */
export function fewestLogs(span: SqlSpan, until: SqlLog): SqlLog[] {
  const upTo = span.logs.slice(0, span.logs.indexOf(until) + 1);
  const chosen: SqlLog[] = [];
  let lsn = (span.base.at(-1) as SqlPart).last;
  const goal = upTo.findLast((l) => !l.empty)?.last ?? lsn;
  while (lsn < goal) {
    const next = upTo.findLast((l) => !l.empty && l.first <= lsn && lsn < l.last);
    if (!next) break;
    chosen.push(next);
    lsn = next.last;
  }
  return chosen;
}
