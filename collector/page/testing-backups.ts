// Backups for the page's tests: a set with its logs and one lost log, dumps that grow until the disk is too small, and a set that nobody
// tells of any more. Deterministic.

import type { FileVerdict } from '../../shared/backup/facts.ts';
import type { BackupRecord } from '../../shared/backup/reported.ts';
import type { Stage } from '../api/testing/stage.ts';
import { sqlVerdict } from '../backups/sqlserver/example.ts';
import { fileReports, keepAll, POLICY, rungsUpTo, setReport } from '../backups/state/testing.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const GIB = 1024 ** 3;
const FOLDER = '/backup/mssql/NIS_DEMO';

const text = (at: number): string => new Date(at + 8 * HOUR).toISOString().replace(/\.\d+Z$/, '+08:00');
const stamp = (at: number): string => text(at).slice(0, 16).replaceAll(/[-:T]/g, '');

/** A full each night at 01:00, a log every four hours, for twelve days; the log of one noon is lost. */
function chain(now: number): { fulls: FileVerdict[]; logs: FileVerdict[] } {
  const midnight = Math.floor((now + 8 * HOUR) / DAY) * DAY - 8 * HOUR;
  const fulls: FileVerdict[] = [];
  const logs: FileVerdict[] = [];
  let vlf = 40;
  let base = '0:0:0';
  for (let at = midnight - 12 * DAY; at < now - 2 * HOUR; at += 4 * HOUR) {
    if ((at - midnight) % DAY === 0) {
      const [first, last] = [`${vlf}:500:1`, `${vlf}:600:1`];
      base = first;
      const startedAt = text(at + HOUR);
      const path = `${FOLDER}/FULL/NISDB01_NIS_DEMO_FULL_${stamp(at + HOUR)}.bak`;
      fulls.push(
        verdict(
          {
            path,
            type: 'D',
            startedAt,
            finishedAt: text(at + HOUR + 600_000),
            first,
            last,
            checkpoint: first,
            base: '0:0:0',
          },
          18.6 * GIB + fulls.length * 0.09 * GIB,
        ),
      );
    }
    const [first, last] = [`${vlf}:1:1`, `${vlf + 1}:1:1`];
    vlf++;
    const endAt = at + 2 * HOUR;
    const path = `${FOLDER}/LOG/NISDB01_NIS_DEMO_LOG_${stamp(endAt)}.trn`;
    const isLost = at === midnight - 4 * DAY + 8 * HOUR;
    if (!isLost)
      logs.push(
        verdict(
          {
            path,
            type: 'L',
            startedAt: text(endAt),
            finishedAt: text(endAt + 4_000),
            first,
            last,
            checkpoint: first,
            base,
          },
          212 * 1024 ** 2,
        ),
      );
  }
  return { fulls, logs };
}

function verdict(example: Parameters<typeof sqlVerdict>[0], bytes: number): FileVerdict {
  const made = sqlVerdict(example);
  const sha256 = Buffer.from(example.path.slice(-32).padStart(32, '.')).toString('hex');
  return { ...made, content: 'VERIFIED', facts: { ...made.facts, bytes: Math.round(bytes), sha256 } };
}

function dumps(now: number): FileVerdict[] {
  return Array.from({ length: 9 }, (_, i): FileVerdict => {
    const at = now - (9 - i) * DAY + 3 * HOUR;
    const finishedAt = text(at + 900_000);
    return {
      path: `/data/dump/nis_${stamp(at).slice(0, 8)}.sql.gz`,
      format: 'mysqldump+gzip',
      content: i === 5 ? 'INCOMPLETE' : 'VERIFIED',
      reason:
        i === 5 ? 'the gzip stream ends early' : 'the gzip checksum holds and the dump ends with its trailer',
      layer: 'L3',
      facts: {
        bytes: Math.round((4 + i * 0.2) * GIB),
        engine: 'mariadb',
        kind: 'dump',
        database: 'nis',
        startedAt: text(at),
        finishedAt,
        capturedAt: text(at),
        tables: 212,
        chain: { of: 'dump', snapshot: 'consistent' },
      },
    };
  });
}

