// What the engines make of rows as servers and tools give them. The rows of SQL Server, Oracle and Barman are written by hand after their
// documented columns: no such server was there.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readList } from './barman.ts';
import { readBinlogs } from './mariadb.ts';
import { readRman } from './oracle.ts';
import { readInfo } from './pgbackrest.ts';
import { readArchiver } from './postgresql.ts';
import { readHistory } from './sqlserver.ts';

const NOW = Date.UTC(2026, 10, 26, 8);
const at = (hour: number) => new Date(Date.UTC(2026, 10, 26, hour));
const keysOf = (word: { complaints: { key: string }[] }) => word.complaints.map((one) => one.key);

const ARCHIVER = {
  archived_count: '12',
  last_archived_wal: '00000001000000000000000C',
  last_archived_time: at(7),
  failed_count: '0',
  last_failed_wal: null,
  last_failed_time: null,
  archive_mode: 'on',
};

test('PostgreSQL: an archiver is well, fails after its last success, is off, or has a queue', () => {
  const fine = readArchiver(ARCHIVER, { waiting: '1' }, NOW);
  assert.deepEqual([keysOf(fine), fine.files.map((f) => f.file)], [[], ['00000001000000000000000C']]);
  assert.deepEqual(
    fine.runs.map((r) => [r.finishedAt, r.ok]),
    [[at(7).getTime(), true]],
  );
  const failing = {
    ...ARCHIVER,
    failed_count: 3,
    last_failed_wal: '00000001000000000000000D',
    last_failed_time: at(8),
  };
  const word = readArchiver(failing, { waiting: 50 }, NOW);
  assert.deepEqual(keysOf(word), ['archiver', 'queue']);
  assert.match(word.complaints[0]?.en ?? '', /fails at 00000001000000000000000D \(3 failures\)/);
  const never = { archive_mode: 'off', last_archived_time: null, last_failed_time: null };
  assert.deepEqual(
    [keysOf(readArchiver(never, undefined, NOW)), readArchiver(never, undefined, NOW).runs],
    [['off'], []],
  );
  assert.deepEqual(
    readArchiver({ ...ARCHIVER, last_archived_wal: '00000002.history' }, undefined, NOW).files,
    [],
  );
});

const SETTINGS = [
  { Variable_name: 'log_bin', Value: 'ON' },
  { Variable_name: 'binlog_expire_logs_seconds', Value: '864000' },
];
const LOGS = [4, 5, 6].map((n) => ({ Log_name: `nis-bin.00000${n}`, File_size: n * 100 }));

test('MariaDB: closed logs are expected as copies with their size, the last one is still written', () => {
  const position = { File: 'nis-bin.000006', Position: 600 };
  const word = readBinlogs({ settings: SETTINGS, logs: LOGS, position, copied: true }, NOW);
  assert.deepEqual(
    word.files.map((f) => [f.file, f.bytes]),
    [
      ['nis-bin.000004', 400],
      ['nis-bin.000005', 500],
    ],
  );
  assert.equal(
    word.runs[0]?.text,
    '3 logs, nis-bin.000004 to nis-bin.000006, at nis-bin.000006:600, kept 240 h',
  );
  assert.deepEqual(readBinlogs({ settings: SETTINGS, logs: LOGS, position, copied: false }, NOW).files, []);
});

test('MariaDB: a hole in the numbers and a server without a binary log are told', () => {
  const word = readBinlogs(
    { settings: SETTINGS, logs: [LOGS[0] ?? {}, LOGS[2] ?? {}], position: undefined, copied: true },
    NOW,
  );
  assert.match(word.complaints[0]?.en ?? '', /missing: nis-bin\.000005$/);
  const off = readBinlogs(
    { settings: [{ Variable_name: 'log_bin', Value: 'OFF' }], logs: [], position: undefined, copied: true },
    NOW,
  );
  assert.deepEqual([keysOf(off), off.runs], [['off'], []]);
});

