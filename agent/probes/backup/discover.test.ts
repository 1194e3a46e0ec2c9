// Proposals from folders as the usual tools leave them, made by their naming rules with random names, days and hours of their own.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { manualClock } from '../../../shared/clock.ts';
import { readConfig } from '../../../shared/config/schema.ts';
import { openHost } from '../../host/host.ts';
import type { DiscoveryHost, Finding } from '../probe.ts';
import { CONFIG } from './config.ts';
import { discoverBackups } from './discover.ts';
import { guessKeep, guessSchedule } from './guess.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Local, as schedules are: a Monday. */
const NOW = new Date(2026, 0, 12, 9).getTime();

interface Tree {
  host: DiscoveryHost;
  file(path: string, at: number, bytes?: number): void;
  sets(): Promise<Record<string, unknown>[]>;
  findings(): Promise<Finding[]>;
}

function tree(t: TestContext): Tree {
  const root = mkdtempSync(join(tmpdir(), 'niswatch-sets-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'proc'));
  const host = {
    ...openHost({ clock: manualClock(NOW), root, platform: 'linux' }),
    run: () => Promise.reject(new Error('none')),
  } as DiscoveryHost;
  const findings = (): Promise<Finding[]> => discoverBackups({ ...host });
  return {
    host,
    file(path, at, bytes = 1_000_000) {
      const full = join(root, path);
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(full, '');
      truncateSync(full, bytes);
      utimesSync(full, at / 1000, at / 1000);
    },
    findings,
    async sets() {
      const sets = (await findings()).flatMap(
        ({ config }) => (config.sets ?? []) as Record<string, unknown>[],
      );
      // What is proposed is what the agent takes.
      readConfig(CONFIG, { sets });
      return sets;
    },
  };
}

const pad = (n: number, width = 2): string => String(n).padStart(width, '0');
const dayOf = (at: number, between = ''): string => {
  const date = new Date(at);
  return [date.getFullYear(), pad(date.getMonth() + 1), pad(date.getDate())].join(between);
};
const timeOf = (at: number, between = ''): string => {
  const date = new Date(at);
  return [pad(date.getHours()), pad(date.getMinutes()), pad(date.getSeconds())].join(between);
};
/** The last `count` days at that hour and minute, newest first. */
const days = (count: number, hour: number, minute = 0): number[] =>
  Array.from({ length: count }, (_, i) => new Date(2026, 0, 12 - i, hour, minute).getTime());
const spell = (sets: readonly Record<string, unknown>[]): string[] =>
  sets
    .map((set) => {
      const where = `${set.folder} ${set.pattern}${set.recursive === true ? ` +${set.depth}` : ''}`;
      const when = set.schedule === undefined ? `≤${set.maxAge}` : `@${set.schedule}`;
      return `${where} ${set.engine}/${set.kind} ${when} keep ${set.keep ?? '-'}`;
    })
    .sort();

const LAYOUTS: [name: string, make: (at: Tree) => void, sets: string[]][] = [
  [
    'Ola Hallengren',
    (at) => {
      const name = (kind: string, start: number): string =>
        `WARD9_Infect_${kind}_${dayOf(start)}_${timeOf(start)}`;
      for (const start of days(8, 1))
        at.file(`backup/WARD9/Infect/FULL/${name('FULL', start)}.bak`, start + 17 * MINUTE_MS);
      for (const start of days(8, 8))
        at.file(`backup/WARD9/Infect/DIFF/${name('DIFF', start)}.bak`, start + MINUTE_MS);
      for (let i = 1; i <= 40; i++) {
        const start = NOW - i * 15 * MINUTE_MS;
        at.file(`backup/WARD9/Infect/LOG/${name('LOG', start)}.trn`, start + 3_000);
      }
    },
    [
      '/backup/WARD9/Infect/DIFF WARD9_Infect_DIFF_[0-9]*.bak sqlserver/diff @0 8 * * * keep 7',
      '/backup/WARD9/Infect/FULL WARD9_Infect_FULL_[0-9]*.bak sqlserver/full @0 1 * * * keep 7',
      '/backup/WARD9/Infect/LOG WARD9_Infect_LOG_[0-9]*.trn sqlserver/log @*/15 * * * * keep 2',
    ],
  ],
  [
    'a maintenance plan',
    (at) => {
      for (const [i, start] of days(15, 2).entries())
        at.file(
          `data/dbbackup/Gw_backup_${dayOf(start, '_')}_${timeOf(start)}_${4_000_000 + i * 7919}.bak`,
          start + 9 * MINUTE_MS,
        );
    },
    ['/data/dbbackup Gw_backup_[0-9]*.bak sqlserver/full @0 2 * * * keep 14'],
  ],
  [
    'mysqldump and binary logs',
    (at) => {
      for (const start of days(8, 23, 30))
        at.file(`backup/mysql/ygk_${dayOf(start, '-')}.sql.gz`, start - DAY_MS + 11 * MINUTE_MS);
      for (let i = 1; i <= 30; i++)
        at.file(`backup/binlog/srv-bin.${pad(i + 990, 6)}`, NOW - (31 - i) * HOUR_MS);
    },
    [
      '/backup/binlog srv-bin.[0-9]* mysql/log @0 * * * * keep 2',
      '/backup/mysql ygk_[0-9]*.sql.gz other/dump @30 23 * * * keep 7',
    ],
  ],
  [
    'RMAN into the recovery area',
    (at) => {
      const drawn = (i: number): string => (7_919 * (i + 3)).toString(36).padStart(8, 'q');
      for (const [i, start] of days(5, 3).entries()) {
        const day = dayOf(start, '_');
        at.file(
          `backup/rman/INF/backupset/${day}/o1_mf_nnndf_TAG${dayOf(start)}T${timeOf(start)}_${drawn(i)}_.bkp`,
          start + 5 * MINUTE_MS,
        );
        for (let n = 0; n < 3; n++)
          at.file(
            `backup/rman/INF/archivelog/${day}/o1_mf_1_${300 + i * 3 + n}_${drawn(50 + i * 3 + n)}_.arc`,
            start + n * HOUR_MS,
          );
      }
    },
    [
      '/backup/rman/INF/archivelog o1_mf_[0-9]*_????????_.arc +1 oracle/log @0 * * * * keep 2',
      '/backup/rman/INF/backupset o1_mf_nnndf_TAG[0-9]*_????????_.bkp +1 oracle/full @0 3 * * * keep 3',
    ],
  ],
  [
    'Data Pump, weekly',
    (at) => {
      for (let week = 0; week < 5; week++) {
        const start = new Date(2026, 0, 11 - 7 * week, 22).getTime();
        at.file(`u01/expbackup/inf_${dayOf(start)}_01.dmp`, start + 25 * MINUTE_MS);
      }
    },
    ['/u01/expbackup inf_[0-9]*.dmp oracle/dump @0 22 * * 0 keep 3'],
  ],
  [
    'pg_dump, files and folders, and archived WAL',
    (at) => {
      for (const start of days(4, 4)) {
        at.file(`backup/pg/pg_inf_${dayOf(start)}.dump`, start + MINUTE_MS);
        at.file(`backup/pgdir/d${dayOf(start)}/toc.dat`, start + 2 * MINUTE_MS, 9_000);
        at.file(`backup/pgdir/d${dayOf(start)}/3001.dat.gz`, start + MINUTE_MS);
      }
      for (let i = 0; i < 12; i++)
        at.file(
          `backup/walarchive/0000000100000002000000${(i + 0xa8).toString(16).toUpperCase()}`,
          NOW - (i + 1) * 5 * MINUTE_MS,
        );
    },
    [
      '/backup/pg pg_inf_[0-9]*.dump postgresql/dump @0 4 * * * keep 3',
      '/backup/pgdir toc.dat +1 postgresql/dump @0 4 * * * keep 3',
      `/backup/walarchive ${'[0-9A-F]'.repeat(24)} postgresql/log @*/5 * * * * keep 2`,
    ],
  ],
  [
    'pgBackRest and Barman',
    (at) => {
      for (const name of ['backup.info', 'backup.info.copy'])
        at.file(`backup/repo/backup/inf/${name}`, NOW, 2_000);
      for (const start of days(4, 0, 30)) {
        at.file(
          `backup/repo/backup/inf/${dayOf(start)}-${timeOf(start)}F/backup.manifest`,
          start + 4 * MINUTE_MS,
        );
        at.file(
          `backup/barman/inf/base/${dayOf(start)}T${timeOf(start)}/backup.info`,
          start + 4 * MINUTE_MS,
          1_000,
        );
      }
      for (let i = 1; i < 9; i++)
        at.file(`backup/barman/inf/wals/0000000100000000/00000001000000000000000${i}`, NOW - i * HOUR_MS);
    },
    [
      '/backup/barman/inf/base backup.info +1 postgresql/full @30 0 * * * keep 3',
      `/backup/barman/inf/wals ${'[0-9A-F]'.repeat(8)}* +1 postgresql/log @0 * * * * keep 2`,
      '/backup/repo/backup/inf backup.manifest +1 postgresql/full @30 0 * * * keep 3',
    ],
  ],
  [
    'xtrabackup, restic and borg',
    (at) => {
      for (const start of days(4, 1)) {
        at.file(`backup/xb/${dayOf(start, '-')}/xtrabackup_checkpoints`, start + 6 * MINUTE_MS, 120);
        at.file(
          `backup/rs/snapshots/${(start * 7919).toString(16).padEnd(64, 'a')}`,
          start + 2 * MINUTE_MS,
          300,
        );
      }
      for (const name of ['config', 'data/0a/x', 'index/y', 'keys/z'])
        at.file(`backup/rs/${name}`, NOW - 90 * DAY_MS);
      for (const name of ['config', 'README', 'data/0/1', 'index.88', 'hints.88'])
        at.file(`backup/bg/${name}`, NOW - HOUR_MS);
    },
    [
      '/backup/bg index.[0-9]* files/files ≤26h keep -',
      '/backup/rs/snapshots * files/files @0 1 * * * keep 3',
      '/backup/xb xtrabackup_checkpoints +1 mysql/full @0 1 * * * keep 3',
    ],
  ],
];
for (const [name, make, sets] of LAYOUTS) {
  test(`proposes the sets of ${name}`, async (t) => {
    const at = tree(t);
    make(at);
    assert.deepEqual(spell(await at.sets()), sets);
  });
}

test('finds a tree that robocopy keeps like its source, and does not read its letters and pictures to their end', async (t) => {
  const at = tree(t);
  for (let i = 0; i < 30; i++) {
    const when = NOW - (i + 1) * DAY_MS - i * MINUTE_MS;
    for (const root of ['data/nis/attachments', 'backup/robocopy/attachments'])
      at.file(`${root}/${2025 + (i % 2)}/scan-${i * 31}.jpg`, when, 40_000 + i);
  }
  const [set, ...rest] = await at.sets();
  assert.deepEqual(rest, []);
  assert.deepEqual([set?.folder, set?.kind, set?.verify], ['/backup/robocopy', 'files', { enabled: false }]);
  assert.match((await at.findings())[0]?.why ?? '', /与 \/data\/nis 中 30 个文件同名、同大小、同时间/);
});

test('the same backups in a second folder are its second copy, not a second set', async (t) => {
  const at = tree(t);
  for (const start of days(6, 2))
    for (const root of ['backup/nis', 'mnt/nas/nis'])
      at.file(`${root}/nis_${dayOf(start)}.bak`, start + MINUTE_MS, 5_000_000 + (start % 1_000));
  const sets = await at.sets();
  assert.deepEqual(
    sets.map(({ folder, secondCopy }) => [folder, secondCopy]),
    [['/backup/nis', '/mnt/nas/nis']],
  );
});

test('folders that share a name but no files are no copies of each other', async (t) => {
  const at = tree(t);
  for (const start of days(6, 2)) {
    at.file(`backup/a/nis_${dayOf(start)}.bak`, start, 5_000_000);
    at.file(`mnt/nas/a/his_${dayOf(start)}.bak`, start, 6_000_000);
  }
  assert.deepEqual(
    (await at.sets()).map(({ secondCopy }) => secondCopy),
    [undefined, undefined],
  );
});

const SCHEDULES: [name: string, times: number[], expression: string | undefined][] = [
  ['too few', days(3, 2), undefined],
  ['daily, finished a little later each day', days(9, 2).map((at, i) => at + i * 3 * MINUTE_MS), '0 2 * * *'],
  [
    'daily around midnight',
    days(9, 0).map((at, i) => at + (i % 2 === 0 ? 10 : -10) * MINUTE_MS),
    '30 23 * * *',
  ],
  ['one made by hand', [NOW - MINUTE_MS, ...days(9, 2)], '0 2 * * *'],
  ['at any time of the day', days(9, 0).map((at, i) => at + ((i * 7) % 24) * HOUR_MS), undefined],
  ['workdays', days(20, 2).filter((at) => new Date(at).getDay() % 6 !== 0), '0 2 * * 1-5'],
  [
    'every six hours',
    Array.from({ length: 12 }, (_, i) => new Date(2026, 0, 12, 8 - 6 * i, 5).getTime()),
    '0 2-23/6 * * *',
  ],
  ['monthly', [0, 1, 2, 3, 4].map((i) => new Date(2025, 12 - i, 1, 3, 40).getTime()), '30 3 1 * *'],
  ['every seven minutes', Array.from({ length: 12 }, (_, i) => NOW - i * 7 * MINUTE_MS), undefined],
];
for (const [name, times, expression] of SCHEDULES) {
  test(`guesses from files that came ${name}: ${expression ?? 'nothing'}`, () => {
    const runs = times.map((mtimeMs, i) => ({ name: `f${i}`, mtimeMs }));
    assert.equal(guessSchedule(runs)?.expression, expression);
  });
}

test('how many are kept is a number that people choose, never more than are there', () => {
  assert.deepEqual([0, 1, 2, 3, 5, 8, 15, 31, 400].map(guessKeep), [
    undefined,
    undefined,
    2,
    2,
    3,
    7,
    14,
    30,
    90,
  ]);
});
