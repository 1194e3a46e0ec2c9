// What is wrong with a set that no single file shows. Pure: picture of the set → findings, and from them whether the newest backup is
// plausible. Promise: each finding names what was counted; a sign of tampering or of a dead job brings the set off rung 3, a
// question of order (clean-up, volume) does not.

import type { BackupFindingReport, BackupPolicy } from '../../../shared/backup/reported.ts';
import { type Proof, type ProofKind, proofOf } from '../../../shared/backup/proof.ts';
import { type KnownFile, LISTED } from './known.ts';
import { type Answer, nameOf } from './ladder.ts';
import { isShrinking, judgeSize, type Run } from './plausible.ts';

export interface Digest {
  at: number;
  sha256: string;
}

/** Files that came and went since none was removed for the last time. */
export interface Retention {
  added: number;
  removedAt: number;
}

export interface Picture {
  policy: BackupPolicy;
  /** Finished, newest first. */
  files: readonly KnownFile[];
  copies: number;
  history: readonly Run[];
  /** Of finished runs, oldest first. */
  digests: readonly Digest[];
  renamed: readonly string[];
  retention: Retention;
  sameVolume?: { data: string } | undefined;
}

export type Sign = Pick<BackupFindingReport, 'kind' | 'text'> & { proof?: Proof };

/** These bring a set off rung 3. */
export const SPOILS: readonly Sign['kind'][] = ['shrinking', 'identical', 'extension-changed', 'magic-lost'];

export function findSigns(picture: Picture): Sign[] {
  const found = [shrinking, identical, renamed, magicLost, cleanupStopped, sameVolume];
  return found.flatMap((sign) => sign(picture) ?? []);
}

export function judgePlausible(picture: Picture, signs: readonly Sign[]): Answer {
  const spoilt = signs.find(({ kind }) => SPOILS.includes(kind));
  if (spoilt) return { state: 'no', evidence: spoilt.text, ...(spoilt.proof && { proof: spoilt.proof }) };
  const newest = picture.files[0];
  if (!newest) return { state: 'unknown', ...proofOf('nothing-to-judge') };
  const earlier = picture.history.filter((run) => run.at < newest.modifiedAt).map((run) => run.bytes);
  return judgeSize(newest.bytes, earlier, picture.policy.kind);
}

function signOf(kind: Sign['kind'], proof: ProofKind, data: Proof['data']): Sign {
  const said = proofOf(proof, data);
  return { kind, text: said.evidence, proof: said.proof };
}

function shrinking({ history }: Picture): Sign | undefined {
  if (!isShrinking(history)) return undefined;
  const sizes = history.slice(-5).map((run) => run.bytes);
  return signOf('shrinking', 'shrinking', { sizes: sizes.join(', ') });
}

const APART_MS = 3_600_000;

/** Databases write times into each backup, so that no two are the same; of files copied unchanged and of logs they may be. */
function identical({ policy, digests }: Picture): Sign | undefined {
  const [before, last] = digests.slice(-2);
  const speaks = policy.kind !== 'log' && policy.kind !== 'copy' && policy.engine !== 'files';
  if (!speaks || !before || !last || before.sha256 !== last.sha256 || last.at - before.at < APART_MS)
    return undefined;
  return signOf('identical', 'identical', { sha256: last.sha256.slice(0, 16) });
}

const RENAMED_FILES = 5;
const RENAMED_SHARE = 0.2;

/** `NIS.bak.locked` in place of `NIS.bak`, for five files or a fifth of the set. */
function renamed({ renamed, copies }: Picture): Sign | undefined {
  const share = renamed.length / Math.max(1, copies + renamed.length);
  if (renamed.length === 0 || (renamed.length < RENAMED_FILES && share < RENAMED_SHARE)) return undefined;
  const [first = ''] = renamed;
  return signOf('extension-changed', 'renamed', { count: renamed.length, file: nameOf({ path: first }) });
}

const UNKNOWN_FORMATS = ['unknown', 'text'];
const KNOWN_BEFORE = 2;

/** A file that nobody can read as a backup any more, where it or the files before it were some known format. */
function magicLost({ files }: Picture): Sign | undefined {
  const formats = files.map((file) => file.verdict?.format);
  const lost = files.find(
    (file, i) =>
      isUnknown(formats[i]) &&
      (isKnown(file.formerFormat) ||
        (i === 0 && formats.filter((format) => isKnown(format)).length >= KNOWN_BEFORE)),
  );
  if (!lost) return undefined;
  const was = lost.formerFormat ?? formats.find((format) => isKnown(format));
  return signOf('magic-lost', 'magic-lost', { file: nameOf(lost), was: was ?? '' });
}

function isUnknown(format: string | undefined): boolean {
  return format !== undefined && UNKNOWN_FORMATS.includes(format);
}
/** What could not be read or is empty says nothing of its format. */
function isKnown(format: string | undefined): boolean {
  return (
    format !== undefined && !UNKNOWN_FORMATS.includes(format) && !['unreadable', 'empty'].includes(format)
  );
}

const FAR_ABOVE = 3;
const GROWN_BY = 3;

/** Three times as many as should be kept, and more coming with none removed. One file to keep says nothing of a clean-up. */
function cleanupStopped({ policy, copies, retention }: Picture): Sign | undefined {
  if (policy.keep < 2 || copies < FAR_ABOVE * policy.keep || retention.added < GROWN_BY) return undefined;
  const { added, removedAt: since } = retention;
  return signOf('cleanup-stopped', 'cleanup-stopped', { copies, keep: policy.keep, added, since });
}

function sameVolume({ sameVolume }: Picture): Sign | undefined {
  if (!sameVolume) return undefined;
  return signOf('same-volume', 'same-volume', { data: sameVolume.data });
}

/** Which files came and went. At the first look none came. */
export function countRetention(
  before: Retention | undefined,
  change: { added: number; removed: number },
  now: number,
): Retention {
  if (!before || change.removed > 0) return { added: 0, removedAt: now };
  if (change.added === 0) return before;
  return { ...before, added: Math.min(LISTED, before.added + change.added) };
}
