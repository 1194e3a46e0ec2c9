// Backups that hold one moment each and that no log continues: logical dumps of PostgreSQL and Oracle, archives of files. Promise: a
// point is named only where the file says its moment, and an inconsistent one is said to be that.

import type { FileVerdict } from '../../../shared/backup/facts.ts';
import type { Text } from '../../../shared/text.ts';
import { type Choice, type RecoveryEngine, type Runbook, type Target } from '../engine.ts';
import { parseMoment } from '../moment.ts';
import type { ChainSet, Excluded, Method, Part, Span } from '../set.ts';
import { byProof, exclude, excludeByContent, partOf, stands } from '../usable.ts';
import { oracleRunbook } from './oracle.ts';
import { pgDumpRunbook } from './pg-dump.ts';
import { archiveRunbook } from './archive.ts';

interface Kind {
  method: Method;
  engine: ChainSet['engine'];
  takes(verdict: FileVerdict): boolean;
  runbook(choice: Choice, target: Target): Runbook;
}

const KINDS: readonly Kind[] = [
  {
    method: 'pg_dump',
    engine: 'postgresql',
    takes: ({ facts }) => facts.engine === 'postgresql' && facts.kind === 'dump',
    runbook: pgDumpRunbook,
  },
  {
    method: 'oracle-export',
    engine: 'oracle',
    takes: ({ facts }) => facts.engine === 'oracle',
    runbook: oracleRunbook,
  },
  {
    method: 'archive',
    engine: 'files',
    takes: ({ facts }) => facts.engine === 'files' && facts.chain === undefined && facts.kind === 'copy',
    runbook: archiveRunbook,
  },
];

export const POINT_ENGINES: readonly RecoveryEngine[] = KINDS.map((kind) => ({
  methods: [kind.method],
  takes: kind.takes,
  sets: (verdicts, zone) => setsOf(kind, verdicts, zone),
  runbook: kind.runbook,
}));

function setsOf(
  kind: Kind,
  verdicts: readonly FileVerdict[],
  zone: string,
): { sets: ChainSet[]; unassigned: Excluded[] } {
  const groups = Map.groupBy(verdicts, ({ facts }) => facts.database ?? '');
  const sets = [...groups.entries()].map(([database, group]) => setOf(kind, { database, group, zone }));
  // What names no database and gives no moment belongs nowhere.
  const nameless = sets.filter((s) => s.database === undefined && s.spans.length === 0);
  return { sets: sets.filter((s) => !nameless.includes(s)), unassigned: nameless.flatMap((s) => s.excluded) };
}

interface Group {
  database: string;
  group: readonly FileVerdict[];
  zone: string;
}

function setOf({ method, engine }: Kind, { database, group, zone }: Group): ChainSet {
  const excluded: Excluded[] = [];
  const companions = new Map<FileVerdict, Part['files']>();
  const spans = group
    .filter((v) => heads(v, group, companions))
    .sort((a, b) => byProof(a, b))
    .flatMap((verdict) => spanOf(verdict, { zone, excluded, companions }));
  const most = Math.max(0, ...spans.map((s) => s.base[0]?.facts.tables ?? 0));
  return {
    engine,
    method,
    ...(database ? { database } : {}),
    spans: spans.map((s) => doubted(s, most)),
    breaks: [],
    excluded,
  };
}

/** A file of a set that is carried by another one of it is no backup of its own. */
function heads(
  verdict: FileVerdict,
  group: readonly FileVerdict[],
  companions: Map<FileVerdict, Part['files']>,
): boolean {
  const own = setKey(verdict);
  if (!own) return true;
  const others = group.filter((v) => v !== verdict && setKey(v)?.key === own.key);
  if (own.master) companions.set(verdict, others.map((v) => partOf(v).files).flat());
  return own.master || !others.some((v) => setKey(v)?.master && stands(v.content));
}

function setKey({ facts }: FileVerdict): { key: string; master: boolean } | undefined {
  const set = facts.chain?.of === 'dump' ? facts.chain.dumpSet : undefined;
  return set && { key: `${set.guid} ${set.job}`, master: set.hasMaster };
}

interface Reading {
  zone: string;
  excluded: Excluded[];
  companions: ReadonlyMap<FileVerdict, Part['files']>;
}

function spanOf(verdict: FileVerdict, { zone, excluded, companions }: Reading): Span[] {
  const { facts, path } = verdict;
  const schemaOnly = facts.chain?.of === 'dump' && facts.chain.schemaOnly;
  const at = parseMoment(facts.capturedAt ?? facts.startedAt ?? facts.finishedAt, zone);
  const lacking = (facts.notices ?? []).find((n) => /of its set is not here/.test(n));
  if (!stands(verdict.content)) excluded.push(excludeByContent(verdict));
  else if (schemaOnly) excluded.push(exclude(path, 'NO_DATA', SCHEMA_ONLY));
  else if (lacking)
    excluded.push(exclude(path, 'STRIPE_MISSING', { zh: `同一套导出缺文件：${lacking}`, en: lacking }));
  else if (!at) excluded.push(exclude(path, 'NO_MOMENT', NO_MOMENT));
  else {
    const part = partOf(verdict, facts.kind ?? 'copy');
    return [
      { base: [{ ...part, files: [...part.files, ...(companions.get(verdict) ?? [])] }], from: at, logs: [] },
    ];
  }
  return [];
}

const SCHEMA_ONLY: Text = { zh: '只有结构，没有数据', en: 'holds definitions only, no rows' };
const NO_MOMENT: Text = {
  zh: '文件里没有写明数据的时刻',
  en: 'the file does not say which moment it holds',
};

function doubted(span: Span, most: number): Span {
  const [part] = span.base;
  const own = part?.facts.tables;
  if (own === undefined || own >= most) return span;
  const path = part?.files[0]?.path ?? '';
  return {
    ...span,
    doubt: {
      zh: `${path} 只有 ${own} 张表，同库的其他备份有 ${most} 张`,
      en: `${path} holds ${own} tables, another dump of this database ${most}`,
    },
  };
}
