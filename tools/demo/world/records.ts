// What the agent tells of a backup set: its files with their verdicts, the ladder, the runs that the database knows, drills, findings.

import type { FileVerdict, SqlServerChain } from '../../../shared/backup/facts.ts';
import { fingerprintOf } from '../../../shared/backup/fingerprint.ts';
import type {
  BackupFileReport,
  BackupRecord,
  BackupSetReport,
  RungState,
} from '../../../shared/backup/reported.ts';
import { seedOf, unitAt } from './draw.ts';
import { diskUsed } from './values.ts';
import { DAY, HOUR, localText, stampOf } from './rhythm.ts';
import { drilledAtOf, type Run, runsOf, runsUntil, stateOfSet } from './sets.ts';
import { type DemoHost, type DemoSet, GIB, type World } from './shape.ts';

const LOG_MS = 2 * HOUR;
/** Files that the agent was told to be gone are remembered so long. */
const GONE_DAYS = 20;

export interface Told {
  at: number;
  record: BackupRecord;
}

/** All that is known at an instant, each with when it was told; in order. */
export function recordsAt(world: World, host: DemoHost, set: DemoSet, at: number): Told[] {
  const files = filesAt(world, host, set, at);
  const present = files.filter((f) => !f.goneAt).map((f) => f.report);
  return [
    ...files.flatMap(({ report, goneAt }): Told[] => [
      { at: Math.min(at, report.judgedAt ?? report.modifiedAt), record: report },
      ...(goneAt === undefined ? [] : [{ at: goneAt, record: { ...report, gone: true } }]),
    ]),
    ...ladderTrail(world, host, set, at),
    { at, record: setReport(world, host, set, { at, present }) },
    ...runReports(world, host, set, at).map((record) => ({ at, record })),
    ...drillReports(world, host, set).map((record) => ({ at: record.at, record })),
    ...findings(world, host, set, at),
  ];
}

interface Known {
  report: BackupFileReport;
  goneAt?: number;
}

export function filesAt(world: World, host: DemoHost, set: DemoSet, at: number): Known[] {
  const runs = runsUntil(world, host, set, at).filter((run) => run.finishedAt <= at);
  const { copies } = stateOfSet(world, host, set, at);
  const known = set.kind === 'log' ? runs.slice(-copies) : runs.slice(-copies - GONE_DAYS);
  const lost = lostLogAt(world, host, set);
  const ransom = ransomOf(host, set, at);
  return known.flatMap((run, i): Known[] => {
    if (set.kind === 'log' && run.startedAt === lost) return [];
    const report = fileReport(world, host, set, run);
    const goneAt = i < known.length - copies ? goneAtOf(known, i, copies) : undefined;
    if (goneAt !== undefined) return [{ report, goneAt }];
    if (ransom === undefined || i < known.length - 2) return [{ report }];
    // The two newest were renamed, and are no longer what they were.
    return [{ report, goneAt: ransom }, { report: locked(report, ransom) }];
  });
}

/** Each new file pushes the oldest out. */
const goneAtOf = (known: readonly Run[], i: number, copies: number): number =>
  (known[i + copies]?.finishedAt ?? 0) + 120_000;

function locked(report: BackupFileReport, at: number): BackupFileReport {
  const { facts: _facts, secondCopy: _copy, ...rest } = report;
  return {
    ...rest,
    path: `${report.path}.locked`,
    modifiedAt: at,
    judgedAt: at + 30_000,
    content: 'FOREIGN',
    format: 'unknown',
    layer: 'L1',
    reason: 'its first bytes are of no known format and look random',
  };
}

