// For tests and benches: a made-up hospital with three servers, whose sets are in every state that a report can show.

import type { BackupKind, Content } from '../../../shared/backup/facts.ts';
import { proofOf } from '../../../shared/backup/proof.ts';
import type { BackupPolicy, RungState } from '../../../shared/backup/reported.ts';
import type { InspectedFile, InspectedHost, InspectedSet, InspectionInput } from './input.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
/** 2026-11-01 00:00 in Shanghai. */
export const FROM = Date.UTC(2026, 9, 31, 16);
export const TO = FROM + 30 * DAY;
export const MADE_AT = TO + 9 * HOUR;

export const policyOf = (own: Partial<BackupPolicy> = {}): BackupPolicy => ({
  engine: 'sqlserver',
  kind: 'full',
  schedule: '0 2 * * *',
  maxAgeMs: 26 * HOUR,
  rpoMs: 12 * HOUR,
  rtoMs: 4 * HOUR,
  keep: 7,
  minBytes: 1,
  secondCopy: '\\\\NAS01\\nis-backup',
  database: 'NIS',
  ...own,
});

type Rest = Pick<RungState, 'evidence' | 'proof'>;

export function rungsUpTo(
  rung: number,
  rest: RungState['state'] = 'unknown',
  why?: string | Rest,
): RungState[] {
  const open = typeof why === 'string' ? { evidence: why } : why;
  return [1, 2, 3, 4, 5, 6].map((n) => ({
    rung: n as RungState['rung'],
    state: n <= rung ? 'yes' : rest,
    at: TO - 2 * HOUR,
    ...((n <= rung ? undefined : open) ?? PROOF[n] ?? { evidence: '' }),
  }));
}

const FILE = { file: 'NIS_FULL_20261130_020000.bak' };
const PROOF = [
  undefined,
  proofOf('exists', { ...FILE, bytes: 47_352_987_648 }),
  proofOf('fresh', { ...FILE, at: TO - 22 * HOUR + 14 * 60_000 }),
  proofOf('size', { bytes: 47_352_987_648, runs: 30, median: 47_244_640_256 }),
  proofOf('read', {
    ...FILE,
    content: 'VERIFIED',
    reason: 'MTF walked to its end, 1 set, header checksums hold',
  }),
  proofOf('copy-equal', { ...FILE, folder: '\\\\NAS01\\nis-backup' }),
  proofOf('drill', { at: TO - 18 * DAY, seconds: 1830, tables: 3 }),
];

interface FileOptions {
  name: string;
  at: number;
  bytes: number;
  kind?: BackupKind;
  content?: Content | undefined;
  reason?: string;
  gone?: boolean;
}

export function fileOf({ name, at, bytes, kind = 'full', gone = false, ...own }: FileOptions): InspectedFile {
  const content = 'content' in own ? own.content : 'VERIFIED';
  const digest = [...name].reduce((hash, c) => (hash * 31 + (c.codePointAt(0) ?? 0)) >>> 0, 7);
  return {
    path: `D:\\Backup\\NIS01\\NIS\\${name}`,
    bytes,
    modifiedAt: at,
    at: at + HOUR,
    ...(gone ? { goneAt: TO - DAY } : {}),
    ...(content === undefined ? {} : { judgedAt: at + HOUR, content, format: 'mtf', layer: 'L2' }),
    ...(own.reason === undefined ? {} : { reason: own.reason }),
    facts: { kind, bytes, sha256: digest.toString(16).padStart(8, '0').repeat(8) },
  } as InspectedFile;
}

/** One a day, the older ones gone by retention. */
export function dailyFiles(count: number, options: { kept?: number; bytes?: number } = {}): InspectedFile[] {
  const { kept = 7, bytes = 44 * 1024 ** 3 } = options;
  return Array.from({ length: count }, (_, i) => {
    const at = TO - (count - i) * DAY + 2 * HOUR + 14 * 60_000;
    const stamp = new Date(at + 8 * HOUR).toISOString().slice(0, 10).replaceAll('-', '');
    const name = `FULL\\NIS01_NIS_FULL_${stamp}_020000.bak`;
    return fileOf({ name, at, bytes: Math.round(bytes * (0.97 + i * 0.001)), gone: i < count - kept });
  });
}

