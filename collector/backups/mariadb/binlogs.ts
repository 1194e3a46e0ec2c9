// Binary logs of MySQL and MariaDB as streams: one per server, file after file as each ROTATE names the next. Promise: a chain goes
// on only where the next file is named or numbered as the follower of a closed one; a live or cut file is its end.

import type { BinlogChain, FileVerdict } from '../../../shared/backup/facts.ts';
import { later, type Moment, parseMoment } from '../moment.ts';
import type { Break, Excluded, LogPart } from '../set.ts';
import { byProof, exclude, excludeByContent, partOf } from '../usable.ts';

export interface Binlog extends LogPart {
  chain: BinlogChain;
  firstAt: Moment;
}

export interface Stream {
  base: string;
  serverId: number;
  logs: Binlog[];
  /** Files of this stream that cannot be used, by number. */
  unusable: { sequence: number; file: string }[];
  excluded: Excluded[];
}

interface Candidate {
  verdict: FileVerdict;
  chain: BinlogChain;
}

export function readStreams(verdicts: readonly FileVerdict[], zone: string): Stream[] {
  const candidates = verdicts.flatMap((verdict): Candidate[] =>
    verdict.facts.chain?.of === 'binlog' ? [{ verdict, chain: verdict.facts.chain }] : [],
  );
  const groups = Map.groupBy(candidates, ({ chain }) => `${chain.serverId} ${chain.base}`);
  return [...groups.values()].map((group) => streamOf(group, zone));
}

function streamOf(group: readonly Candidate[], zone: string): Stream {
  const { base = '', serverId = 0 } = group[0]?.chain ?? {};
  const stream: Stream = { base, serverId, logs: [], unusable: [], excluded: [] };
  const files = Map.groupBy(group, ({ chain }) => `${chain.sequence} ${chain.firstEventAt}`);
  for (const copies of files.values()) addFile(stream, copies, zone);
  stream.logs.sort((a, b) => a.chain.sequence - b.chain.sequence || a.firstAt.us - b.firstAt.us);
  return stream;
}

/** Of several copies of one file the longest: an earlier copy of a live log is the start of it. */
function addFile(stream: Stream, copies: readonly Candidate[], zone: string): void {
  const usable = copies.filter(({ verdict }) => isUsable(verdict)).sort(longestFirst);
  for (const { verdict, chain } of copies.filter((c) => !usable.includes(c))) {
    stream.excluded.push(excludeByContent(verdict));
    stream.unusable.push({ sequence: chain.sequence, file: verdict.path });
  }
  const [kept, ...others] = usable;
  if (!kept) return;
  for (const { verdict } of others) stream.excluded.push(besideLonger(verdict, kept.verdict.path));
  const reaches = parseMoment(kept.chain.lastEventAt, zone);
  const firstAt = parseMoment(kept.chain.firstEventAt, zone);
  if (reaches && firstAt)
    stream.logs.push({ ...partOf(kept.verdict, 'log'), chain: kept.chain, reaches, firstAt });
}

function besideLonger(verdict: FileVerdict, kept: string): Excluded {
  if (verdict.content === 'INCOMPLETE') return excludeByContent(verdict);
  const words = { zh: `与 ${kept} 是同一个日志`, en: `the same log as ${kept}` };
  return exclude(verdict.path, 'DUPLICATE', words);
}

/** A live log has no end mark and a cut one ends early: both hold whole events up to their end position. */
function isUsable({ content, facts }: FileVerdict): boolean {
  if (content === 'VERIFIED' || content === 'COMPLETE') return true;
  const end = facts.chain?.of === 'binlog' ? facts.chain.end : undefined;
  return (content === 'UNCONFIRMED' && end === 'live') || (content === 'INCOMPLETE' && end === 'cut');
}

function longestFirst(a: Candidate, b: Candidate): number {
  const closed = (c: Candidate) => (c.chain.end === 'rotate' || c.chain.end === 'stop' ? 0 : 1);
  return (
    b.chain.endPosition - a.chain.endPosition ||
    closed(a) - closed(b) ||
    byProof(
      { content: a.verdict.content, path: a.verdict.path },
      { content: b.verdict.content, path: b.verdict.path },
    )
  );
}

