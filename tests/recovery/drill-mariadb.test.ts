// Drills of a real MariaDB: its dump with binary logs and its physical backup, good and damaged, restored beside it.

import assert from 'node:assert/strict';
import { globSync, truncateSync, unlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, test } from 'node:test';
import { until } from '../support/programs.ts';
import { drillBench } from './drill.ts';
import { sh, startMariaDb } from './scratch.ts';

const ROWS = 500;
const scope = { after: (run: () => unknown) => after(async () => void (await run())) };
const bench = drillBench(scope);
const db = await startMariaDb(scope, {
  flags: ['--log-bin=nis-bin', '--server-id=7', '--innodb-buffer-pool-size=32M', '--innodb-log-file-size=8M'],
});
const [logical, physical, logs, fewer] = ['logical', 'physical', 'logs', 'fewer'].map((name) =>
  join(db.folder, name),
) as [string, string, string, string];

function takeBackups(): void {
  sh(`mkdir ${logical} ${physical} ${logs} ${fewer}`);
  db.sql(
    `CREATE DATABASE other; CREATE TABLE other.t (id INT); CREATE DATABASE nis; USE nis; CREATE TABLE patient (id INT PRIMARY KEY, name VARCHAR(60));
     INSERT INTO patient SELECT seq, REPEAT('x', 50) FROM seq_1_to_${ROWS}; CREATE TABLE ward (id INT); INSERT INTO ward VALUES (1), (2), (3)`,
  );
  const dump = `mariadb-dump --no-defaults -u root --socket=${db.socket} --single-transaction --events --master-data=2 nis`;
  sh(`${dump} --flush-logs | gzip > ${logical}/nis.sql.gz`);
  const backup = `mariadb-backup --no-defaults --backup --socket=${db.socket} --user=root`;
  sh(`${backup} --target-dir=${physical}/full 2> /dev/null`);
  // Without a default database, as a statement of a log that no filter by name keeps.
  db.sql('INSERT INTO nis.ward VALUES (4); INSERT INTO other.t VALUES (1)');
  sh(`${backup} --target-dir=${physical}/inc --incremental-basedir=${physical}/full 2> /dev/null`);
  db.sql(
    'FLUSH BINARY LOGS; INSERT INTO nis.ward VALUES (5); FLUSH BINARY LOGS; INSERT INTO nis.ward VALUES (6)',
  );
  for (const folder of [logical, logs]) sh(`cp ${db.folder}/data/nis-bin.0* ${folder}`);
  db.sql('DELETE FROM nis.ward WHERE id > 1');
  sh(`${dump} | gzip > ${fewer}/nis.sql.gz`);
}
takeBackups();

const DUMPS = [{ name: 'dump', folder: logical, pattern: '*.sql.gz' }];

const rowsOf = (report: { rows: { table: string; found: number }[] } | undefined) =>
  Object.fromEntries((report?.rows ?? []).map((row) => [row.table, row.found]));

/** A drill at the moment when its scratch server loads a dump, which takes longer than the test. */
async function loading() {
  const child = bench.begin('slow');
  let said = '';
  child.stderr?.on('data', (text) => (said += String(text)));
  const ended = new Promise<number | null>((done) => child.once('close', done));
  await until('the scratch server', 100_000, () => said.includes('mariadb < slow.sql'));
  return { child, ended, said: () => said };
}

test('a dump and its logs: every row of the last commit, recorded, nothing left behind', async (t) => {
  const slow = join(db.folder, 'slow');
  sh(
    `mkdir ${slow} && gzip -dc ${logical}/nis.sql.gz | sed 's/^-- Dump completed/DO SLEEP(600);\\n&/' > ${slow}/slow.sql`,
  );
  bench.configure(
    [...DUMPS, { name: 'slow', folder: slow }],
    [{ set: 'dump', expected: { 'nis.patient': ROWS } }, { set: 'slow' }],
  );
  const live = db.sql('SELECT COUNT(*) FROM nis.ward');
  const shown = bench.drill('dump', '--dry-run');
  assert.equal(shown.code, 0, shown.err);
  assert.equal((JSON.parse(shown.out) as { driver: string }).driver, 'mysqldump');
  assert.deepEqual([bench.recorded(), bench.left()], [[], []]);

  await t.test('Ctrl-C stops and removes the scratch instance, and is no result', async () => {
    const { child, ended, said } = await loading();
    child.kill('SIGINT');
    assert.equal(await ended, 1, said());
    assert.match(said(), /interrupted; the scratch instance is removed/);
    assert.deepEqual([bench.recorded(), bench.left()], [[], []]);
  });

  await t.test('what a killed drill left behind goes at the next one', async () => {
    const { child, ended } = await loading();
    child.kill('SIGKILL');
    await ended;
    assert.ok(bench.left().length > 1);
    const done = bench.drill('dump');
    assert.equal(done.code, 0, done.err + done.out);
    assert.deepEqual(rowsOf(done.report), { 'nis.patient': ROWS, 'nis.ward': 6 });
    assert.deepEqual([bench.recorded().length, bench.left()], [1, []]);
  });
  assert.equal(db.sql('SELECT COUNT(*) FROM nis.ward'), live);
});

