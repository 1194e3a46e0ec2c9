// WAL segments and timelines. A recovery along timeline N reads for each segment the file of the newest ancestor that had begun by
// then. Promise: names and numbers come from the content; a segment that is not there ends the line.

import type { FileVerdict, WalChain } from '../../../shared/backup/facts.ts';
import { type Moment, parseMoment } from '../moment.ts';
import type { Excluded, PartFile } from '../set.ts';
import { byProof, exclude, excludeByContent, fileOf, stands } from '../usable.ts';

export interface Segment {
  file: PartFile;
  verdict: FileVerdict;
  chain: WalChain;
  timeline: number;
  number: number;
  firstCommit?: Moment;
  lastCommit?: Moment;
}

export interface History {
  timeline: number;
  /** Oldest ancestor first: until which LSN its WAL holds. */
  ancestors: { timeline: number; lsn: bigint }[];
  file: PartFile;
}

export interface Archive {
  systemId: string;
  segmentBytes: number;
  segments: Map<string, Segment>;
  histories: History[];
  unusable: { timeline: number; number: number; file: string }[];
  excluded: Excluded[];
}

export function lsnOf(text: string): bigint {
  const [high, low] = text.split('/');
  return low === undefined ? BigInt(text) : (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}

export function segmentAt(lsn: bigint, segmentBytes: number): number {
  return Number(lsn / BigInt(segmentBytes));
}

/** The 24 hex digits of a segment. */
export function segmentName(timeline: number, number: number, segmentBytes: number): string {
  const perLog = 2 ** 32 / segmentBytes;
  return [timeline, Math.floor(number / perLog), number % perLog]
    .map((n) => n.toString(16).toUpperCase().padStart(8, '0'))
    .join('');
}

function numberOf(segment: string, segmentBytes: number): number {
  return parseInt(segment.slice(8, 16), 16) * (2 ** 32 / segmentBytes) + parseInt(segment.slice(16, 24), 16);
}

export function keyOf(timeline: number, number: number): string {
  return `${timeline} ${number}`;
}

interface Candidate {
  verdict: FileVerdict;
  chain: WalChain;
}

export function readArchives(verdicts: readonly FileVerdict[], zone: string): Archive[] {
  const candidates = verdicts.flatMap((verdict): Candidate[] =>
    verdict.facts.chain?.of === 'wal' ? [{ verdict, chain: verdict.facts.chain }] : [],
  );
  // An archive with a segment inside is no file that recovery could fetch.
  const segments = candidates.filter(
    (c) => !c.chain.forks && c.chain.segment.length === 24 && !/\+(tar|zip|7z)\b/.test(c.verdict.format),
  );
  const histories = candidates.filter((c) => c.chain.forks && stands(c.verdict.content)).map(historyOf);
  const systems = Map.groupBy(segments, (c) => c.chain.systemId);
  return [...systems.entries()].map(([systemId, group]) => archiveOf(systemId, group, histories, zone));
}

function historyOf({ verdict, chain }: Candidate): History {
  const ancestors = (chain.forks ?? []).map((f) => ({ timeline: f.timeline, lsn: lsnOf(f.lsn) }));
  return { timeline: chain.timeline, ancestors, file: fileOf(verdict) };
}

function archiveOf(
  systemId: string,
  group: readonly Candidate[],
  histories: History[],
  zone: string,
): Archive {
  const segmentBytes = group[0]?.chain.segmentBytes ?? 16 * 1024 ** 2;
  const archive: Archive = {
    systemId,
    segmentBytes,
    segments: new Map(),
    histories,
    unusable: [],
    excluded: [],
  };
  for (const copies of Map.groupBy(group, (c) => c.chain.segment).values()) addSegment(archive, copies, zone);
  return archive;
}

function addSegment(archive: Archive, copies: readonly Candidate[], zone: string): void {
  const number = numberOf(copies[0]?.chain.segment ?? '', archive.segmentBytes);
  const usable = copies.filter((c) => stands(c.verdict.content)).sort(fullestFirst);
  for (const { verdict, chain } of copies.filter((c) => !usable.includes(c))) {
    archive.excluded.push(excludeByContent(verdict));
    archive.unusable.push({ timeline: chain.timeline, number, file: verdict.path });
  }
  const [kept, ...others] = usable;
  if (!kept) return;
  for (const { verdict } of others) {
    const words = {
      zh: `与 ${kept.verdict.path} 是同一段 WAL`,
      en: `the same segment as ${kept.verdict.path}`,
    };
    archive.excluded.push(exclude(verdict.path, 'DUPLICATE', words));
  }
  const { verdict, chain } = kept;
  const [firstCommit, lastCommit] = [
    parseMoment(chain.firstCommitAt, zone),
    parseMoment(chain.lastCommitAt, zone),
  ];
  archive.segments.set(keyOf(chain.timeline, number), {
    file: fileOf(verdict),
    verdict,
    chain,
    timeline: chain.timeline,
    number,
    ...(firstCommit ? { firstCommit } : {}),
    ...(lastCommit ? { lastCommit } : {}),
  });
}

/** A segment that was copied while it was being written is the start of the whole one. */
function fullestFirst(a: Candidate, b: Candidate): number {
  const proof = ({ verdict: { content, path } }: Candidate) => ({ content, path });
  return (b.chain.validBytes ?? 0) - (a.chain.validBytes ?? 0) || byProof(proof(a), proof(b));
}

/** One way through the timelines, from a base's timeline to a target. */
export interface Line {
  target: number;
  /** In order; each holds from its first segment on. */
  stretches: { timeline: number; firstSegment: number; switchLsn?: bigint }[];
  history?: History;
}

/** The base's own timeline, and every timeline that forked from it behind the end of the base. */
export function linesFrom(archive: Archive, base: { timeline: number; stopLsn: bigint }): Line[] {
  const own: Line = { target: base.timeline, stretches: [{ timeline: base.timeline, firstSegment: 0 }] };
  const forked = archive.histories.flatMap((history): Line[] => {
    const from = history.ancestors.findIndex((a) => a.timeline === base.timeline);
    const fork = history.ancestors[from];
    if (!fork || fork.lsn < base.stopLsn) return [];
    const behind = history.ancestors.slice(from);
    const follow = [...behind.slice(1).map((a) => a.timeline), history.timeline];
    const stretches = follow.map((timeline, i) => {
      const switchLsn = behind[i]?.lsn ?? 0n;
      return { timeline, firstSegment: segmentAt(switchLsn, archive.segmentBytes), switchLsn };
    });
    return [{ target: history.timeline, stretches: [...own.stretches, ...stretches], history }];
  });
  return [own, ...forked];
}

export function timelineAt(line: Line, segment: number): number {
  return line.stretches.findLast((s) => s.firstSegment <= segment)?.timeline ?? line.target;
}

/** The contiguous segments of a line from one number on. */
export function segmentsAlong(archive: Archive, line: Line, from: number): Segment[] {
  const found: Segment[] = [];
  for (let number = from; ; number++) {
    const segment = archive.segments.get(keyOf(timelineAt(line, number), number));
    if (!segment) return found;
    found.push(segment);
  }
}

/** In the segment of the fork commits of the ancestor are copied: only what lies behind them is the new timeline's. */
export function firstOwnCommit(
  line: Line,
  segments: readonly Segment[],
  archive: Archive,
): Moment | undefined {
  const last = line.stretches.at(-1);
  if (!last || last.switchLsn === undefined) return undefined;
  const clean = last.switchLsn % BigInt(archive.segmentBytes) === 0n;
  for (const segment of segments.filter((s) => s.timeline === line.target)) {
    if (segment.number > last.firstSegment || clean) {
      if (segment.firstCommit) return segment.firstCommit;
      continue;
    }
    const parent = line.stretches.at(-2)?.timeline ?? 0;
    const copied = archive.segments.get(keyOf(parent, segment.number))?.lastCommit;
    if (copied && segment.lastCommit && segment.lastCommit.us > copied.us) return segment.lastCommit;
  }
  return undefined;
}
