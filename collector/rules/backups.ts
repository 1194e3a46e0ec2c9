// What rules about backups share: which sets they judge, and the disk that a set lies on. Promise: a set that its agent no longer tells of
// is not judged: what is open stays.

import { seriesKey } from '../../shared/catalogue.ts';
import type { HostDigest, SetDigest } from '../backups/digest.ts';
import type { Disk } from '../backups/forecast.ts';
import { CLEAR, freshValue, gather, UNKNOWN, type Word } from './reading.ts';
import type { Evaluation, Finding, HostPicture } from './rule.ts';

/** Runs `judge` over every set, while the host is up. The subject is the set's name. */
export function judgeBackups(
  picture: HostPicture,
  judge: (set: SetDigest, digest: HostDigest) => Word,
): Evaluation {
  const digest = picture.backups;
  if (picture.verdict.word !== 'up' || digest === 'unread') return UNKNOWN;
  if (!digest) return CLEAR;
  const findings: Finding[] = [];
  const unknown: string[] = [];
  for (const set of digest.sets) {
    const word = set.told === 'fresh' ? judge(set, digest) : 'unsure';
    if (word === 'unsure') unknown.push(set.name);
    else if (word) findings.push(word);
  }
  return gather(findings, unknown);
}

/** What is free now by the newest reading, else as the set's agent told it; with the trend. */
export function diskOf(
  picture: Pick<HostPicture, 'latest' | 'trend'>,
  set: Pick<SetDigest, 'volume'>,
  now: number,
): Disk | undefined {
  if (!set.volume) return undefined;
  const labels = { path: set.volume.path };
  const free = freshValue(picture as HostPicture, 'disk_free', labels, now);
  const trend = picture.trend(seriesKey('disk_used', labels));
  return {
    path: set.volume.path,
    freeBytes: free?.value ?? set.volume.freeBytes,
    ...(trend ? { perHour: trend.perHour } : {}),
  };
}
