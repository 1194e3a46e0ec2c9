// A backup history file writes its times in the server's zone by an abbreviation; the manifest of the same backup has the start in UTC.
// Promise: only where both name the same start in the WAL and differ by a whole offset are the history's times placed.

import type { BaseBackupChain } from '../../facts.ts';
import { withOffset, parseLocal } from '../time.ts';
import { type Folder, type Member, type SetRule } from './set.ts';

const QUARTER_MS = 15 * 60_000;
/** Between the note in the history and the write of the label. */
const SLACK_MS = 60_000;

export const BACKUP_HISTORY: SetRule = {
  name: 'backup history',
  async apply(folder) {
    const all = chains(folder);
    for (const history of all) {
      if (history.chain.localStart === undefined) continue;
      const manifests = all.filter(
        (m) =>
          m.chain.labelWrittenAt !== undefined &&
          m.chain.startLsn === history.chain.startLsn &&
          m.chain.timeline === history.chain.timeline,
      );
      for (const manifest of manifests) place(history, manifest);
    }
  },
};

interface Placed {
  member: Member;
  chain: BaseBackupChain;
}

function chains(folder: Folder): Placed[] {
  return [...folder.members.values()].flatMap((member) => {
    const chain = member.finding?.facts.chain;
    return chain?.of === 'basebackup' ? [{ member, chain }] : [];
  });
}

function place(history: Placed, manifest: Placed): void {
  const offset = offsetOf(history.chain.localStart ?? '', manifest.chain.labelWrittenAt ?? '');
  if (offset === undefined) return;
  const time = (text: string | undefined): string | undefined => {
    const parts = parseLocal(text ?? '');
    return parts && withOffset(parts, offset);
  };
  const startedAt = time(history.chain.localStart);
  const finishedAt = time(history.chain.localStop);
  const own = history.member.finding?.facts;
  if (own && startedAt !== undefined)
    Object.assign(own, { startedAt, ...(finishedAt !== undefined && { finishedAt }) });
  const facts = manifest.member.finding?.facts;
  if (facts && finishedAt !== undefined) Object.assign(facts, { finishedAt, capturedAt: finishedAt });
}

/** Minutes east of UTC. */
function offsetOf(local: string, utc: string): number | undefined {
  const parts = parseLocal(local);
  if (!parts) return undefined;
  const there = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second);
  const difference = there - Date.parse(utc);
  const rounded = Math.round(difference / QUARTER_MS) * QUARTER_MS;
  return Math.abs(difference - rounded) <= SLACK_MS && Math.abs(rounded) <= 14 * 3_600_000
    ? rounded / 60_000
    : undefined;
}