export function logFiles(from: number, to: number, everyMs: number): InspectedFile[] {
  const files: InspectedFile[] = [];
  for (let at = from; at < to; at += everyMs) {
    const stamp = new Date(at + 8 * HOUR)
      .toISOString()
      .slice(0, 19)
      .replaceAll(/[-:]/g, '')
      .replace('T', '_');
    const bytes = 18 * 1024 ** 2 + ((at / everyMs) % 7) * 1024 ** 2;
    files.push(fileOf({ name: `LOG\\NIS01_NIS_LOG_${stamp}.trn`, at, bytes, kind: 'log' }));
  }
  return files;
}

export function setOf(own: Partial<InspectedSet> = {}): InspectedSet {
  const files = own.files ?? dailyFiles(30);
  const last = Math.max(...files.filter((f) => f.goneAt === undefined).map((f) => f.modifiedAt));
  return {
    name: 'nis-full',
    at: TO - HOUR,
    told: 'fresh',
    folder: 'D:\\Backup\\NIS01\\NIS\\FULL',
    pattern: '*.bak',
    policy: policyOf({ rpoMs: 36 * HOUR }),
    rungs: rungsUpTo(6),
    rung: 6,
    known: 'all',
    volume: { path: 'D:', freeBytes: 610 * 1024 ** 3, totalBytes: 2048 * 1024 ** 3 },
    history: files.map((f) => ({ at: f.modifiedAt, bytes: f.bytes, seconds: 840 })),
    readBytesPerSecond: 180 * 1024 ** 2,
    runs: [],
    drills: [drillOf()],
    findings: [],
    recovery: {
      windows: [],
      points: files
        .filter((f) => f.goneAt === undefined)
        .map((f) => ({ at: f.modifiedAt, kind: 'full', database: 'NIS' })),
      gaps: [],
      excluded: [],
      unjudged: 0,
      last,
      rto: { fromSeconds: 1500, toSeconds: 2400, by: 'drill' },
    },
    ...own,
    files,
  };
}

export function drillOf(own: Partial<InspectedSet['drills'][number]> = {}): InspectedSet['drills'][number] {
  return {
    at: TO - 18 * DAY,
    ok: true,
    seconds: 1830,
    bytes: 43 * 1024 ** 3,
    moment: '2026-11-12 02:14',
    rows: [
      { table: 'ward_event', found: 41_204, expected: 41_204 },
      { table: 'infection_case', found: 1_877, expected: 1_877 },
      { table: 'patient_index', found: 96_310 },
    ],
    text: 'restored as NIS_check',
    ...own,
  };
}

export function hostOf(own: Partial<InspectedHost> = {}): InspectedHost {
  return {
    id: 'h1',
    name: 'NIS01',
    os: 'Windows Server 2019',
    agentVersion: '0.1.0',
    offsetMs: 420,
    silences: [],
    sets: [setOf()],
    findings: [],
    ...own,
  };
}

export function inputOf(own: Partial<InspectionInput> = {}): InspectionInput {
  return {
    language: 'zh',
    number: 'BK-20261201-0001',
    hospital: { name: '示范市第一人民医院', timeZone: 'Asia/Shanghai' },
    period: { from: FROM, to: TO },
    madeAt: MADE_AT,
    preparedBy: '运维工程师',
    hosts: [hostOf()],
    ...own,
  };
}

