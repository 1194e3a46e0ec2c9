// Backups of MySQL and MariaDB: dumps that know their place in the binary log, physical backups with their increments, and the logs
// that continue both. Promise: a span reaches to the last whole event of logs that follow each other.

import type { DumpChain, FileVerdict } from '../../../shared/backup/facts.ts';
import { later, type Moment, parseMoment } from '../moment.ts';
import type { Break, ChainSet, Excluded, Part, Span } from '../set.ts';
import { byProof, exclude, excludeByContent, partOf, stands } from '../usable.ts';
import {
  type Binlog,
  breakBehind,
  type Coordinate,
  followFrom,
  readStreams,
  type Stream,
  streamFor,
} from './binlogs.ts';
import { type Physical, type PhysicalBackups, readPhysical } from './physical.ts';

/** Where the logs of a span are taken up. */
export interface BinlogSpan extends Span {
  logs: Binlog[];
  start?: Coordinate;
}

interface Dump extends Part {
  path: string;
  at: Moment;
  chain: DumpChain | undefined;
}
type Sets = { sets: ChainSet[]; unassigned: Excluded[] };

export function mariadbSets(verdicts: readonly FileVerdict[], zone: string): Sets {
  const streams = readStreams(verdicts, zone);
  const dumps = verdicts.filter((v) => v.facts.kind === 'dump');
  const physical = readPhysical(verdicts, zone);
  const sets = [
    ...[...Map.groupBy(dumps, databaseKey).values()].map((group) => dumpSet(group, streams, zone)),
    ...(physical.parts.length + physical.excluded.length > 0 ? [physicalSet(physical, streams)] : []),
  ].filter((s) => s.database !== undefined || s.spans.length > 0 || s.method === 'mariabackup');
  const orphans = streams.filter((s) => s.logs.length > 0 && !sets.some((set) => usesStream(set, s)));
  return { sets: [...sets, ...orphans.map(orphanSet)], unassigned: unassignedOf(verdicts, sets) };
}

/** It continues a backup of the set, or would if the files between were there. */
function usesStream(set: Pick<ChainSet, 'spans'>, stream: Stream): boolean {
  return set.spans.some(
    (s) =>
      s.logs.some((l) => stream.logs.includes(l as Binlog)) ||
      (s.logs.length === 0 && coordinateOf(s)?.file.startsWith(`${stream.base}.`)),
  );
}

function coordinateOf(span: Span): Coordinate | undefined {
  const chain = span.base.at(-1)?.facts.chain;
  return chain?.of === 'dump' || chain?.of === 'lsn' ? chain.binlog : undefined;
}

function databaseKey({ facts }: FileVerdict): string {
  return databaseOf(facts) ?? '';
}

function databaseOf({ database, chain }: FileVerdict['facts']): string | undefined {
  const several = chain?.of === 'dump' ? chain.databases : undefined;
  if (several && several.length > 1) return several.join(',');
  return database ?? several?.[0];
}

function dumpSet(group: readonly FileVerdict[], streams: readonly Stream[], zone: string): ChainSet {
  const excluded: Excluded[] = [];
  const dumps = group.flatMap((verdict) => dumpOf(verdict, zone, excluded));
  const tables = Math.max(0, ...dumps.map((d) => d.facts.tables ?? 0));
  const spans = dumps.map((dump): BinlogSpan => {
    const span = spanFrom([dump], dump.at, dump.chain?.binlog, streams);
    const own = dump.facts.tables ?? tables;
    return own < tables ? { ...span, doubt: fewerTables(dump, own, tables) } : span;
  });
  const database = group[0] && databaseOf(group[0].facts);
  const server = group.find((v) => v.facts.server)?.facts.server;
  return {
    engine: 'mariadb',
    method: 'mysql-dump',
    ...(database ? { database } : {}),
    ...(server ? { server } : {}),
    spans,
    breaks: breaksOf(spans, streams),
    excluded: [...excluded, ...besides(spans, streams)],
  };
}

