// The proof ladder of one set. Pure: what is known → each rung yes, no or unknown, with what it rests on. Promise: a rung says yes only
// for what was seen; what could not be seen is unknown, which holds the set below that rung as a no does, but accuses nobody.
//
//   1 exists   2 fresh and finished   3 plausible   4 readable to its end   5 second copy equal   6 restored in a drill
//
// The evidence is English and holds no age, so that it changes only with the facts.

import type { Content } from '../../../shared/backup/facts.ts';
import type { BackupDrillReport, BackupPolicy, Rung, RungState } from '../../../shared/backup/reported.ts';
import type { KnownFile } from './known.ts';

export type Answer = Pick<RungState, 'state' | 'evidence'>;

export interface LadderFacts {
  policy: BackupPolicy;
  /** Finished, newest first; times in the future apart. */
  files: readonly KnownFile[];
  future: readonly KnownFile[];
  /** The last start whose backup must be there by now. */
  dueAt?: number | undefined;
  /** What sizes, digests and formats say. */
  plausible: Answer;
  /** Why nobody reads the files to their end; undefined: they are read. */
  unread?: string | undefined;
  /** The copy may take so long. */
  copyWithinMs: number;
  drill?: BackupDrillReport | undefined;
}

/** Servers and shares differ by minutes: a file written this much before its start counts for it. */
const SLACK_MS = 5 * 60_000;
/** A drill older than half a year proves little of today's backups (GB/T 28448 asks for a recent restore test). */
const DRILL_MS = 183 * 86_400_000;

const GOOD: readonly Content[] = ['VERIFIED', 'COMPLETE'];

export function judgeLadder(facts: LadderFacts, now: number, before: readonly RungState[] = []): RungState[] {
  const answers = [exists(facts), fresh(facts, now), plausible(facts), readable(facts)];
  answers.push(copied(facts, now), restored(facts, now));
  return answers.map((answer, i) => {
    const former = before[i];
    const at = former?.state === answer.state ? former.at : now;
    return { rung: (i + 1) as Rung, at, ...answer };
  });
}

/** The last rung before the first that is not yes. */
export function standsOn(rungs: readonly RungState[]): Rung {
  const first = rungs.findIndex(({ state }) => state !== 'yes');
  return (first < 0 ? rungs.length : first) as Rung;
}

/** Of a set whose folder cannot be read nothing is known. */
export function unknownLadder(why: string, now: number, before: readonly RungState[] = []): RungState[] {
  return [1, 2, 3, 4, 5, 6].map((rung, i) => ({
    rung: rung as Rung,
    state: 'unknown',
    at: before[i]?.state === 'unknown' ? before[i].at : now,
    evidence: why,
  }));
}

const yes = (evidence: string): Answer => ({ state: 'yes', evidence });
const no = (evidence: string): Answer => ({ state: 'no', evidence });
const unknown = (evidence: string): Answer => ({ state: 'unknown', evidence });

function exists({ files, future }: LadderFacts): Answer {
  const newest = files[0] ?? future[0];
  return newest ? yes(`${nameOf(newest)}, ${newest.bytes} bytes`) : no('no finished file');
}

function fresh({ policy, files, future, dueAt }: LadderFacts, now: number): Answer {
  const newest = files[0];
  if (!newest) {
    const ahead = future[0];
    if (ahead) return unknown(`${nameOf(ahead)} is written in the future: a clock is wrong`);
    return no('no finished file');
  }
  const written = `${nameOf(newest)} of ${iso(newest.modifiedAt)}`;
  if (newest.bytes < Math.max(1, policy.minBytes))
    return no(`${written} has ${newest.bytes} bytes, less than ${Math.max(1, policy.minBytes)}`);
  if (dueAt !== undefined && newest.modifiedAt < dueAt - SLACK_MS)
    return no(`${written} is older than the start planned for ${iso(dueAt)}`);
  if (now - newest.modifiedAt > policy.maxAgeMs) return no(`${written} is older than allowed`);
  return yes(written);
}

function plausible({ files, plausible: answer }: LadderFacts): Answer {
  return files.length === 0 ? unknown('no file to judge') : answer;
}

function readable({ policy, files, unread }: LadderFacts): Answer {
  const newest = files[0];
  if (!newest) return unknown('no file to read');
  const { verdict } = newest;
  if (!verdict) return unknown(unread ?? `${nameOf(newest)} is not read yet`);
  const found = `${nameOf(newest)}: ${verdict.content}: ${verdict.reason}`;
  if (GOOD.includes(verdict.content)) return yes(found);
  // Among copied files are pictures and letters: of no format that proves anything, and no fault.
  const isAnyFile = policy.kind === 'copy' && verdict.content === 'FOREIGN';
  return isAnyFile || verdict.content === 'UNCONFIRMED' ? unknown(found) : no(found);
}

/** The newest file, or, while its copy has still time, the one before. */
function copied({ policy, files, copyWithinMs, unread }: LadderFacts, now: number): Answer {
  if (policy.secondCopy === '') return no('no second copy is promised');
  for (const file of files) {
    const state = file.copy?.state;
    if (state === 'equal') return yes(`${nameOf(file)}: size and SHA-256 are equal in ${policy.secondCopy}`);
    if (state === 'differs') return no(`${nameOf(file)} differs in ${policy.secondCopy}`);
    const isLate = now - file.modifiedAt > copyWithinMs;
    if (isLate && state === 'missing') return no(`${nameOf(file)} is missing in ${policy.secondCopy}`);
    if (isLate) return unknown(unread ?? `${nameOf(file)} is not compared with ${policy.secondCopy} yet`);
  }
  return unknown(files.length === 0 ? 'no file to compare' : 'no copy is due yet');
}

function restored({ drill }: LadderFacts, now: number): Answer {
  if (!drill) return no('never restored in a drill');
  const what = `drill of ${iso(drill.at)}`;
  if (!drill.ok) return no(`${what} failed: ${drill.text.slice(0, 200)}`);
  if (now - drill.at > DRILL_MS) return no(`${what} is more than half a year ago`);
  const tables = drill.rows.length > 0 ? `, ${drill.rows.length} tables counted` : '';
  return yes(`${what}: ${drill.seconds} s${tables}`);
}

export function nameOf({ path }: Pick<KnownFile, 'path'>): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
