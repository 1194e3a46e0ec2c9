// What the reported files of a host's sets can bring back. Promise: pure; files of all sets are judged together, for the log backups of
// a database are often a set of their own, and each set then answers for the databases that it holds a part of.

import type { FileVerdict } from '../../shared/backup/facts.ts';
import type { KeptDrill, KeptFile, Recovery, SetBackups } from './kept.ts';
import { chooseSets } from './choose.ts';
import type { Moment } from './moment.ts';
import { momentAt } from './moment.ts';
import { type Moments, moments } from './moments.ts';
import { plan } from './plan.ts';
import { type BackupSet, endOf, pathsOf } from './set.ts';

type Unjudged = Omit<SetBackups, 'recovery'>;

export interface JudgeAt {
  now: number;
  /** For times that a file gives without one. */
  zone: string;
}

export function judgeSets(sets: readonly Unjudged[], at: JudgeAt): Map<string, Recovery> {
  const verdicts = sets.flatMap((set) => set.files.flatMap((file) => verdictOf(file) ?? []));
  let all: Moments;
  try {
    all = moments(verdicts, { zone: at.zone });
  } catch (error) {
    const trouble = error instanceof Error ? error.message : String(error);
    return new Map(sets.map((set) => [set.name, { ...EMPTY, unjudged: unjudgedOf(set), trouble }]));
  }
  return new Map(sets.map((set) => [set.name, recoveryOf(set, all, at)]));
}

const EMPTY: Recovery = { sets: [], windows: [], points: [], gaps: [], excluded: [], unjudged: 0 };

/** A file that is there and whose content was judged. */
export function verdictOf(file: KeptFile): FileVerdict | undefined {
  if (file.goneAt !== undefined || file.content === undefined) return undefined;
  const { path, format = '', content, reason = '', layer = 'L0', facts = {} } = file;
  return { path, format, content, reason, layer, facts: { ...facts, bytes: facts.bytes ?? file.bytes } };
}

function unjudgedOf(set: Unjudged): number {
  return set.files.filter((f) => f.goneAt === undefined && f.content === undefined).length;
}

function recoveryOf(set: Unjudged, all: Moments, { now, zone }: JudgeAt): Recovery {
  const own = new Set(set.files.filter((f) => f.goneAt === undefined).map((f) => f.path));
  const holding = all.sets.filter((s) => partsOf(s).some((path) => own.has(path)));
  const sets = chosen(holding, set.policy.database);
  const last = furthestBehind(sets);
  return {
    sets,
    windows: sets.flatMap((s) => s.windows.map(([from, to]) => ({ from, to, ...nameOf(s) }))),
    points: sets.flatMap((s) => s.points.map((p) => ({ ...p, ...nameOf(s) }))),
    gaps: sets.flatMap((s) => s.gaps.map((g) => ({ ...g, ...nameOf(s) }))),
    excluded: [...holding.flatMap((s) => s.excluded), ...all.unassigned].filter((e) => own.has(e.file)),
    unjudged: unjudgedOf(set),
    ...(last ? { last, rpoMs: Math.max(0, now - Math.floor(last.us / 1000)) } : {}),
    ...timeToRestore(set, sets, { now, zone }),
  };
}

function partsOf(set: BackupSet): string[] {
  return [
    ...set.spans.flatMap((span) => [...span.base, ...span.logs].flatMap(pathsOf)),
    ...set.excluded.map((e) => e.file),
  ];
}

function chosen(sets: readonly BackupSet[], database: string): BackupSet[] {
  if (sets.length === 0) return [];
  try {
    return chooseSets({ sets: [...sets], unassigned: [] }, database || undefined);
  } catch {
    // The policy names a database of which there is no backup among these files.
    return [];
  }
}

function nameOf(set: BackupSet): { database?: string } {
  const name = set.database ?? set.family;
  return name === undefined ? {} : { database: name };
}

export function lastOf(set: BackupSet): Moment | undefined {
  const ends = set.spans.map(endOf);
  return ends.length === 0 ? undefined : ends.reduce((a, b) => (b.us > a.us ? b : a));
}

/** `undefined` where one of them cannot be restored at all. */
function furthestBehind(sets: readonly BackupSet[]): Moment | undefined {
  const lasts = sets.map(lastOf);
  if (lasts.length === 0 || lasts.includes(undefined)) return undefined;
  return (lasts as Moment[]).reduce((a, b) => (b.us < a.us ? b : a));
}

/** Reading is about half of a restore: what is measured while verifying is halved. */
export const WRITE_SHARE = 0.5;

/** A drill's own time, scaled to today's bytes; else the bytes of the plans by the measured reading speed. */
function timeToRestore(
  set: Unjudged,
  sets: readonly BackupSet[],
  { now, zone }: JudgeAt,
): Pick<Recovery, 'rto'> {
  const bytes = bytesToRead(sets, now, zone);
  if (bytes === undefined) return {};
  const drill = set.drills.find((d) => d.ok && d.seconds > 0 && d.bytes > 0);
  if (drill) return { rto: { ...around(byDrill(drill, bytes), [0.9, 1.3]), by: 'drill' } };
  if (!set.readBytesPerSecond) return {};
  const seconds = bytes / (set.readBytesPerSecond * WRITE_SHARE);
  return { rto: { ...around(seconds, [0.7, 1.8]), by: 'read-speed' } };
}

function byDrill({ seconds, bytes }: KeptDrill, now: number): number {
  return seconds * Math.max(1, now / bytes);
}

function around(seconds: number, [low, high]: readonly [number, number]) {
  return { fromSeconds: Math.ceil(seconds * low), toSeconds: Math.ceil(seconds * high) };
}

/** Of the plans for the last moment of each database. */
function bytesToRead(sets: readonly BackupSet[], now: number, zone: string): number | undefined {
  let sum: number | undefined;
  for (const set of sets) {
    const at = lastOf(set);
    if (!at) continue;
    const made = plan({ set, at, now: momentAt(now, zone), target: { zone } });
    if (!made.possible || made.readBytes === undefined) return undefined;
    sum = (sum ?? 0) + made.readBytes;
  }
  return sum;
}
