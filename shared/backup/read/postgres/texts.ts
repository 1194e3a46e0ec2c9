// Small text files of PostgreSQL: timeline history, backup history and backup_label. Promise: known by what stands in them.

import type { BackupFacts, BaseBackupChain, WalChain } from '../../facts.ts';
import { type SmallText, smallText } from '../text/small.ts';

const FORK = /^\s*(\d+)\s+([0-9A-F]+\/[0-9A-F]+)\s*(.*)$/i;

const lines = (text: string): string[] =>
  text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));

const HISTORY: SmallText = {
  name: 'wal-history',
  matches: (head) =>
    lines(head).length > 0 && lines(head).every((line) => /^\d+\t[0-9A-F]+\/[0-9A-F]+/i.test(line)),
  judge(text, job) {
    const forks = lines(text).flatMap((line) => {
      const [, timeline, lsn, reason] = FORK.exec(line) ?? [];
      return timeline === undefined || lsn === undefined
        ? []
        : [{ timeline: Number(timeline), lsn, ...(reason && { reason }) }];
    });
    const named = /^([0-9A-F]{8})\.history/i.exec(job.name)?.[1];
    // The name is the only place where the new timeline stands; without it, it is one more than the last.
    const timeline = named === undefined ? (forks.at(-1)?.timeline ?? 0) + 1 : Number.parseInt(named, 16);
    const chain: WalChain = {
      of: 'wal',
      systemId: '',
      timeline,
      segment: '',
      segmentBytes: 0,
      startLsn: forks.at(-1)?.lsn ?? '',
      forks,
    };
    const facts: BackupFacts = { engine: 'postgresql', kind: 'metadata', chain };
    if (!text.endsWith('\n'))
      return { content: 'INCOMPLETE', reason: 'the last line is not finished', layer: 'L1', facts };
    const last = forks.at(-1);
    return {
      content: 'COMPLETE',
      reason: `metadata: timeline ${timeline} forks from ${last?.timeline} at ${last?.lsn}`,
      layer: 'L1',
      facts,
    };
  },
};

const LABEL: SmallText = {
  name: 'backup-history',
  matches: (head) => head.startsWith('START WAL LOCATION: '),
  judge(text) {
    const value = (key: string): string | undefined => new RegExp(`^${key}: (.*)$`, 'm').exec(text)?.[1];
    const start = /^(\S+) \(file ([0-9A-F]{24})\)/.exec(value('START WAL LOCATION') ?? '');
    const stop = /^(\S+) \(file/.exec(value('STOP WAL LOCATION') ?? '')?.[1];
    const isHistory = text.includes('STOP WAL LOCATION');
    const timeline = Number(value('START TIMELINE') ?? Number.parseInt(start?.[2]?.slice(0, 8) ?? '0', 16));
    const chain: BaseBackupChain = { of: 'basebackup', timeline, startLsn: start?.[1] ?? '' };
    if (stop !== undefined) chain.stopLsn = stop;
    const label = value('LABEL');
    if (label !== undefined) chain.label = label;
    const started = zoned(value('START TIME'));
    const stopped = zoned(value('STOP TIME'));
    if (started.local !== undefined) chain.localStart = started.local;
    if (stopped.local !== undefined) chain.localStop = stopped.local;
    const facts: BackupFacts = { engine: 'postgresql', kind: 'metadata', chain };
    if (started.iso !== undefined) facts.startedAt = started.iso;
    if (stopped.iso !== undefined) facts.finishedAt = stopped.iso;
    if (started.local !== undefined && started.iso === undefined)
      facts.notices = [
        `${started.local}: this abbreviation of a zone is ambiguous; take the times of the manifest`,
      ];
    const whole = text.endsWith('\n') && start && value(isHistory ? 'STOP TIMELINE' : 'LABEL') !== undefined;
    if (!whole)
      return { content: 'INCOMPLETE', reason: 'the file ends before its last line', layer: 'L1', facts };
    const range = `WAL ${chain.startLsn}${stop === undefined ? '' : ` to ${stop}`}`;
    return {
      content: 'COMPLETE',
      reason: `metadata of a base backup: ${range}, timeline ${timeline}`,
      layer: 'L1',
      facts,
    };
  },
};

/** `2026-11-23 02:10:25 CST`; only UTC and numbers are a zone that one can rely on. */
function zoned(text: string | undefined): { local?: string; iso?: string } {
  const found = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (\S+)$/.exec(text ?? '');
  if (!found) return {};
  const [local, date, time, zone] = found as unknown as [string, string, string, string];
  if (/^(?:UTC|GMT|Z)$/.test(zone)) return { local, iso: `${date}T${time}Z` };
  const offset = /^([+-]\d\d):?(\d\d)?$/.exec(zone);
  return offset ? { local, iso: `${date}T${time}${offset[1]}:${offset[2] ?? '00'}` } : { local };
}

export const POSTGRES_TEXTS = [HISTORY, LABEL].map(smallText);
