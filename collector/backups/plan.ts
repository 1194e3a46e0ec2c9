// The recovery plan for one set and one moment. Promise: pure; a plan exists exactly for the moments of the set's windows and
// points, and takes the span that starts last, so that the least has to be replayed.

import type { Text } from '../../shared/text.ts';
import type { Check, Choice, Runbook, Step, Target } from './engine.ts';
import { ENGINES } from './engines.ts';
import { likeZone, type Moment } from './moment.ts';
import { type BackupSet, endOf, type Gap, type Span } from './set.ts';

export interface PlanRequest {
  set: BackupSet;
  at: Moment;
  now: Moment;
  target: Target;
  /** Bytes per second that reading the files was measured or assumed at. */
  readRate?: { bytesPerSecond: number; measured: boolean };
}

export interface RestorePlan {
  possible: true;
  set: BackupSet;
  at: Moment;
  steps: Step[];
  before: Check[];
  after: Check[];
  cautions: Text[];
  /** What is written between the moment and now is lost; `latest`: the last moment that could be had instead. */
  loses: { from: Moment; to: Moment; latest: Moment };
  readBytes?: number;
  spaceBytes?: number;
  /** Seconds; the range says how sure it is. */
  rto?: { fromSeconds: number; toSeconds: number; measured: boolean };
}

export type NoPlanReason = 'NOTHING_RESTORABLE' | 'BEFORE_FIRST' | 'AFTER_LAST' | 'GAP' | 'BETWEEN_POINTS';

export interface NoPlan {
  possible: false;
  set: BackupSet;
  at: Moment;
  reason: NoPlanReason;
  why: Text;
  gap?: Gap;
  nearest: { before?: Moment; after?: Moment };
}

export function plan(request: PlanRequest): RestorePlan | NoPlan {
  const { set, at } = request;
  const span = chooseSpan(set.spans, at);
  if (!span) return refuse(set, at);
  const choice: Choice = { set, span, at, whole: at.us === endOf(span).us, logs: logsFor(span, at) };
  const engine = ENGINES.find((e) => e.methods.includes(set.method));
  if (!engine) throw new Error(`no engine plans ${set.method}`);
  const runbook = engine.runbook(choice, request.target);
  const cautions = span.doubt ? [span.doubt, ...runbook.cautions] : runbook.cautions;
  return complete(request, { ...runbook, cautions });
}

/** Undoubted before doubted, then the latest start, then the better proof. */
function chooseSpan(spans: readonly Span[], at: Moment): Span | undefined {
  const holding = spans.filter((s) => s.from.us <= at.us && at.us <= endOf(s).us);
  const rank = (s: Span) => [s.doubt ? 1 : 0, -s.from.us, unproved(s), s.base.length];
  return holding.map((span) => ({ span, rank: rank(span) })).sort(byRank)[0]?.span;
}

function byRank(a: { rank: number[] }, b: { rank: number[] }): number {
  const first = a.rank.findIndex((value, i) => value !== b.rank[i]);
  return first < 0 ? 0 : (a.rank[first] ?? 0) - (b.rank[first] ?? 0);
}

function unproved(span: Span): number {
  return span.base.filter((p) => p.content !== 'VERIFIED').length;
}

/** Up to the first log that reaches the moment. */
function logsFor(span: Span, at: Moment): Span['logs'] {
  return span.logs.slice(0, span.logs.findIndex((l) => l.reaches.us >= at.us) + 1);
}

function complete(request: PlanRequest, runbook: Runbook): RestorePlan {
  const { set, at, now, readRate } = request;
  const sizes = runbook.steps.map((s) => s.bytes);
  const readBytes = sizes.reduce<number | undefined>(
    (sum, b) => (sum === undefined || b === undefined ? undefined : sum + b),
    0,
  );
  const seconds = readBytes !== undefined && readRate ? readBytes / readRate.bytesPerSecond : undefined;
  return {
    possible: true,
    set,
    at,
    ...runbook,
    loses: { from: at, to: now, latest: set.spans.map(endOf).reduce((a, b) => (b.us > a.us ? b : a)) },
    ...(readBytes === undefined ? {} : { readBytes }),
    ...(seconds === undefined || !readRate
      ? {}
      : {
          rto: {
            fromSeconds: Math.ceil(seconds * RTO_RANGE[0]),
            toSeconds: Math.ceil(seconds * RTO_RANGE[1]),
            measured: readRate.measured,
          },
        }),
  };
}

/** Writing, replaying and checking spread this far around the time that reading takes. */
const RTO_RANGE = [0.7, 1.8] as const;

function refuse(set: BackupSet, at: Moment): NoPlan {
  const edges = [...set.windows.flat(), ...set.points.map((p) => p.at)];
  const before = edges.filter((e) => e.us < at.us).sort((a, b) => b.us - a.us)[0];
  const after = edges.filter((e) => e.us > at.us).sort((a, b) => a.us - b.us)[0];
  const gap = set.gaps.find((g) => g.from.us < at.us && at.us < g.to.us);
  const reason = reasonOf({ before, after, gap });
  return {
    possible: false,
    set,
    at: before ? likeZone(at, before) : after ? likeZone(at, after) : at,
    reason,
    why: why(reason, { before, after, gap, set }),
    ...(gap ? { gap } : {}),
    nearest: { ...(before ? { before } : {}), ...(after ? { after } : {}) },
  };
}

interface Around {
  before: Moment | undefined;
  after: Moment | undefined;
  gap: Gap | undefined;
}

function reasonOf({ before, after, gap }: Around): NoPlanReason {
  if (!before && !after) return 'NOTHING_RESTORABLE';
  if (gap) return 'GAP';
  if (!before) return 'BEFORE_FIRST';
  return after ? 'BETWEEN_POINTS' : 'AFTER_LAST';
}

function why(reason: NoPlanReason, { before, after, gap, set }: Around & { set: BackupSet }): Text {
  switch (reason) {
    case 'NOTHING_RESTORABLE':
      return {
        zh: `这些文件恢复不出任何时刻${firstCause(set)?.zh ?? ''}`,
        en: `no moment can be restored from these files${firstCause(set)?.en ?? ''}`,
      };
    case 'BEFORE_FIRST':
      return {
        zh: `早于第一个可用备份的完成时刻 ${after?.text}`,
        en: `before the end of the first usable backup at ${after?.text}`,
      };
    case 'AFTER_LAST':
      return afterLast(before, set);
    case 'BETWEEN_POINTS':
      return {
        zh: `两次备份之间，没有连接它们的日志：之前最近 ${before?.text}，之后最近 ${after?.text}`,
        en: `between two backups that no log connects: nearest before ${before?.text}, nearest after ${after?.text}`,
      };
    case 'GAP':
      return {
        zh: `${gap?.cause.zh}:${gap?.missing.map((m) => m.words.zh).join(';')}`,
        en: `${gap?.cause.en}: ${gap?.missing.map((m) => m.words.en).join('; ')}`,
      };
  }
}

function firstCause(set: BackupSet): Text | undefined {
  const [first] = set.excluded;
  return first && { zh: `:${first.file} ${first.words.zh}`, en: `: ${first.file} ${first.words.en}` };
}

function afterLast(before: Moment | undefined, set: BackupSet): Text {
  const logged = set.spans.some((s) => s.logs.length > 0);
  return {
    zh: `晚于最后一个日志或备份，最近可证实的时刻是 ${before?.text}${logged ? ';要恢复到更晚，须先取得尾部日志' : ''}`,
    en: `after the last log or backup; nearest earlier proved moment ${before?.text}${logged ? '; the tail of the log is needed first' : ''}`,
  };
}
