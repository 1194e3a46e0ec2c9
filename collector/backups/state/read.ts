// Reads what the state keeps of a host's backups, and has it judged. Promise: one consistent picture; what is stored and no longer
// reads as a record is left out, never guessed.

import { fingerprintOf } from '../../../shared/backup/fingerprint.ts';
import type { Proof } from '../../../shared/backup/proof.ts';
import type {
  BackupDrillReport,
  BackupFileReport,
  BackupPolicy,
  BackupRunReport,
  BackupSetReport,
} from '../../../shared/backup/reported.ts';
import type { State } from '../../state/state.ts';
import type { HostBackups, KeptDrill, KeptFile, KeptFinding, KeptRun, SetBackups } from '../kept.ts';
import { judgeSets } from '../judge.ts';
import { rungOf, trailOf } from '../rungs.ts';

/** Told at least once a day. */
const OLD_MS = 3 * 86_400_000;

/** Everything that is kept of a host's backups, judged at `now`. A host without backups gives an empty picture. */
export async function readBackups(state: State, hostId: string, now: number): Promise<HostBackups> {
  const rows = await readRows(state, hostId);
  const named = [rows.files, rows.runs, rows.drills, rows.findings, rows.rungs].flatMap((list) =>
    list.map((row) => row.set),
  );
  const names = [...new Set([...rows.sets.map((s) => s.name), ...named])].filter(Boolean).sort();
  const kept = names.map((name) => setOf(name, rows, now));
  const { timeZone } = rows;
  const judged = judgeSets(kept, { now, zone: timeZone });
  return {
    hostId,
    timeZone,
    sets: kept.map((set) => ({ ...set, recovery: judged.get(set.name) ?? NOTHING_JUDGED })),
    findings: findingsOf(rows, ''),
  };
}

const NOTHING_JUDGED = { sets: [], windows: [], points: [], gaps: [], excluded: [], unjudged: 0 };

type Rows = Awaited<ReturnType<typeof readRows>>;

async function readRows(state: State, hostId: string) {
  return await state.transaction().execute(async (tx) => {
    const host = await tx
      .selectFrom('hosts')
      .innerJoin('hospitals', 'hospitals.id', 'hosts.hospitalId')
      .select('hospitals.timeZone')
      .where('hosts.id', '=', hostId)
      .executeTakeFirst();
    return {
      timeZone: host?.timeZone ?? 'Asia/Shanghai',
      sets: await tx.selectFrom('backupSets').selectAll().where('hostId', '=', hostId).execute(),
      rungs: await tx
        .selectFrom('backupRungs')
        .selectAll()
        .where('hostId', '=', hostId)
        .orderBy('at')
        .execute(),
      files: await tx.selectFrom('backupFiles').selectAll().where('hostId', '=', hostId).execute(),
      runs: await tx
        .selectFrom('backupRuns')
        .selectAll()
        .where('hostId', '=', hostId)
        .orderBy('startedAt', 'desc')
        .execute(),
      drills: await tx
        .selectFrom('backupDrills')
        .selectAll()
        .where('hostId', '=', hostId)
        .orderBy('drilledAt', 'desc')
        .execute(),
      findings: await tx.selectFrom('backupFindings').selectAll().where('hostId', '=', hostId).execute(),
    };
  });
}

const NO_POLICY: BackupPolicy = {
  engine: '',
  kind: '',
  schedule: '',
  maxAgeMs: 0,
  rpoMs: 0,
  rtoMs: 0,
  keep: 0,
  minBytes: 0,
  secondCopy: '',
  database: '',
};

function setOf(name: string, rows: Rows, now: number): Omit<SetBackups, 'recovery'> {
  const row = rows.sets.find((s) => s.name === name);
  const report = row && (JSON.parse(row.record) as BackupSetReport);
  const files = filesOf(rows, name);
  return {
    name,
    at: row?.at ?? 0,
    told: row === undefined ? 'never' : now - row.at > OLD_MS ? 'old' : 'fresh',
    folder: report?.folder ?? '',
    pattern: report?.pattern ?? '',
    policy: report?.policy ?? NO_POLICY,
    rungs: report?.rungs ?? [],
    rung: rungOf(report?.rungs ?? []),
    trail: trailOf(rows.rungs.filter((r) => r.set === name)),
    known:
      report && fingerprintOf(files.filter((f) => f.goneAt === undefined)) === report.files.fingerprint
        ? 'all'
        : 'some',
    ...(report?.volume ? { volume: report.volume } : {}),
    ...(report?.sameVolumeAsData === undefined ? {} : { sameVolumeAsData: report.sameVolumeAsData }),
    history: report?.history ?? [],
    ...(report?.readBytesPerSecond ? { readBytesPerSecond: report.readBytesPerSecond } : {}),
    files,
    runs: runsOf(rows, name),
    drills: drillsOf(rows, name),
    findings: findingsOf(rows, name),
  };
}

function filesOf(rows: Rows, name: string): KeptFile[] {
  return rows.files
    .filter((row) => row.set === name)
    .map((row) => {
      const { of: _of, set: _set, gone: _gone, ...report } = JSON.parse(row.record) as BackupFileReport;
      return { ...report, at: row.at, ...(row.goneAt === null ? {} : { goneAt: row.goneAt }) };
    })
    .sort((a, b) => b.modifiedAt - a.modifiedAt || (a.path < b.path ? -1 : 1));
}

function runsOf(rows: Rows, name: string): KeptRun[] {
  return rows.runs
    .filter((row) => row.set === name)
    .map((row) => {
      const { of: _of, set: _set, ...report } = JSON.parse(row.record) as BackupRunReport;
      return { ...report, toldAt: row.at };
    });
}

function drillsOf(rows: Rows, name: string): KeptDrill[] {
  return rows.drills
    .filter((row) => row.set === name)
    .map((row) => {
      const { of: _of, set: _set, ...report } = JSON.parse(row.record) as BackupDrillReport;
      return report;
    });
}

function findingsOf(rows: Rows, name: string): KeptFinding[] {
  return rows.findings
    .filter((row) => row.set === name)
    .map(({ kind, key, text, proof, since, at, goneAt }) => ({
      kind: kind as KeptFinding['kind'],
      key,
      text,
      ...(proof === null ? {} : { proof: JSON.parse(proof) as Proof }),
      since,
      at,
      ...(goneAt === null ? {} : { goneAt }),
    }))
    .sort((a, b) => Number(a.goneAt !== undefined) - Number(b.goneAt !== undefined) || b.at - a.at);
}