function dumpOf(verdict: FileVerdict, zone: string, excluded: Excluded[]): Dump[] {
  const { facts } = verdict;
  const chain = facts.chain?.of === 'dump' ? facts.chain : undefined;
  const at = parseMoment(facts.capturedAt ?? facts.finishedAt, zone);
  if (!stands(verdict.content)) excluded.push(excludeByContent(verdict));
  else if (chain?.schemaOnly) excluded.push(exclude(verdict.path, 'NO_DATA', SCHEMA_ONLY));
  else if (!at) excluded.push(exclude(verdict.path, 'NO_MOMENT', NO_MOMENT));
  else return [{ ...partOf(verdict, 'dump'), path: verdict.path, at, chain }];
  return [];
}

const SCHEMA_ONLY = { zh: '只有结构，没有数据', en: 'holds definitions only, no rows' };
const NO_MOMENT = {
  zh: '文件里没有写明数据的时刻',
  en: 'the file does not say which moment it holds',
};

function fewerTables(dump: Dump, own: number, most: number): { zh: string; en: string } {
  return {
    zh: `${dump.path} 只有 ${own} 张表，同库的其他备份有 ${most} 张`,
    en: `${dump.path} holds ${own} tables, another dump of this database ${most}`,
  };
}

function spanFrom(
  base: Part[],
  from: Moment,
  start: Coordinate | undefined,
  streams: readonly Stream[],
): BinlogSpan {
  const met = start && streamFor(streams, start, from);
  if (!start || !met) return { base, from, logs: [] };
  // What a place inside a file holds cannot be older than the file.
  return { base, from: later(from, met.start.firstAt), start, logs: followFrom(met.stream, met.start) };
}

/** Full backups, each with the longest run of increments that continue it. */
function physicalSet(read: PhysicalBackups, streams: readonly Stream[]): ChainSet {
  const excluded = [...read.excluded];
  const parts = withoutCopies(read.parts, excluded);
  const spans = parts
    .filter((p) => p.chain.fromLsn === '0')
    .flatMap((full) => withIncrements([full], parts))
    .map((base) => {
      const last = base.at(-1) as Physical;
      return spanFrom(base, last.at, last.chain.binlog, streams);
    });
  const used = new Set(spans.flatMap((s) => s.base));
  for (const part of parts.filter((p) => !used.has(p))) {
    excluded.push(exclude(part.path, 'NO_BASE', noBase(part)));
  }
  return {
    engine: 'mariadb',
    method: 'mariabackup',
    spans,
    breaks: [...breaksOf(spans, streams), ...brokenIncrements(spans, parts)],
    excluded: [...excluded, ...besides(spans, streams)],
  };
}

function withoutCopies(parts: readonly Physical[], excluded: Excluded[]): Physical[] {
  const groups = Map.groupBy(parts, (p) => `${p.chain.fromLsn} ${p.chain.toLsn} ${p.at.us}`);
  return [...groups.values()].flatMap((copies) => {
    const [kept, ...others] = [...copies].sort(byProof);
    for (const other of others) {
      const words = { zh: `与 ${kept?.path} 是同一个备份`, en: `the same backup as ${kept?.path}` };
      excluded.push(exclude(other.path, 'DUPLICATE', words));
    }
    return kept ? [kept] : [];
  });
}

/** An increment goes on the backup whose last LSN is its first. */
function withIncrements(base: Physical[], parts: readonly Physical[]): Physical[][] {
  const end = base.at(-1) as Physical;
  const next = parts.filter(
    (p) =>
      p.chain.fromLsn !== '0' &&
      p.chain.fromLsn === end.chain.toLsn &&
      p.at.us >= end.at.us &&
      !base.includes(p),
  );
  return [base, ...next.flatMap((increment) => withIncrements([...base, increment], parts))];
}

function noBase({ chain }: Physical): { zh: string; en: string } {
  return {
    zh: `增量备份从 LSN ${chain.fromLsn} 开始，没有在该处结束的备份`,
    en: `the increment starts at LSN ${chain.fromLsn} and no backup ends there`,
  };
}