test('pgBackRest: each backup is a run; a status and page errors are told', () => {
  const stanza = {
    name: 'nis',
    status: { code: 0, message: 'ok' },
    backup: [
      {
        label: '20261126-010000F',
        type: 'full',
        timestamp: { start: 10, stop: 20 },
        error: false,
        info: { size: 900, repository: { delta: 300 } },
      },
      {
        label: '20261126-010000F_20261126-020000I',
        type: 'incr',
        timestamp: { start: 30, stop: 40 },
        error: true,
      },
    ],
  };
  const word = readInfo([stanza], true);
  assert.deepEqual(
    word.runs.map((r) => [r.kind, r.finishedAt, r.bytes, r.ok]),
    [
      ['full', 20_000, 300, true],
      ['incremental', 40_000, undefined, false],
    ],
  );
  assert.deepEqual([keysOf(word), word.files.length], [['pages'], 2]);
  assert.equal(word.files[0]?.file, 'backup/nis/20261126-010000F');
  assert.deepEqual(
    keysOf(readInfo([{ ...stanza, backup: [], status: { code: 2, message: 'no valid backups' } }], true)),
    ['status'],
  );
});

test('Barman: done and failed backups by server', () => {
  const word = readList(
    {
      nis: [
        { backup_id: '20261126T020000', status: 'DONE', end_time_timestamp: '1795658700', size_bytes: 500 },
        { backup_id: '20261125T020000', status: 'FAILED' },
      ],
    },
    true,
  );
  assert.deepEqual(
    word.runs.map((r) => [r.file, r.ok, r.bytes]),
    [
      ['20261126T020000', true, 500],
      ['20261125T020000', false, undefined],
    ],
  );
  assert.deepEqual([word.files.map((f) => f.file), keysOf(word)], [['nis/base/20261126T020000'], ['failed']]);
});

const BACKUPSET = {
  database_name: 'NIS',
  type: 'D',
  is_copy_only: false,
  is_damaged: false,
  has_backup_checksums: true,
  started: at(2),
  finished: at(3),
  backup_size: '900',
  compressed_backup_size: '300',
  position: 1,
  physical_device_name: 'D:\\backup\\NIS_FULL.bak',
  device_type: 2,
  family_sequence_number: 1,
};

test('SQL Server: runs and files of msdb; stripes have no comparable size; damage and NUL are told', () => {
  const log = { ...BACKUPSET, type: 'L', finished: at(5), physical_device_name: 'NUL', database_name: 'LAB' };
  const stripes = [1, 2].map((n) => ({
    ...BACKUPSET,
    finished: at(4),
    family_sequence_number: n,
    physical_device_name: `D:\\s${n}.bak`,
  }));
  const bad = { ...BACKUPSET, is_damaged: true, finished: at(6), physical_device_name: 'D:\\bad.bak' };
  const word = readHistory([BACKUPSET, ...stripes, log, bad], 0);
  assert.deepEqual(
    word.files.map((f) => [f.file, f.bytes]),
    [
      ['D:\\backup\\NIS_FULL.bak', 300],
      ['D:\\s1.bak', undefined],
      ['D:\\s2.bak', undefined],
      ['D:\\bad.bak', 300],
    ],
  );
  assert.deepEqual(word.runs.map((r) => [r.kind, r.ok, r.bytes])[0], ['full', true, 300]);
  assert.deepEqual(keysOf(word), ['damaged', 'nul']);
});

test('Oracle: the last job of each kind, holes in a thread, logs deleted unsaved', () => {
  const job = {
    SESSION_KEY: 1,
    INPUT_TYPE: 'DB FULL',
    STATUS: 'COMPLETED',
    STARTED: at(1),
    FINISHED: at(2),
    OUTPUT_BYTES: 700,
  };
  const logs = [7, 8, 10].map((n) => ({
    'THREAD#': 1,
    'SEQUENCE#': n,
    'RESETLOGS_CHANGE#': 5,
    DELETED: n === 8 ? 'YES' : 'NO',
    BACKUP_COUNT: 0,
  }));
  const word = readRman(
    [
      { ...job, STATUS: 'FAILED' },
      job,
      { ...job, INPUT_TYPE: 'ARCHIVELOG', STATUS: 'COMPLETED WITH ERRORS' },
    ],
    logs,
    NOW,
  );
  assert.deepEqual(
    word.runs.map((r) => [r.kind, r.ok]),
    [
      ['full', false],
      ['full', true],
      ['log', false],
    ],
  );
  assert.deepEqual(
    word.complaints.map((c) => c.en),
    [
      'the last RMAN job failed: ARCHIVELOG (COMPLETED WITH ERRORS)',
      'the numbers of the archived logs are not contiguous; missing: thread 1 seq 9',
      'archived logs were deleted before they were backed up: thread 1 seq 8',
    ],
  );
});