/** All states, a chain with a gap, silences, and a report before. */
export function wideInput(language: InspectionInput['language'] = 'zh'): InspectionInput {
  return inputOf({
    language,
    hosts: [
      hostOf({ sets: [setOf(), logSet()] }),
      hostOf({
        id: 'h2',
        name: 'NIS-DB2',
        os: 'CentOS Linux 7',
        offsetMs: 95_000,
        sets: [mariaSet(), postgresSet()],
        silences: silences(),
        findings: [unprotected()],
      }),
      hostOf({ id: 'h3', name: 'NIS-FILE', os: 'Windows Server 2016', sets: [attachmentSet()] }),
    ],
    previous: {
      number: 'BK-20261101-0001',
      period: { from: FROM - 31 * DAY, to: FROM },
      madeAt: FROM + 9 * HOUR,
      tone: 'attention',
      sets: [
        { host: 'NIS01', set: 'nis-full', tone: 'good', rung: 6, bytes: 43 * 1024 ** 3 },
        { host: 'NIS01', set: 'nis-log', tone: 'good', rung: 5, bytes: 19 * 1024 ** 2 },
        { host: 'NIS-DB2', set: 'report-dump', tone: 'attention', rung: 4, bytes: 3.1 * 1024 ** 3 },
        { host: 'NIS-DB2', set: 'old-archive', tone: 'bad', rung: 1 },
      ],
      findings: [
        'NIS-DB2/report-dump/copy-none',
        'NIS-DB2/report-dump/drill-old',
        'NIS-DB2/report-dump/same-volume',
        'NIS-DB2/old-archive/stale',
        'NIS-DB2//database-without-set',
        'NIS-FILE/附件/copy-none',
        'NIS-FILE/附件/drill-never',
        'NIS-FILE/附件/no-policy',
      ],
    },
  });
}

function logSet(): InspectedSet {
  const gapFrom = TO - 9 * DAY + 6 * HOUR;
  const gapTo = TO - 8 * DAY + 2 * HOUR + 14 * 60_000;
  const logs = logFiles(TO - 14 * DAY, TO, HOUR).filter(
    (f) => f.modifiedAt <= gapFrom || f.modifiedAt >= gapTo - HOUR,
  );
  const broken = fileOf({
    name: 'LOG\\NIS01_NIS_LOG_20261122_070000.trn',
    at: gapFrom + HOUR,
    bytes: 4 * 1024 ** 2,
    kind: 'log',
    content: 'INCOMPLETE',
    reason: 'ends at 4,194,304 without the closing filemark',
  });
  return setOf({
    name: 'nis-log',
    folder: 'D:\\Backup\\NIS01\\NIS\\LOG',
    pattern: '*.trn',
    policy: policyOf({ kind: 'log', schedule: '0 * * * *', maxAgeMs: 2 * HOUR, rpoMs: HOUR, keep: 0 }),
    files: [...logs, broken],
    history: logs.slice(-60).map((f) => ({ at: f.modifiedAt, bytes: f.bytes })),
    runs: [
      {
        source: 'msdb',
        kind: 'log',
        database: 'NIS',
        startedAt: gapFrom + 3 * HOUR,
        finishedAt: gapFrom + 3 * HOUR + 9000,
        ok: false,
        text: 'Operating system error 112 (There is not enough space on the disk.)',
        toldAt: gapFrom + 4 * HOUR,
      },
    ],
    recovery: {
      windows: [
        { from: TO - 14 * DAY + 2 * HOUR, to: gapFrom, database: 'NIS' },
        { from: gapTo, to: TO - HOUR, database: 'NIS' },
      ],
      points: [],
      gaps: [
        {
          from: gapFrom,
          to: gapTo,
          missing: [broken.path],
          cause: {
            zh: '日志备份不完整，其后的日志接不上',
            en: 'a log backup is incomplete; those after it do not continue',
          },
          database: 'NIS',
        },
      ],
      excluded: [{ file: broken.path, words: { zh: '不完整', en: 'incomplete' } }],
      unjudged: 0,
      last: TO - HOUR,
      rto: { fromSeconds: 1700, toSeconds: 3100, by: 'read-speed' },
    },
    drills: [],
    rungs: rungsUpTo(5, 'no', proofOf('no-drill')),
    rung: 5,
  });
}

