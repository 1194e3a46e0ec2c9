// Whether the newest backup looks like those before it. Pure.
//
// Size: compared with the set's own history by the modified z-score, (x − median) / (1.4826 · MAD), which one outlier does not
// bend as it bends mean and deviation (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993). Their limit of 3.5 is for
// normal data; sizes move in steps, so here both must hold:
//   |z| > 5 over the last 30 runs, and the size is off the median by more than 20 % downwards or 200 % upwards
// A full backup or a dump of less than half the median of the last ten fails whatever the spread: an export of a tenth of the tables.
// Below three earlier runs nothing is said. Entropy is not asked: compressed backups look random, encrypted ones too.

import { median } from '../../../shared/median.ts';
import type { BackupKind } from '../../../shared/backup/facts.ts';
import { proofOf } from '../../../shared/backup/proof.ts';
import type { BackupSetReport } from '../../../shared/backup/reported.ts';
import type { Answer } from './ladder.ts';

export type Run = BackupSetReport['history'][number];

const LEAST_EARLIER = 3;
const COMPARED = 30;
const RECENT = 10;
const MOST_Z = 5;
const DROP = -0.2;
const DEEP_DROP = -0.5;
const RISE = 2;

/** `earlier`: the runs before, oldest first. */
export function judgeSize(bytes: number, earlier: readonly number[], kind: BackupKind | ''): Answer {
  if (earlier.length < LEAST_EARLIER) {
    return { state: 'unknown', ...proofOf('few-runs', { runs: earlier.length, needed: LEAST_EARLIER }) };
  }
  const compared = earlier.slice(-COMPARED);
  const middle = median(compared);
  const spread = 1.4826 * median(compared.map((x) => Math.abs(x - middle)));
  const off = middle === 0 ? (bytes === 0 ? 0 : Number.POSITIVE_INFINITY) : bytes / middle - 1;
  const z = spread === 0 ? Math.sign(bytes - middle) * Number.POSITIVE_INFINITY : (bytes - middle) / spread;
  const recent = median(earlier.slice(-RECENT));
  const isWhole = kind === 'full' || kind === 'dump';
  const isDeep = isWhole && recent > 0 && bytes / recent - 1 < DEEP_DROP;
  const isOdd = Math.abs(z) > MOST_Z && (off < DROP || off > RISE);
  const measured = proofOf('size', { bytes, runs: compared.length, median: Math.round(middle) });
  return { state: isDeep || isOdd ? 'no' : 'yes', ...measured };
}

const RUNS_DOWN = 5;

/** Five sizes in a row, each less than the one before, and a fifth lost altogether: data vanish little by little. */
export function isShrinking(runs: readonly Run[]): boolean {
  const last = runs.slice(-RUNS_DOWN).map((run) => run.bytes);
  const [first = 0] = last;
  const falls = last.slice(1).every((bytes, i) => bytes < (last[i] ?? 0));
  return last.length === RUNS_DOWN && falls && (last.at(-1) ?? 0) <= first * (1 + DROP);
}

export const HISTORY = 60;

/** Runs by their time; what is seen again replaces what was remembered. */
export function mergeHistory(before: readonly Run[], seen: readonly Run[]): Run[] {
  const runs = new Map(before.map((run) => [run.at, run]));
  for (const run of seen) runs.set(run.at, { ...runs.get(run.at), ...run });
  return [...runs.values()].sort((a, b) => a.at - b.at).slice(-HISTORY);
}