/** Where a dump or a base backup meets the log. */
export interface Coordinate {
  file: string;
  position: number;
}

/** The stream and the file that hold this coordinate; undefined when none or several could. */
export function streamFor(
  streams: readonly Stream[],
  coordinate: Coordinate,
  at: Moment,
): { stream: Stream; start: Binlog } | undefined {
  const found = streams.flatMap((stream) => {
    const named = stream.logs.filter((l) => nameOf(l.chain) === basename(coordinate.file));
    // A dump's clock may be read in the wrong zone: then the only file of that name is the one.
    const start = named.findLast((l) => l.firstAt.us <= at.us) ?? (named.length === 1 ? named[0] : undefined);
    return start && coordinate.position <= start.chain.endPosition ? [{ stream, start }] : [];
  });
  return found.length === 1 ? found[0] : undefined;
}

function basename(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

/** Binary logs are numbered with at least six digits. */
export function nameOf({ base, sequence }: Pick<BinlogChain, 'base' | 'sequence'>): string {
  return `${base}.${String(sequence).padStart(6, '0')}`;
}

/** The contiguous logs from one file on. */
export function followFrom(stream: Stream, start: Binlog): Binlog[] {
  const chain = [start];
  for (;;) {
    const last = chain.at(-1) as Binlog;
    const next = successorOf(last) && stream.logs.find((l) => follows(l, last));
    if (!next || chain.includes(next)) return chain;
    chain.push(next);
  }
}

function follows(log: Binlog, before: Binlog): boolean {
  return nameOf(log.chain) === successorOf(before) && log.firstAt.us >= before.firstAt.us;
}

/** Undefined: the file is live or cut, what came next is not proved to follow. */
function successorOf({ chain }: Binlog): string | undefined {
  if (chain.end === 'rotate')
    return basename(chain.nextFile ?? nameOf({ ...chain, sequence: chain.sequence + 1 }));
  return chain.end === 'stop' ? nameOf({ ...chain, sequence: chain.sequence + 1 }) : undefined;
}

/** The chain ends although the stream goes on behind it. */
export function breakBehind(stream: Stream, chain: readonly Binlog[], after: Moment): Break[] {
  const last = chain.at(-1);
  const rest = stream.logs.filter((l) => last && l.chain.sequence > last.chain.sequence);
  if (!last || rest.length === 0) return [];
  const until = rest.map((l) => l.reaches).reduce(later);
  const next = successorOf(last);
  if (next === undefined) return [{ after, until, ...unfinished(last) }];
  const sequence = last.chain.sequence + 1;
  const there = stream.unusable.find((u) => u.sequence === sequence);
  const words = there
    ? { zh: `${there.file} 不可用`, en: `${there.file} cannot be used` }
    : { zh: `二进制日志 ${next}`, en: `binary log ${next}` };
  return [
    {
      after,
      until,
      missing: [{ file: there?.file ?? next, sequence, words }],
      cause: there
        ? { zh: '二进制日志损坏', en: 'a binary log is damaged' }
        : { zh: '缺少二进制日志', en: 'a binary log is missing' },
    },
  ];
}

function unfinished({ chain, files }: Binlog): Pick<Break, 'missing' | 'cause'> {
  const file = files[0]?.path ?? nameOf(chain);
  const behind = chain.endPosition;
  return {
    missing: [
      {
        file,
        sequence: chain.sequence,
        words: { zh: `${file} 在字节 ${behind} 之后的内容`, en: `what ${file} held behind byte ${behind}` },
      },
    ],
    cause:
      chain.end === 'cut'
        ? { zh: '二进制日志被截断', en: 'a binary log is cut short' }
        : {
            zh: '二进制日志是在写入时复制的，没有结尾',
            en: 'a binary log was copied while it was being written and has no end',
          },
  };
}
