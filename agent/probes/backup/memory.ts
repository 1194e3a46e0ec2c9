// What a set remembers of runs whose files may be gone: sizes, digests, how long none was removed. Pure.

import type { KnownFile } from './known.ts';
import { mergeHistory, type Run } from './plausible.ts';
import { standsForFolder } from './reading.ts';
import { countRetention, type Digest } from './signs.ts';
import type { Remembered } from './store.ts';

const DIGESTS = 10;

/** `files`: finished and not of the future, newest first. */
export function remember(
  before: Remembered,
  files: readonly KnownFile[],
  change: { added: number; removed: number },
  now: number,
): Remembered {
  const digests = files.slice(0, DIGESTS).flatMap((file) => digestOf(file) ?? []);
  return {
    ...before,
    history: mergeHistory(
      before.history,
      files.flatMap((file) => runOf(file) ?? []),
    ),
    digests: mergeDigests(before.digests, digests),
    retention: countRetention(before.retention, change, now),
  };
}

/** A backup that is a folder has its size from its reading; before that there is no run to tell. */
function runOf(file: KnownFile): Run | undefined {
  const facts = file.verdict?.facts;
  const bytes = standsForFolder(file.path) ? facts?.contentBytes : file.bytes;
  if (bytes === undefined) return undefined;
  const seconds = (Date.parse(facts?.finishedAt ?? '') - Date.parse(facts?.startedAt ?? '')) / 1000;
  return { at: file.modifiedAt, bytes, ...(seconds > 0 && { seconds }) };
}

function digestOf(file: KnownFile): Digest | undefined {
  const sha256 = file.verdict?.facts.sha256;
  return sha256 === undefined || standsForFolder(file.path) ? undefined : { at: file.modifiedAt, sha256 };
}

function mergeDigests(before: readonly Digest[], seen: readonly Digest[]): Digest[] {
  const all = new Map([...before, ...seen].map((digest) => [digest.at, digest]));
  return [...all.values()].sort((a, b) => a.at - b.at).slice(-DIGESTS);
}
