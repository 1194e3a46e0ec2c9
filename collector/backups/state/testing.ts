// For tests: records as an agent would send them, made from file verdicts.

import { fingerprintOf } from '../../../shared/backup/fingerprint.ts';
import type { FileVerdict } from '../../../shared/backup/facts.ts';
import { encodeRecord } from '../../../shared/backup/reported-event.ts';
import {
  type BackupFileReport,
  type BackupPolicy,
  type BackupRecord,
  type BackupSetReport,
  EVENT_OF,
  type RungState,
} from '../../../shared/backup/reported.ts';
import type { AgentEvent } from '../../../shared/frame.ts';
import type { State } from '../../state/state.ts';
import { keepRecord } from './keep.ts';

export const POLICY: BackupPolicy = {
  engine: 'sqlserver',
  kind: 'full',
  schedule: '0 1 * * *',
  maxAgeMs: 26 * 3_600_000,
  rpoMs: 3_600_000,
  rtoMs: 4 * 3_600_000,
  keep: 7,
  minBytes: 1,
  secondCopy: '',
  database: '',
};

/** Yes up to `stands`, the next one no. */
export function rungsUpTo(stands: number, at: number): RungState[] {
  return [1, 2, 3, 4, 5, 6].map((rung) => ({
    rung: rung as RungState['rung'],
    state: rung <= stands ? 'yes' : rung === stands + 1 ? 'no' : 'unknown',
    at,
    evidence: rung <= stands ? `evidence of rung ${rung}` : '',
  }));
}

export function fileReports(set: string, verdicts: readonly FileVerdict[], at: number): BackupFileReport[] {
  return verdicts.map(({ path, format, content, reason, layer, facts }, i) => ({
    of: 'file',
    set,
    path,
    bytes: facts.bytes ?? 0,
    modifiedAt: facts.finishedAt === undefined ? at - i : Date.parse(facts.finishedAt),
    judgedAt: at,
    format,
    content,
    reason,
    layer,
    facts,
  }));
}

export function setReport(
  set: string,
  files: readonly BackupFileReport[],
  more: Partial<BackupSetReport> & { at: number; stands: number },
): BackupSetReport {
  const { at, stands, ...rest } = more;
  return {
    of: 'set',
    set,
    folder: '/backup/mssql',
    pattern: '*.bak',
    policy: POLICY,
    rungs: rungsUpTo(stands, at),
    files: {
      count: files.length,
      bytes: files.reduce((sum, f) => sum + f.bytes, 0),
      fingerprint: fingerprintOf(files),
    },
    history: files.map((f) => ({ at: f.modifiedAt, bytes: f.bytes })),
    ...rest,
  };
}

export async function keepAll(
  state: State,
  hostId: string,
  at: number,
  records: readonly BackupRecord[],
  // Records may come late.
  now = at + 30 * 86_400_000,
): Promise<void> {
  await state.transaction().execute(async (tx) => {
    for (const record of records) await keepRecord(tx, { hostId, at, now }, record);
  });
}

export function eventsOf(records: readonly BackupRecord[], at: number): AgentEvent[] {
  return records.map((record) => {
    const data = encodeRecord(record);
    if (!data) throw new Error(`too long for an event: ${record.of} of ${record.set}`);
    return { at, kind: EVENT_OF[record.of], subject: record.set, data };
  });
}