export async function fillBackups(stage: Stage): Promise<void> {
  const now = stage.clock.now();
  const { fulls, logs } = chain(now);
  const at = now - 40_000;
  await keepAll(stage.state, 'a1', at, [...fullSet(fulls, at), ...logSet(logs, at)]);
  await keepAll(stage.state, 'a2', at, dumpSet(dumps(now), at));
  await keepAll(stage.state, 'b1', now - 5 * DAY, [
    setReport('nis-full', [], { at: now - 5 * DAY, stands: 1, policy: { ...POLICY, secondCopy: '' } }),
  ]);
  for (const host of ['a1', 'a2', 'b1']) await stage.readBackups(host);
}

function fullSet(fulls: readonly FileVerdict[], at: number): BackupRecord[] {
  const files = fileReports('nis-full', fulls, at).map((f) => ({ ...f, secondCopy: 'equal' as const }));
  const secondCopy = String.raw`\\nas01\nis-backup`;
  return [
    ...files,
    setReport('nis-full', files, {
      at,
      stands: 5,
      rungs: rungsUpTo(5, at - 2 * DAY).map((r) => ({ ...r, evidence: EVIDENCE[r.rung] ?? '' })),
      folder: FOLDER,
      policy: { ...POLICY, secondCopy, rpoMs: 6 * HOUR },
      volume: { path: '/data', freeBytes: 540 * GIB, totalBytes: 1863 * GIB },
      readBytesPerSecond: 120 * 1024 ** 2,
    }),
    ...files.slice(-6).map((f): BackupRecord => ({
      of: 'run',
      set: 'nis-full',
      source: 'msdb',
      kind: 'full',
      database: 'NIS_DEMO',
      startedAt: f.modifiedAt - 600_000,
      finishedAt: f.modifiedAt,
      ok: true,
      bytes: f.bytes,
      file: f.path,
    })),
    {
      of: 'drill',
      set: 'nis-full',
      at: at - 40 * DAY,
      ok: true,
      seconds: 1_380,
      bytes: 18 * GIB,
      moment: text(at - 41 * DAY),
      rows: [{ table: 'dbo.Infection', found: 182_311, expected: 182_311 }],
      text: 'restored under another name on the standby, row counts equal',
    },
  ];
}

const EVIDENCE: Record<number, string> = {
  1: '12 files, the newest finished 9 h ago',
  2: 'finished within the grace after 01:00, unchanged since',
  3: '19.6 GB; the last ten lie between 18.6 and 19.6 GB',
  4: 'read to its end, closing filemark and header checksums hold, sha256 4e4953…',
  5: 'equal by size and digest to the file on the second copy',
  6: 'the last drill is 40 days old and was of an earlier full',
};

function logSet(logs: readonly FileVerdict[], at: number): BackupRecord[] {
  const files = fileReports('nis-log', logs, at);
  return [
    ...files,
    setReport('nis-log', files, {
      at,
      stands: 4,
      folder: FOLDER,
      pattern: '*.trn',
      policy: { ...POLICY, kind: 'log', schedule: '0 */4 * * *', rpoMs: 6 * HOUR },
      volume: { path: '/data', freeBytes: 540 * GIB, totalBytes: 1863 * GIB },
    }),
    {
      of: 'finding',
      set: 'nis-log',
      kind: 'history-disagrees',
      key: 'LOG',
      text: 'msdb tells of a log backup four days ago whose file is not in the folder',
    },
  ];
}

function dumpSet(verdicts: readonly FileVerdict[], at: number): BackupRecord[] {
  const files = fileReports('nis-dump', verdicts, at);
  return [
    ...files,
    setReport('nis-dump', files, {
      at,
      stands: 4,
      folder: '/data/dump',
      pattern: '*.sql.gz',
      policy: { ...POLICY, engine: 'mariadb', kind: 'dump', schedule: '0 3 * * *', rpoMs: 26 * HOUR },
      volume: { path: '/data', freeBytes: 4 * GIB, totalBytes: 100 * GIB },
      sameVolumeAsData: true,
    }),
    {
      of: 'finding',
      set: 'nis-dump',
      kind: 'same-volume',
      key: '/data',
      text: 'dumps and data lie on /data',
    },
    {
      of: 'finding',
      set: '',
      kind: 'database-without-set',
      key: 'his',
      text: 'MariaDB runs on port 3307 and no set saves it',
    },
  ];
}