test('rows that are fewer than in the last good drill fail it', () => {
  bench.configure([{ name: 'dump', folder: fewer, pattern: '*.sql.gz' }], [{ set: 'dump' }]);
  const done = bench.drill('dump');
  assert.equal(done.code, 2, done.err + done.out);
  assert.match(done.report?.text ?? '', /1 tables disagree with the last good drill, tolerance 10 %/);
  const ward = done.report?.rows.find((row) => row.table === 'nis.ward');
  assert.deepEqual(ward, { table: 'nis.ward', found: 1, expected: 6 });
});

test('a full backup, an increment and logs', () => {
  bench.configure([{ name: 'pages', folder: physical }], [{ set: 'pages', logs }]);
  const done = bench.drill('pages');
  assert.equal(done.code, 0, done.err + done.out);
  assert.deepEqual(rowsOf(done.report), { 'nis.patient': ROWS, 'nis.ward': 6, 'other.t': 1 });
  assert.deepEqual(bench.left(), []);
});

function copied(folder: string, name: string): string {
  const to = join(db.folder, name);
  sh(`cp -a ${folder} ${to}`);
  return to;
}

function cutDump(): [string, RegExp] {
  const folder = copied(logical, 'cut');
  truncateSync(join(folder, 'nis.sql.gz'), 1_000);
  return [folder, /nis\.sql\.gz is INCOMPLETE/];
}

function missingLog(): [string, RegExp] {
  const folder = copied(logical, 'hole');
  const lost = globSync(join(folder, 'nis-bin.0*')).sort().at(-2) as string;
  unlinkSync(lost);
  return [folder, new RegExp(`binary log .*${basename(lost)} is missing`)];
}

function brokenStatement(): [string, RegExp] {
  const folder = copied(fewer, 'broken');
  sh(
    `cd ${folder} && gzip -dc nis.sql.gz | sed 's/CREATE TABLE .ward. (/CREATE TABLE ward/' > b.sql && rm nis.sql.gz && gzip b.sql`,
  );
  return [folder, /ERROR 1064/];
}

function cutRedoLog(): [string, RegExp] {
  const folder = copied(join(physical, 'full'), 'pages');
  truncateSync(join(folder, 'ib_logfile0'), 20_000);
  // What the cut takes away decides whether preparing, starting or counting meets it.
  return [folder, /mariadb-backup ended with|does not start|doesn't exist in engine/];
}

test('damage fails it and is named: a cut dump, a missing log, a broken statement, a cut redo log', () => {
  for (const [folder, said] of [cutDump(), missingLog(), brokenStatement(), cutRedoLog()]) {
    bench.configure([{ name: 'bad', folder }], [{ set: 'bad' }]);
    const done = bench.drill('bad');
    assert.equal(done.code, 2, done.err + done.out);
    assert.match(done.report?.text ?? '', said);
    assert.equal(bench.recorded().at(-1)?.ok, false);
    assert.deepEqual(bench.left(), []);
  }
});

test('another version, too little space, no such set: the drill is not held, and nothing is recorded', () => {
  const before = bench.recorded().length;
  const old = copied(physical, 'old');
  sh(`sed -i 's/^server_version = .*/server_version = 10.3.39-MariaDB/' ${old}/full/xtrabackup_info`);
  bench.configure(
    [{ name: 'old', folder: old }, ...DUMPS],
    [{ set: 'old' }, { set: 'dump', reserve: '900TiB' }, { set: 'gone', folder: '/nowhere' }],
  );
  for (const [set, said] of [
    ['old', /is of version 10\.3\.39-MariaDB; installed on this machine: MariaDB 1\d\./],
    ['dump', /needs about .* and 900 TiB must stay free/],
    ['gone', /\/nowhere does not exist/],
    ['dmp', /there is no set dmp; nearest: dump/],
  ] as const) {
    const done = bench.drill(set);
    assert.equal(done.code, 1, done.out);
    assert.match(done.err, said);
  }
  assert.deepEqual([bench.recorded().length, bench.left()], [before, []]);
});