function fileReport(world: World, host: DemoHost, set: DemoSet, run: Run): BackupFileReport {
  const verdict = set.engine === 'sqlserver' ? sqlFile(world, host, set, run) : dumpFile(host, set, run);
  const { path, format, content, reason, layer, facts } = verdict;
  const judgedAt = run.finishedAt + (set.kind === 'log' ? 60_000 : 1_500_000);
  const copy = set.secondCopy === '' ? {} : { secondCopy: 'equal' as const };
  return {
    of: 'file',
    set: set.name,
    path,
    bytes: run.bytes,
    modifiedAt: run.finishedAt,
    judgedAt,
    format,
    content,
    reason,
    layer,
    facts,
    ...copy,
  };
}

const digestOf = (host: DemoHost, set: DemoSet, run: Run): string =>
  Array.from({ length: 8 }, (_, i) =>
    Math.floor(unitAt(seedOf(host.seed, `${set.name} ${run.startedAt}`), i) * 2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('');

function dumpFile(host: DemoHost, set: DemoSet, run: Run): FileVerdict {
  return {
    path: `${set.folder}/nis_${stampOf(run.startedAt)}.sql.gz`,
    format: 'mysqldump+gzip',
    content: 'VERIFIED',
    reason: 'the gzip checksum holds and the dump ends with its trailer',
    layer: 'L3',
    facts: {
      bytes: run.bytes,
      sha256: digestOf(host, set, run),
      engine: 'mariadb',
      kind: 'dump',
      database: set.database,
      startedAt: localText(run.startedAt),
      finishedAt: localText(run.finishedAt),
      capturedAt: localText(run.startedAt + 2_000),
      tables: 214,
      compressed: true,
      chain: { of: 'dump', snapshot: 'consistent' },
    },
  };
}

/** `vlf:block:slot` as one decimal number. A log takes one number of the log after the other: one each two hours. */
const lsn = (vlf: number, block: number): string =>
  String(BigInt(vlf) * 10n ** 15n + BigInt(block) * 10n ** 5n + 1n);
const vlfOf = (at: number): number => Math.floor(at / LOG_MS) + 1;

function sqlFile(world: World, host: DemoHost, set: DemoSet, run: Run): FileVerdict {
  const isLog = set.kind === 'log';
  const name = `${isLog ? 'LOG' : 'FULL'}_${stampOf(run.startedAt)}.${isLog ? 'trn' : 'bak'}`;
  // A log holds what was written until it began; a full lies within the log that follows it.
  const vlf = vlfOf(run.startedAt) - (isLog ? 1 : 0);
  const own = isLog
    ? {
        firstLsn: lsn(vlf, 1),
        lastLsn: lsn(vlf + 1, 1),
        checkpointLsn: lsn(vlf, 1),
        databaseBackupLsn: baseOf(world, host, run),
      }
    : {
        firstLsn: lsn(vlf, 500),
        lastLsn: lsn(vlf, 600),
        checkpointLsn: lsn(vlf, 500),
        databaseBackupLsn: lsn(0, 0),
      };
  const chain: SqlServerChain = {
    of: 'sqlserver',
    type: isLog ? 'L' : 'D',
    ...own,
    backupSetGuid: `${host.id}-${set.name}-${run.startedAt}`,
    familyGuid: `family-${host.id}`,
    firstForkGuid: `fork-${host.id}`,
    lastForkGuid: `fork-${host.id}`,
    position: 1,
    files: [
      {
        logicalName: 'NIS',
        physicalName: String.raw`D:\Data\NIS.mdf`,
        isLog: false,
        bytes: Math.round(run.bytes * 1.3),
      },
      { logicalName: 'NIS_log', physicalName: String.raw`D:\Data\NIS_log.ldf`, isLog: true, bytes: 8 * GIB },
    ],
  };
  return {
    path: `${set.folder}\\${host.name}_NIS_${name}`,
    format: 'mtf',
    content: 'VERIFIED',
    reason: 'closed by its last filemark, header checksums hold',
    layer: 'L2',
    facts: {
      bytes: run.bytes,
      sha256: digestOf(host, set, run),
      engine: 'sqlserver',
      kind: isLog ? 'log' : 'full',
      database: set.database,
      server: host.name,
      version: '15.0.2000',
      startedAt: localText(run.startedAt),
      finishedAt: localText(run.finishedAt),
      checksums: true,
      chain,
    },
  };
}

function baseOf(world: World, host: DemoHost, log: Run): string {
  const full = host.sets.find((each) => each.kind === 'full' && each.engine === 'sqlserver');
  const last =
    full && runsUntil(world, host, full, log.startedAt).findLast((run) => run.finishedAt <= log.startedAt);
  return last ? lsn(vlfOf(last.startedAt), 500) : lsn(0, 0);
}

/** In some hospitals one log of the last week was deleted by hand. */
function lostLogAt(world: World, host: DemoHost, set: DemoSet): number | undefined {
  if (set.kind !== 'log' || unitAt(seedOf(host.seed, 'lost log'), 0) > 0.05) return undefined;
  const runs = runsOf(set, world.endAt - 5 * DAY, world.endAt - 3 * DAY);
  return runs[Math.floor(unitAt(host.seed, 3) * runs.length)];
}

const ransomOf = (host: DemoHost, set: DemoSet, at: number): number | undefined =>
  host.episodes.find((e) => e.kind === 'ransom' && e.subject === set.name && e.from <= at)?.from;

export function setReport(
  world: World,
  host: DemoHost,
  set: DemoSet,
  { at, present }: { at: number; present: readonly BackupFileReport[] },
): BackupSetReport {
  const disk = host.disks.find((each) => each.path === set.disk);
  const total = disk?.totalBytes ?? 0;
  const isLog = set.kind === 'log';
  return {
    of: 'set',
    set: set.name,
    folder: set.folder,
    pattern: set.engine === 'mariadb' ? '*.sql.gz' : isLog ? '*.trn' : '*.bak',
    policy: {
      engine: set.engine,
      kind: set.kind,
      schedule: set.schedule,
      maxAgeMs: set.maxAgeMs,
      rpoMs: isLog ? 5 * HOUR : 36 * HOUR,
      rtoMs: isLog ? 0 : 4 * HOUR,
      keep: set.keep,
      minBytes: 1,
      secondCopy: set.secondCopy,
      database: set.database,
    },
    rungs: ladderAt(world, host, set, at),
    files: {
      count: present.length,
      bytes: present.reduce((sum, f) => sum + f.bytes, 0),
      fingerprint: fingerprintOf(present),
    },
    ...(disk
      ? { volume: { path: set.disk, freeBytes: total - diskUsed(world, host, disk, at), totalBytes: total } }
      : {}),
    sameVolumeAsData: false,
    history: runsUntil(world, host, set, at)
      .filter((run) => run.finishedAt <= at)
      .slice(-60)
      .map((run) => ({
        at: run.finishedAt,
        bytes: run.bytes,
        seconds: Math.round((run.finishedAt - run.startedAt) / 1000),
      })),
    readBytesPerSecond: Math.round((95 + 80 * unitAt(host.seed, 9)) * 1024 ** 2),
  };
}

function ladderAt(world: World, host: DemoHost, set: DemoSet, at: number): RungState[] {
  const { rung, newestAt, newestBytes, copies } = stateOfSet(world, host, set, at);
  const drilledAt = drilledAtOf(world, set);
  const size = `${(newestBytes / GIB).toFixed(1)} GB`;
  const proof = [
    `${copies} files, the newest finished ${localText(newestAt).slice(0, 16).replace('T', ' ')}`,
    `finished ${localText(newestAt).slice(0, 16).replace('T', ' ')}, within the grace after its schedule`,
    `${size}; as large as those before it`,
    'read to its end, its own checksums hold',
    set.secondCopy === '' ? 'no second copy is promised' : `equal by size and digest at ${set.secondCopy}`,
    drilledAt === undefined ? 'no drill on record' : `drill of ${localText(drilledAt).slice(0, 10)}`,
  ];
  const faults: Record<number, string> = {
    2: `the newest is ${Math.round((at - newestAt) / HOUR)} h old, ${Math.round(set.maxAgeMs / HOUR)} h are allowed`,
    4: 'the newest file is no backup of any known format',
  };
  return proof.map((evidence, i) => {
    const n = (i + 1) as RungState['rung'];
    if (n <= rung) return { rung: n, state: 'yes', at: newestAt, evidence };
    return {
      rung: n,
      state: n === rung + 1 ? 'no' : 'unknown',
      at: newestAt,
      evidence: faults[n] ?? evidence,
    };
  });
}

/** The ladder as it was told each day: once a run was read. */
function ladderTrail(world: World, host: DemoHost, set: DemoSet, at: number): Told[] {
  const told: Told[] = [];
  for (let day = Math.max(world.startAt + DAY, at - 60 * DAY); day < at - HOUR; day += DAY)
    told.push({ at: day, record: setReport(world, host, set, { at: day, present: [] }) });
  return told;
}

function runReports(world: World, host: DemoHost, set: DemoSet, at: number): BackupRecord[] {
  if (set.engine !== 'sqlserver') return [];
  const share = {
    of: 'run' as const,
    set: set.name,
    source: 'msdb' as const,
    kind: set.kind,
    database: set.database,
  };
  const made = runsUntil(world, host, set, at)
    .filter((run) => run.finishedAt <= at)
    .slice(set.kind === 'log' ? -24 : -30)
    .map((run): BackupRecord => ({
      ...share,
      startedAt: run.startedAt,
      finishedAt: run.finishedAt,
      ok: true,
      bytes: run.bytes,
      file: sqlFile(world, host, set, run).path,
    }));
  const failed = host.episodes
    .filter((e) => e.kind === 'backup-missed' && e.subject === set.name && e.from < at)
    .flatMap((e) => runsOf(set, e.from, Math.min(e.to, at)))
    .map((startedAt): BackupRecord => ({
      ...share,
      startedAt,
      finishedAt: startedAt + 41_000,
      ok: false,
      text: 'Operating system error 112 (There is not enough space on the disk.)',
    }));
  return [...made, ...failed];
}

function drillReports(world: World, host: DemoHost, set: DemoSet) {
  const at = drilledAtOf(world, set);
  if (at === undefined) return [];
  const rows = ['infection_case', 'ward_event', 'lab_result'].map((table, i) => {
    const found = Math.floor(2_000 * 20 ** i * (0.6 + 0.8 * unitAt(host.seed, 20 + i)));
    return { table, found, expected: found };
  });
  const seconds = Math.round(set.seconds * 2.6);
  const moment = localText(at - 13 * HOUR);
  return [
    {
      of: 'drill' as const,
      set: set.name,
      at,
      ok: true,
      seconds,
      bytes: set.bytes,
      moment,
      rows,
      text: 'restored under another name beside the database, row counts equal',
    },
  ];
}

function findings(world: World, host: DemoHost, set: DemoSet, at: number): Told[] {
  const told: Told[] = [];
  const add = (
    since: number,
    kind: 'history-disagrees' | 'extension-changed' | 'magic-lost',
    key: string,
    text: string,
  ): void => void told.push({ at: since, record: { of: 'finding', set: set.name, kind, key, text } });
  const lost = lostLogAt(world, host, set);
  if (lost !== undefined)
    add(
      lost + 12 * HOUR,
      'history-disagrees',
      'LOG',
      `msdb tells of a log backup of ${localText(lost).slice(0, 16).replace('T', ' ')} whose file is not in the folder`,
    );
  const ransom = ransomOf(host, set, at);
  if (ransom !== undefined) {
    add(ransom, 'extension-changed', '.locked', '2 files got the extension .locked within one minute');
    add(
      ransom + 30_000,
      'magic-lost',
      'newest',
      'the 2 newest files are of no known format; those before them were mtf',
    );
  }
  return told;
}
