// PostgreSQL base backups and the WAL that continues them. Promise: a span reaches to the last commit of contiguous WAL on one
// timeline; on a timeline that forked off it begins at the first commit that is proved to be its own.

import type { FileVerdict } from '../../../shared/backup/facts.ts';
import { later, type Moment } from '../moment.ts';
import { type Break, type ChainSet, endOf, type Excluded, type LogPart, type Span } from '../set.ts';
import { exclude } from '../usable.ts';
import { type Base, readBases } from './bases.ts';
import { missingSegments } from './missing.ts';
import {
  type Archive,
  firstOwnCommit,
  keyOf,
  type Line,
  linesFrom,
  lsnOf,
  readArchives,
  type Segment,
  segmentAt,
  segmentName,
  segmentsAlong,
  timelineAt,
} from './wal.ts';

export interface WalPart extends LogPart {
  segment: Segment;
}

export interface WalSpan extends Span {
  base: [Base];
  /** Recovery ends where the base is consistent. */
  immediate?: boolean;
  logs: WalPart[];
  /** `spoilt`: among the segments that the server would fetch from the archive by itself is one that cannot be used. */
  wal?: { line: Line; segmentBytes: number; spoilt?: boolean };
}

export function clusterSets(
  verdicts: readonly FileVerdict[],
  zone: string,
): { sets: ChainSet[]; unassigned: Excluded[] } {
  const archives = readArchives(verdicts, zone);
  const excluded: Excluded[] = [];
  const bases = readBases(verdicts, zone, excluded);
  const systems = Map.groupBy(bases, (base) => systemOf(base, archives));
  const ids = new Set([...systems.keys(), ...archives.map((a) => a.systemId)]);
  const sets = [...ids].map((id, i) =>
    setOf({
      id,
      bases: systems.get(id) ?? [],
      archive: archives.find((a) => a.systemId === id),
      excluded: i === 0 ? excluded : [],
    }),
  );
  return { sets, unassigned: sets.length === 0 ? excluded : [] };
}

/** The system that the base names, else the one archive that holds its WAL. */
function systemOf({ chain }: Base, archives: readonly Archive[]): string {
  if (chain.systemId) return chain.systemId;
  const holding = archives.filter((a) =>
    a.segments.has(keyOf(chain.timeline, segmentAt(lsnOf(chain.stopLsn ?? chain.startLsn), a.segmentBytes))),
  );
  const [only] = holding.length > 0 ? holding : archives;
  return (holding.length === 1 || archives.length === 1) && only ? only.systemId : '';
}

interface Material {
  id: string;
  bases: Base[];
  archive: Archive | undefined;
  excluded: Excluded[];
}

function setOf({ id, bases, archive, excluded }: Material): ChainSet {
  const spans = bases.flatMap((base) => spansOf(base, archive, excluded));
  const server = bases.find((b) => b.facts.server)?.facts.server;
  return {
    engine: 'postgresql',
    method: 'postgresql',
    ...(server ? { server } : {}),
    ...(id ? { family: id } : {}),
    spans,
    breaks: archive ? [...spans.flatMap((s) => breakBehind(s, archive)), ...baseless(spans, archive)] : [],
    excluded: [...excluded, ...(archive ? [...archive.excluded, ...idle(spans, archive)] : [])],
  };
}

function spansOf(base: Base, archive: Archive | undefined, excluded: Excluded[]): WalSpan[] {
  const alone: WalSpan = { base: [base], from: base.at, logs: [], line: String(base.chain.timeline) };
  if (!archive) return base.hasWal ? [alone] : withoutWal(base, undefined, excluded);
  const stopLsn = lsnOf(base.chain.stopLsn ?? base.chain.startLsn);
  const start = segmentAt(lsnOf(base.chain.startLsn), archive.segmentBytes);
  const stop = segmentAt(stopLsn, archive.segmentBytes);
  const lines = linesFrom(archive, { timeline: base.chain.timeline, stopLsn });
  const spans = lines.flatMap((line): WalSpan[] => {
    const segments = segmentsAlong(archive, line, base.hasWal ? stop : start);
    const whole = segments.some((s) => s.number === stop);
    return whole ? alongLine({ base, line, segments, archive }) : [];
  });
  if (spans.length > 0) return spans;
  if (!base.hasWal) return withoutWal(base, archive, excluded);
  const [line] = lines;
  return [{ ...alone, ...(line ? { wal: { line, segmentBytes: archive.segmentBytes } } : {}) }];
}

function withoutWal(base: Base, archive: Archive | undefined, excluded: Excluded[]): [] {
  const { chain, files } = base;
  const name = archive
    ? segmentName(
        chain.timeline,
        segmentAt(lsnOf(chain.startLsn), archive.segmentBytes),
        archive.segmentBytes,
      )
    : chain.startLsn;
  const words = {
    zh: `缺少备份期间的 WAL(从 ${name} 起)，无法达到一致`,
    en: `WAL written during the backup is missing (from ${name}): it cannot become consistent`,
  };
  for (const file of files) excluded.push(exclude(file.path, 'NO_CHAIN', words));
  return [];
}

