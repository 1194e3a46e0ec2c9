// The runs of a set in a period, from whatever tells of them: files (also those that are gone by now), the agent's history, the
// database's own word. Promise: pure; a run that two sources tell of counts once; a start that the calendar asked for and nothing
// answers is missed, unless nobody could see it.

/// <reference lib="esnext.temporal" preserve="true" />

import type { BackupKind } from '../../../shared/backup/facts.ts';
import { openSchedule } from '../../../shared/backup/schedule.ts';
import type { Tone } from '../../document/document.ts';
import type { Period } from '../report.ts';
import { finishedAt, toneOfFile } from './files.ts';
import type { InspectedSet, InspectionInput } from './input.ts';

export interface Run {
  at: number;
  kind: BackupKind | '';
  tone: Tone;
  bytes?: number;
}

/** Two tellings of one run differ by this at most. */
const SAME_RUN_MS = 5 * 60_000;

export function runsOf(set: InspectedSet, period: Period): Run[] {
  const { kind } = set.policy;
  const files = set.files.map((f): Run => ({
    at: finishedAt(f),
    kind: f.facts?.kind ?? kind,
    tone: toneOfFile(f),
    bytes: f.bytes,
  }));
  const failed = set.runs
    .filter((r) => !r.ok)
    .map((r): Run => ({ at: r.finishedAt, kind: r.kind, tone: 'bad' }));
  const past = set.history.map((h): Run => ({ at: h.at, kind, tone: 'unknown', bytes: h.bytes }));
  const told = set.runs
    .filter((r) => r.ok)
    .map((r): Run => ({ at: r.finishedAt, kind: r.kind, tone: 'unknown' }));
  const all = [...files, ...failed];
  for (const run of told) if (!all.some((known) => sameRun(known, run))) all.push(run);
  // The history does not say of which kind each run was: it tells of those that nothing else tells of.
  for (const run of past) if (!all.some((known) => near(known, run))) all.push(run);
  return all.filter((r) => r.at >= period.from && r.at < period.to).sort((a, b) => a.at - b.at);
}

const near = (a: Run, b: Run): boolean => Math.abs(a.at - b.at) <= SAME_RUN_MS;

const sameRun = (a: Run, b: Run): boolean =>
  near(a, b) && (a.kind === b.kind || a.kind === '' || b.kind === '');

/** More starts than these in one period are not looked at one by one. */
const MOST_STARTS = 5000;

/** The starts that the set's calendar names in the period, in the hospital's zone; empty where it is none. */
export function plannedStarts(schedule: string, zone: string, { from, to }: Period): number[] {
  if (schedule === '') return [];
  try {
    const cron = openSchedule(schedule, zoneOf(zone, from, to));
    const starts: number[] = [];
    for (let at = cron.nextRun(new Date(from - 1)); at && at.getTime() < to; at = cron.nextRun(at)) {
      starts.push(at.getTime());
      if (starts.length === MOST_STARTS) break;
    }
    return starts;
  } catch {
    // Not a calendar expression that we know: the set is judged by age alone.
    return [];
  }
}

/** An offset where the zone keeps one all the time: asking for the zone at every start costs twenty times more. */
function zoneOf(zone: string, from: number, to: number): { utcOffset: number } | { timezone: string } {
  const offsets = [from, (from + to) / 2, to].map((at) => offsetMinutes(zone, at));
  const [utcOffset = 0] = offsets;
  return offsets.every((o) => o === utcOffset) ? { utcOffset } : { timezone: zone };
}

function offsetMinutes(zone: string, at: number): number {
  const local = Temporal.Instant.fromEpochMilliseconds(Math.floor(at)).toZonedDateTimeISO(zone);
  return local.offsetNanoseconds / 60e9;
}

/** What a set's calendar asked for and what came of it. */
export interface RunsSeen {
  runs: Run[];
  planned: number[];
  /** Planned starts without a run before the next one. The last one is left out: it may still be under way. */
  missed: number[];
}

export function lookAtRuns(
  set: InspectedSet,
  { period, madeAt, hospital }: Pick<InspectionInput, 'period' | 'madeAt' | 'hospital'>,
  watchedSince = period.from,
): RunsSeen {
  const planned = plannedStarts(set.policy.schedule, hospital.timeZone, period);
  const seen = runsOf(set, { from: period.from, to: Math.max(period.to, madeAt) });
  const answered = seen.filter((r) => r.tone !== 'bad').map((r) => r.at);
  const isAnswered = planned.map((start, i) => {
    const next = planned[i + 1] ?? period.to;
    return answered.some((at) => at >= start && at < next);
  });
  const known = Math.max(knownSince(set), rowSince(planned, isAnswered, watchedSince));
  const missed = planned.slice(0, -1).filter((start, i) => start >= known && !isAnswered[i]);
  return { runs: seen.filter((r) => r.at < period.to), planned, missed };
}

/** So many starts in a row without a run, from before the set was watched, are files that were cleaned up rather than runs that failed. */
const HOLES_IN_ROW = 3;

/** Files from before the set was watched tell of missing ones as far back as they form a row. */
function rowSince(planned: readonly number[], isAnswered: readonly boolean[], watchedSince: number): number {
  let since = watchedSince;
  let holes = 0;
  for (let i = planned.findLastIndex((start) => start < watchedSince); i >= 0; i--) {
    holes = isAnswered[i] ? 0 : holes + 1;
    if (holes > HOLES_IN_ROW) break;
    if (isAnswered[i]) since = planned[i] ?? since;
  }
  return since;
}

/** Before this nobody looked, or what was there is forgotten: silence then proves nothing. */
function knownSince(set: InspectedSet): number {
  const first = Math.min(
    ...set.history.map((h) => h.at),
    ...set.files.map(finishedAt),
    ...set.runs.map((r) => r.finishedAt),
  );
  return Number.isFinite(first) ? first : Number.POSITIVE_INFINITY;
}