function brokenIncrements(spans: readonly BinlogSpan[], parts: readonly Physical[]): Break[] {
  const used = new Set(spans.flatMap((s) => s.base));
  return parts
    .filter((p) => !used.has(p))
    .flatMap((part) => {
      const before = spans.map((s) => s.from).filter((m) => m.us < part.at.us);
      const after = before.length > 0 ? before.reduce(later) : undefined;
      if (!after) return [];
      const words = {
        zh: `在 LSN ${part.chain.fromLsn} 结束的备份`,
        en: `the backup that ends at LSN ${part.chain.fromLsn}`,
      };
      return [
        {
          after,
          until: part.at,
          missing: [{ lastLsn: part.chain.fromLsn, words }],
          cause: { zh: '增量链断开', en: 'the chain of increments is broken' },
        },
      ];
    });
}

function breaksOf(spans: readonly BinlogSpan[], streams: readonly Stream[]): Break[] {
  return spans.flatMap((span) => {
    const stream = streams.find((s) => s.logs.some((l) => span.logs.includes(l)));
    if (stream) return breakBehind(stream, span.logs, endOfLogs(span));
    return span.start ? [] : missingStart(span, streams);
  });
}

function endOfLogs(span: BinlogSpan): Moment {
  return span.logs.map((l) => l.reaches).reduce(later, span.from);
}

/** The log that the dump names is not there, while later ones are. */
function missingStart(span: BinlogSpan, streams: readonly Stream[]): Break[] {
  const start = coordinateOf(span);
  const behind = streams.flatMap((s) => s.logs).filter((l) => start?.file.startsWith(`${l.chain.base}.`));
  const until = behind.map((l) => l.reaches).filter((m) => m.us > span.from.us);
  if (!start || until.length === 0) return [];
  return [
    {
      after: span.from,
      until: until.reduce(later),
      missing: [
        { file: start.file, words: { zh: `二进制日志 ${start.file}`, en: `binary log ${start.file}` } },
      ],
      cause: {
        zh: '缺少备份之后的第一个二进制日志',
        en: 'the first binary log behind the backup is missing',
      },
    },
  ];
}

/** Of the streams that these spans use: what was left out, and logs that none of them reaches. */
function besides(spans: readonly BinlogSpan[], streams: readonly Stream[]): Excluded[] {
  const used = new Set(spans.flatMap((s) => s.logs));
  const mine = streams.filter((s) => usesStream({ spans: [...spans] }, s));
  return mine.flatMap((stream) => [
    ...stream.excluded,
    ...stream.logs
      .filter((l) => !used.has(l))
      .map((l) => exclude(l.files[0]?.path ?? '', 'NO_CHAIN', NO_CHAIN)),
  ]);
}

const NO_CHAIN = {
  zh: '没有备份从这个日志接上（更早，或前面有缺口）',
  en: 'no backup is continued by this log (it is older, or there is a gap before it)',
};

const NO_START = { zh: '没有可以接上的备份', en: 'there is no backup that it continues' };

/** Logs alone bring nothing back. */
function orphanSet(stream: Stream): ChainSet {
  const firstAt = stream.logs.map((l) => l.firstAt).reduce((a, b) => (b.us < a.us ? b : a));
  const until = stream.logs.map((l) => l.reaches).reduce(later);
  const words = { zh: '全备或带日志位置的导出', en: 'a full backup, or a dump with its place in the log' };
  return {
    engine: 'mariadb',
    method: 'mysql-dump',
    family: `${stream.base} (server_id ${stream.serverId})`,
    spans: [],
    breaks: [
      {
        after: firstAt,
        until,
        missing: [{ words }],
        cause: { zh: '只有二进制日志，没有起点', en: 'there are binary logs only and nothing to start from' },
      },
    ],
    excluded: [
      ...stream.excluded,
      ...stream.logs.map((l) => exclude(l.files[0]?.path ?? '', 'NO_BASE', NO_START)),
    ],
  };
}

/** Files that no set lists. */
function unassignedOf(verdicts: readonly FileVerdict[], sets: readonly ChainSet[]): Excluded[] {
  const dumpless = verdicts.filter(
    (v) => v.facts.kind === 'dump' && databaseKey(v) === '' && !stands(v.content),
  );
  const listed = new Set(sets.flatMap((s) => s.excluded.map((e) => e.file)));
  return dumpless.filter((v) => !listed.has(v.path)).map(excludeByContent);
}