function mariaSet(): InspectedSet {
  const files = dailyFiles(30, { kept: 10, bytes: 3.2 * 1024 ** 3 }).map((f, i) => ({
    ...f,
    path: f.path
      .replace('D:\\Backup\\NIS01\\NIS\\FULL\\NIS01_NIS_FULL', '/backup/mysql/report')
      .replace('.bak', '.sql.gz'),
    ...(i === 29
      ? { content: 'CORRUPT' as const, reason: 'the gzip checksum contradicts at 2,811,203,584' }
      : {}),
  }));
  const kept = files.slice(0, 26);
  return setOf({
    name: 'report-dump',
    folder: '/backup/mysql',
    pattern: 'report_*.sql.gz',
    policy: policyOf({
      engine: 'mariadb',
      kind: 'dump',
      database: 'nis_report',
      secondCopy: '',
      keep: 14,
      rtoMs: 0,
    }),
    files: [...kept, ...files.slice(29)],
    sameVolumeAsData: true,
    volume: { path: '/', freeBytes: 4.1 * 1024 ** 3, totalBytes: 200 * 1024 ** 3 },
    rungs: rungsUpTo(
      3,
      'no',
      proofOf('read', {
        file: 'report_20261130_020000.sql.gz',
        content: 'CORRUPT',
        reason: 'the gzip checksum contradicts',
      }),
    ),
    rung: 3,
    drills: [drillOf({ at: TO - 130 * DAY, moment: '2026-07-23 02:14' })],
    recovery: {
      windows: [],
      points: kept.filter((f) => f.goneAt === undefined).map((f) => ({ at: f.modifiedAt, kind: 'dump' })),
      gaps: [],
      excluded: [],
      unjudged: 0,
      last: kept.at(-1)?.modifiedAt ?? 0,
    },
  });
}

function postgresSet(): InspectedSet {
  return setOf({
    name: 'lis-base',
    at: TO - 6 * DAY,
    told: 'old',
    folder: '/var/lib/pgbackrest',
    pattern: '**',
    policy: policyOf({ engine: 'postgresql', database: 'lis', keep: 0, secondCopy: '/mnt/nas/pgbackrest' }),
    files: dailyFiles(4, { kept: 4, bytes: 12 * 1024 ** 3 }).map((f) =>
      fileOf({ name: f.path.slice(-28), at: f.modifiedAt - 6 * DAY, bytes: f.bytes, content: undefined }),
    ),
    rungs: rungsUpTo(3, 'unknown', 'permission denied: /var/lib/pgbackrest/backup'),
    rung: 3,
    drills: [drillOf({ at: TO - 40 * DAY, moment: '2026-10-21 02:14' })],
    recovery: { windows: [], points: [], gaps: [], excluded: [], unjudged: 4 },
  });
}

function attachmentSet(): InspectedSet {
  return setOf({
    name: '附件',
    folder: 'E:\\附件备份',
    pattern: '*.zip',
    policy: policyOf({
      engine: 'files',
      kind: 'copy',
      database: '',
      schedule: '',
      maxAgeMs: 0,
      rpoMs: 0,
      rtoMs: 0,
      keep: 0,
      secondCopy: '',
    }),
    drills: [],
    rungs: rungsUpTo(4, 'no', proofOf('no-copy')),
    rung: 4,
  });
}

const silences = (): InspectedHost['silences'] => [
  { from: FROM + 6 * DAY, to: FROM + 8 * DAY + 5 * HOUR, word: 'shutdown' },
  { from: FROM + 17 * DAY + 3 * HOUR, to: FROM + 17 * DAY + 4 * HOUR, word: 'site-silent' },
];

const unprotected = (): InspectedHost['findings'][number] => ({
  kind: 'database-without-set',
  key: 'nis_archive',
  text: 'mariadbd on port 3306 serves nis_archive; no set covers it',
  since: FROM + 2 * DAY,
  at: TO - HOUR,
});
