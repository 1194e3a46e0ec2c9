// The parts of a drill that need no database: rows against expectations, what a command tells, what is recorded, and its limits.

import assert from 'node:assert/strict';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { encodeRecord } from '../../shared/backup/reported-event.ts';
import type { BackupDrillReport } from '../../shared/backup/reported.ts';
import { systemClock } from '../../shared/clock.ts';
import { readConfig } from '../../shared/config/schema.ts';
import { isNamedError } from '../../shared/errors.ts';
import { COMMAND_DRIVER, parseTold } from './command-driver.ts';
import { compareRows, type Expectation } from './compare.ts';
import { DRILL_SECTION } from './config.ts';
import { runDrill } from './drill.ts';
import { faultOf } from './mariadb/binlogs.ts';
import { appendReport, fitting, keepLastGood, readLastGood } from './record.ts';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'nisdrill-'));
  chmodSync(path, 0o755);
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test('rows may grow since the last good drill and not shrink by more than the tolerance; configured ones bind both ways', () => {
  const last = { at: 1, rows: { t: 100 } };
  const cases: [Record<string, number>, Partial<Expectation>, boolean, string][] = [
    [{ t: 100 }, {}, true, 'none'],
    [{ t: 95 }, { last }, true, 'last'],
    [{ t: 89 }, { last }, false, 'last'],
    [{ t: 900, u: 1 }, { last }, true, 'last'],
    [{ u: 1 }, { last }, false, 'last'],
    [{ t: 111 }, { configured: { t: 100 } }, false, 'configured'],
    [{ t: 110 }, { configured: { t: 100 }, last }, true, 'both'],
    [{ t: 60 }, { configured: { t: 60 }, last }, true, 'both'],
    [{}, { configured: { t: 0 } }, false, 'configured'],
  ];
  for (const [found, given, fine, against] of cases) {
    const made = compareRows(new Map(Object.entries(found)), {
      configured: {},
      tolerancePercent: 10,
      ...given,
    });
    assert.deepEqual(
      [made.wrong.length === 0, made.against],
      [fine, against],
      JSON.stringify([found, given]),
    );
  }
});

test('a command’s last line is its result; anything else is a failure', () => {
  const told = parseTold('working\n{"rows": {"nis.patient": 12}, "moment": "now"}\n');
  assert.deepEqual([told.rows.get('nis.patient'), told.moment], [12, 'now']);
  for (const said of ['', 'done', '{"rows": {"t": "12"}}', '{"rows": {"t": -1}}', '{}'])
    assert.throws(
      () => parseTold(said),
      (error) => isNamedError(error, 'DRILL_FAILED'),
    );
});

test('errors in databases that were not restored are passed over, all others are not', () => {
  const other =
    "ERROR 1146 (42S02) at line 4: Table 'his.bed' doesn't exist\nERROR 1049 (42000) at line 5: Unknown database 'his'";
  const own = "ERROR 1146 (42S02) at line 4: Table 'nis.bed' doesn't exist";
  const done = (code: number, stderr: string) => ({ code, stdout: '', stderr });
  assert.equal(faultOf(done(2, other), 'nis'), undefined);
  assert.match(faultOf(done(2, `${other}\n${own}`), 'nis') ?? '', /nis\.bed/);
  assert.match(faultOf(done(2, other), undefined) ?? '', /his\.bed/);
  assert.match(faultOf(done(1, 'mariadb-binlog: cannot read'), 'nis') ?? '', /cannot read/);
  assert.equal(faultOf(done(0, ''), undefined), undefined);
});

const REPORT: BackupDrillReport = {
  of: 'drill',
  set: 's',
  at: 1,
  ok: true,
  seconds: 2,
  bytes: 3,
  moment: '',
  rows: [],
  text: 'x',
};

test('a report is a whole line behind a torn one, and belongs to whom the folder belongs', (t) => {
  const data = folder(t);
  if (process.getuid?.() === 0) chownSync(data, 65_534, 65_534);
  appendReport(data, REPORT);
  const path = join(data, 'drills.jsonl');
  appendFileSync(path, '{"of":"drill","se');
  appendReport(data, { ...REPORT, at: 2 });
  assert.deepEqual(readFileSync(path, 'utf8').split('\n'), [
    JSON.stringify(REPORT),
    '{"of":"drill","se',
    JSON.stringify({ ...REPORT, at: 2 }),
    '',
  ]);
  assert.equal(statSync(path).uid, statSync(data).uid);
  keepLastGood(data, 's', { at: 5, rows: { t: 1 } });
  assert.deepEqual([readLastGood(data, 's')?.rows, readLastGood(data, '__proto__')], [{ t: 1 }, undefined]);
});

test('of thousands of tables those that disagree and the largest fit into the record, and it says so', () => {
  const rows = Array.from({ length: 5_000 }, (_, i) => ({ table: `nis.table_${i}`, found: i }));
  const short = fitting({ ...REPORT, rows }, new Set(['nis.table_7']));
  assert.ok(encodeRecord(short) && short.rows.length > 500);
  assert.ok(
    short.rows.some((row) => row.table === 'nis.table_7') &&
      short.rows.some((row) => row.table === 'nis.table_4999'),
  );
  assert.match(short.text, new RegExp(`${5_000 - short.rows.length} further tables are not listed`));
});

test('a command is timed, judged by its exit code, and cut off at its time, with nothing left behind', async (t) => {
  const scratch = folder(t);
  const drill = (script: string, timeout = '1m') => {
    const given = {
      set: 's',
      driver: 'command',
      scratch,
      reserve: '1MiB',
      timeout,
      command: ['bash', '-c', script],
    };
    return runDrill({
      place: { config: readConfig(DRILL_SECTION, given), folder: '/backup', matches: () => true },
      drivers: [COMMAND_DRIVER],
      clock: systemClock(),
      signal: new AbortController().signal,
      progress: { step: () => {}, feed: () => () => {} },
    });
  };
  const good = await drill(`touch $NISWATCH_SCRATCH/x; echo '{"rows": {"t": 3}}'`);
  assert.deepEqual([good.report.ok, good.report.rows], [true, [{ table: 't', found: 3 }]]);
  const bad = await drill('echo no space in the vault >&2; exit 3');
  assert.deepEqual([bad.report.ok, bad.report.text], [false, 'bash ended with 3: no space in the vault']);
  const late = await drill('sleep 600 & sleep 600', '1s');
  assert.equal(late.report.text, 'not restored within 1 s (timeout)');
  assert.deepEqual(readdirSync(scratch), []);
});
