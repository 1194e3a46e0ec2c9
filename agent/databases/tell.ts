// Which records a reading sends: those that are new or changed. Pure. Promise: every finding of a connection is told once after the start,
// also that it does not hold, so that one that ended while the agent was away does not stay open.

import { proofOf } from '../../shared/backup/proof.ts';
import type { BackupFindingReport, BackupRecord, BackupRunReport } from '../../shared/backup/reported.ts';
import type { Complaint, Run } from './engine.ts';

/** Key → what was sent last. */
export type Told = ReadonlyMap<string, string>;

export interface Reading {
  connection: string;
  set: string;
  runs: readonly Run[];
  keys: readonly string[];
  complaints: readonly Complaint[];
}

/** A report takes 200 events in all; what is left waits for the next turn. */
const MOST = 100;

export function recordsToTell(reading: Reading, told: Told): { records: BackupRecord[]; told: Told } {
  const next = new Map(told);
  const records: BackupRecord[] = [];
  for (const [key, record] of keyed(reading)) {
    const text = JSON.stringify(
      record.of === 'run' && record.source === 'binlog' ? { ...record, startedAt: 0, finishedAt: 0 } : record,
    );
    if (next.get(key) === text || records.length >= MOST) continue;
    next.set(key, text);
    records.push(record);
  }
  return { records, told: next };
}

function keyed(reading: Reading): [string, BackupRecord][] {
  const { set, connection } = reading;
  const findings = reading.keys.map((key): [string, BackupFindingReport] => {
    const found = reading.complaints.find((one) => one.key === key);
    const id = `${connection}:${key}`;
    const record: BackupFindingReport = {
      of: 'finding',
      set,
      kind: 'history-disagrees',
      key: id,
      text: found?.en ?? '',
      ...(found && { proof: proofOf('complaint', { zh: found.zh, en: found.en }).proof }),
    };
    return [`finding ${id}`, found ? record : { ...record, gone: true }];
  });
  // The newest first: an agent that starts with a long history tells what matters at once.
  const runs = reading.runs
    .toSorted((a, b) => b.finishedAt - a.finishedAt)
    .map((run): [string, BackupRunReport] => {
      const key = [
        'run',
        connection,
        run.source,
        run.database,
        run.kind,
        run.file ?? '',
        run.source === 'binlog' ? '' : run.startedAt,
      ];
      return [key.join(' '), { of: 'run', set, ...run }];
    });
  return [...findings, ...runs];
}
