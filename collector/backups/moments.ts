// The moments that the files of one folder can bring back: intervals, single moments, and the gaps between them with what is
// missing. Promise: pure; the union of what the spans give and nothing else, so fewer files never give more moments.

import type { FileVerdict } from '../../shared/backup/facts.ts';
import { ENGINES } from './engines.ts';
import { excludeByContent, stands } from './usable.ts';
import { DEFAULT_ZONE, type Moment } from './moment.ts';
import {
  type BackupSet,
  type Break,
  type ChainSet,
  endOf,
  type Excluded,
  type Gap,
  pathsOf,
  type Point,
} from './set.ts';

export interface Moments {
  sets: BackupSet[];
  /** Files that belong to no set. */
  unassigned: Excluded[];
}

/** `zone`: for times that a file gives without one. */
export function moments(verdicts: readonly FileVerdict[], { zone = DEFAULT_ZONE } = {}): Moments {
  const owners = Map.groupBy(verdicts, (verdict) => ENGINES.find((engine) => engine.takes(verdict)));
  const read = ENGINES.map((engine) => engine.sets(owners.get(engine) ?? [], zone));
  const others = owners.get(undefined) ?? [];
  return {
    sets: read.flatMap((r) => r.sets).map(withMoments),
    unassigned: [...read.flatMap((r) => r.unassigned), ...others.map(notOfAnyEngine)],
  };
}

function notOfAnyEngine(verdict: FileVerdict): Excluded {
  if (!stands(verdict.content)) return excludeByContent(verdict);
  return {
    file: verdict.path,
    reason: 'NO_CHAIN',
    words: { zh: `不属于任何备份集：${verdict.reason}`, en: `belongs to no set: ${verdict.reason}` },
  };
}

export function withMoments(set: ChainSet): BackupSet {
  const windows = union(set.spans.filter((s) => endOf(s).us > s.from.us).map((s) => [s.from, endOf(s)]));
  const points = pointsOf(set, windows);
  return { ...set, windows, points, gaps: gapsOf(set.breaks, windows, points) };
}

type Interval = [from: Moment, to: Moment];

function union(intervals: readonly Interval[]): Interval[] {
  const merged: Interval[] = [];
  for (const [from, to] of [...intervals].sort((a, b) => a[0].us - b[0].us)) {
    const last = merged.at(-1);
    if (!last || from.us > last[1].us) merged.push([from, to]);
    else if (to.us > last[1].us) last[1] = to;
  }
  return merged;
}

/** Each moment once, and none that a window holds anyway. */
function pointsOf(set: ChainSet, windows: readonly Interval[]): Point[] {
  const single = set.spans.filter((s) => endOf(s).us === s.from.us && !within(windows, s.from));
  const byMoment = Map.groupBy(single, (s) => s.from.us);
  return [...byMoment.values()]
    .flatMap(([span]) =>
      span
        ? [{ at: span.from, files: span.base.flatMap(pathsOf), kind: span.base.at(-1)?.kind ?? 'copy' }]
        : [],
    )
    .sort((a, b) => a.at.us - b.at.us);
}

export function within(windows: readonly Interval[], at: Moment): boolean {
  return windows.some(([from, to]) => from.us <= at.us && at.us <= to.us);
}

/** What no window covers behind each break; an uncovered stretch belongs to the break just before it. */
function gapsOf(breaks: readonly Break[], windows: readonly Interval[], points: readonly Point[]): Gap[] {
  const covered = union([...windows, ...points.map((p): Interval => [p.at, p.at])]);
  const gaps = new Map<string, { gap: Gap; distance: number }>();
  for (const each of breaks) {
    for (const [from, to] of uncovered(each, covered)) {
      const key = `${from.us} ${to.us}`;
      const distance = from.us - each.after.us;
      const known = gaps.get(key);
      if (known && known.distance <= distance) continue;
      gaps.set(key, { distance, gap: { from, to, missing: each.missing, cause: each.cause } });
    }
  }
  return [...gaps.values()].map((g) => g.gap).sort((a, b) => a.from.us - b.from.us);
}

function uncovered({ after, until }: Break, covered: readonly Interval[]): Interval[] {
  const open: Interval[] = [];
  let from = after;
  for (const [start, end] of covered) {
    if (end.us < from.us) continue;
    if (start.us > until.us) break;
    if (start.us > from.us) open.push([from, start]);
    from = end;
  }
  if (from.us < until.us) open.push([from, until]);
  return open;
}