/** Where nothing tells the time of the stop, the first commit behind it is the first moment that is sure. */
function ownStart(base: Base, segments: readonly Segment[], archive: Archive): Moment {
  if (base.stopKnown) return base.at;
  const stop = segmentAt(lsnOf(base.chain.stopLsn ?? base.chain.startLsn), archive.segmentBytes);
  const first = segments.find((s) => s.number > stop && s.firstCommit)?.firstCommit;
  return first ? later(base.at, first) : base.at;
}

/** Of a segment with which no moment of its span can be had yet. */
const NOT_YET: Moment = { us: Number.NEGATIVE_INFINITY, text: '' };

interface Along {
  base: Base;
  line: Line;
  segments: Segment[];
  archive: Archive;
}

function alongLine({ base, line, segments, archive }: Along): WalSpan[] {
  const own = line.target === base.chain.timeline;
  const from = own ? ownStart(base, segments, archive) : firstOwnCommit(line, segments, archive);
  if (!from) return [];
  const stop = segmentAt(lsnOf(base.chain.stopLsn ?? base.chain.startLsn), archive.segmentBytes);
  // At the stop itself nothing more is needed; everywhere else the commit that `from` is must have come.
  let seen = own && from.us === base.at.us ? from : NOT_YET;
  const logs = segments.map((segment): WalPart => {
    if (segment.lastCommit) seen = later(seen, segment.lastCommit);
    const { verdict, file } = segment;
    const reaches = segment.number >= stop && seen.us >= from.us ? seen : NOT_YET;
    return { files: [file], kind: 'log', content: verdict.content, facts: verdict.facts, segment, reaches };
  });
  const spoilt = isSpoilt({ base, line, segments, archive });
  const wal = { line, segmentBytes: archive.segmentBytes, spoilt };
  const alone = own && from.us > base.at.us ? [{ ...baseAlone(base, logs, stop), wal }] : [];
  return [
    ...alone,
    {
      base: [base],
      from,
      logs,
      line: String(line.target),
      wal,
    },
  ];
}

/** Only the base's own moment is as sure with more WAL as without. */
function baseAlone(base: Base, logs: readonly WalPart[], stop: number): WalSpan {
  const needed = logs.filter((l) => l.segment.number <= stop);
  const reaching = needed.map((l) => ({ ...l, reaches: l.segment.number === stop ? base.at : NOT_YET }));
  return { base: [base], from: base.at, logs: reaching, line: String(base.chain.timeline), immediate: true };
}

/** Of the time of the backup (also where the base brings its own WAL: the archive is asked first), or behind the last log. */
function isSpoilt({ base, line, segments, archive }: Along): boolean {
  const [start, stop] = [base.chain.startLsn, base.chain.stopLsn ?? base.chain.startLsn].map((lsn) =>
    segmentAt(lsnOf(lsn), archive.segmentBytes),
  ) as [number, number];
  const next = (segments.at(-1)?.number ?? stop) + 1;
  return archive.unusable.some(
    ({ number, timeline }) =>
      ((number >= start && number <= stop) || number === next) && timeline === timelineAt(line, number),
  );
}

function breakBehind(span: WalSpan, archive: Archive): Break[] {
  if (!span.wal || span.immediate) return [];
  const { line, segmentBytes } = span.wal;
  const { stopLsn, startLsn } = span.base[0].chain;
  const last = span.logs.at(-1)?.segment.number;
  const next = last === undefined ? segmentAt(lsnOf(stopLsn ?? startLsn), segmentBytes) : last + 1;
  return missingSegments({ archive, line, next, after: endOf(span) });
}

/** WAL alone brings nothing back. */
function baseless(spans: readonly WalSpan[], archive: Archive): Break[] {
  const commits = [...archive.segments.values()].flatMap((s) =>
    [s.firstCommit ?? [], s.lastCommit ?? []].flat(),
  );
  if (spans.length > 0 || commits.length === 0) return [];
  const first = commits.reduce((a, b) => (b.us < a.us ? b : a));
  const words = { zh: '可用的基础备份', en: 'a usable base backup' };
  return [
    {
      after: first,
      until: commits.reduce(later),
      missing: [{ words }],
      cause: { zh: '只有 WAL，没有可用的起点', en: 'there is WAL only and nothing usable to start from' },
    },
  ];
}

function idle(spans: readonly WalSpan[], archive: Archive): Excluded[] {
  const used = new Set(spans.flatMap((s) => s.logs.map((l) => l.segment)));
  return [...archive.segments.values()]
    .filter((s) => !used.has(s))
    .map((s) =>
      exclude(s.file.path, 'NO_CHAIN', {
        zh: '没有基础备份从这段 WAL 接上（更早，或前面有缺口）',
        en: 'no base backup is continued by this segment (it is older, or there is a gap before it)',
      }),
    );
}
