// The proof ladder of one set. Pure: what is known → each rung yes, no or unknown, with what it rests on. Promise: a rung says yes only
// for what was seen; what could not be seen is unknown, which holds the set below that rung as a no does, but accuses nobody.
//
//   1 exists   2 fresh and finished   3 plausible   4 readable to its end   5 second copy equal   6 restored in a drill
//
// The evidence is English and holds no age, so that it changes only with the facts.

import type { Content } from '../../../shared/backup/facts.ts';
import type { BackupDrillReport, BackupPolicy, Rung, RungState } from '../../../shared/backup/reported.ts';
import { type ProofKind, proofOf } from '../../../shared/backup/proof.ts';
import type { KnownFile } from './known.ts';

export type Answer = Pick<RungState, 'state' | 'evidence' | 'proof'>;

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
  unread?: ProofKind | undefined;
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
export function unknownLadder(code: string, now: number, before: readonly RungState[] = []): RungState[] {
  return [1, 2, 3, 4, 5, 6].map((rung, i) => ({
    rung: rung as Rung,
    state: 'unknown',
    at: before[i]?.state === 'unknown' ? before[i].at : now,
    ...proofOf('folder-unreadable', { code }),
  }));
}

type Data = Parameters<typeof proofOf>[1];

const yes = (kind: ProofKind, data?: Data): Answer => ({ state: 'yes', ...proofOf(kind, data) });
const no = (kind: ProofKind, data?: Data): Answer => ({ state: 'no', ...proofOf(kind, data) });
const unknown = (kind: ProofKind, data?: Data): Answer => ({ state: 'unknown', ...proofOf(kind, data) });

function exists({ files, future }: LadderFacts): Answer {
  const newest = files[0] ?? future[0];
  return newest ? yes('exists', { file: nameOf(newest), bytes: newest.bytes }) : no('none');
}

function fresh({ policy, files, future, dueAt }: LadderFacts, now: number): Answer {
  const newest = files[0];
  if (!newest) {
    const ahead = future[0];
    return ahead ? unknown('future', { file: nameOf(ahead) }) : no('none');
  }
  const written = { file: nameOf(newest), at: newest.modifiedAt };
  const least = Math.max(1, policy.minBytes);
  if (newest.bytes < least) return no('small', { ...written, bytes: newest.bytes, least });
  if (dueAt !== undefined && newest.modifiedAt < dueAt - SLACK_MS)
    return no('overdue', { ...written, dueAt });
  if (now - newest.modifiedAt > policy.maxAgeMs) return no('old', written);
  return yes('fresh', written);
}

function plausible({ files, plausible: answer }: LadderFacts): Answer {
  return files.length === 0 ? unknown('nothing-to-judge') : answer;
}

function readable({ policy, files, unread }: LadderFacts): Answer {
  const newest = files[0];
  if (!newest) return unknown('nothing-to-read');
  const { verdict } = newest;
  const file = nameOf(newest);
  if (!verdict) return unread === undefined ? unknown('unread', { file }) : unknown(unread);
  const { content } = verdict;
  // Among copied files are pictures and letters: of no format that proves anything, and no fault.
  const isAnyFile = policy.kind === 'copy' && content === 'FOREIGN';
  const state = GOOD.includes(content) ? 'yes' : isAnyFile || content === 'UNCONFIRMED' ? 'unknown' : 'no';
  const { evidence } = proofOf('read', { file, content, reason: verdict.reason });
  // The reason stands in the sentence, which may be long; once is enough.
  return { state, evidence, proof: { kind: 'read', data: { file, content } } };
}

/** The newest file, or, while its copy has still time, the one before. */
function copied({ policy, files, copyWithinMs, unread }: LadderFacts, now: number): Answer {
  const folder = policy.secondCopy;
  if (folder === '') return no('no-copy');
  for (const each of files) {
    const state = each.copy?.state;
    const file = nameOf(each);
    if (state === 'equal') return yes('copy-equal', { file, folder });
    if (state === 'differs') return no('copy-differs', { file, folder });
    const isLate = now - each.modifiedAt > copyWithinMs;
    if (isLate && state === 'missing') return no('copy-missing', { file, folder });
    if (isLate) return unread === undefined ? unknown('copy-open', { file, folder }) : unknown(unread);
  }
  return unknown(files.length === 0 ? 'nothing-to-compare' : 'copy-not-due');
}

function restored({ drill }: LadderFacts, now: number): Answer {
  if (!drill) return no('no-drill');
  const { at, seconds } = drill;
  if (!drill.ok) return no('drill-failed', { at, text: drill.text.slice(0, 200) });
  if (now - at > DRILL_MS) return no('drill-old', { at });
  return yes('drill', { at, seconds, tables: drill.rows.length });
}

export function nameOf({ path }: Pick<KnownFile, 'path'>): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
