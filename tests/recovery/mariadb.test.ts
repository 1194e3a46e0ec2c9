// A real MariaDB: a dump, a physical full with an increment and binary logs are taken while rows with timestamps are written; then files
// are removed and cut, and the printed commands bring back the rows of their moment.

import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../support/programs.ts';
import { execute, planFor, windowsOf } from './niswatch.ts';
import type { scratchFolder } from './scratch.ts';
import { type MariaDb, sh, startMariaDb, stopByPidFile } from './scratch.ts';

interface Row {
  name: string;
  second: number;
}

/** The log keeps whole seconds: what a moment holds is clear only between them. */
async function nextSecond(): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  await until('the next second', 2000, () => Math.floor(Date.now() / 1000) > now, 10);
}

async function write(db: MariaDb, rows: Row[], name: string): Promise<void> {
  await nextSecond();
  const second = Number(
    db.sql(
      `INSERT INTO nis.mark (name) VALUES ('${name}'); SELECT UNIX_TIMESTAMP(at) DIV 1 FROM nis.mark WHERE name = '${name}'`,
    ),
  );
  rows.push({ name, second });
}

const iso = (second: number) => new Date(second * 1000).toISOString().replace('.000', '');
const before = (rows: readonly Row[], second: number) =>
  rows.filter((r) => r.second < second).map((r) => r.name);

interface Taken {
  db: MariaDb;
  rows: Row[];
  logical: string;
  physical: string;
}

const DUMP =
  'mariadb-dump --no-defaults -u root --single-transaction --routines --triggers --master-data=2 --flush-logs nis';

async function takeBackups(t: Parameters<typeof scratchFolder>[0]): Promise<Taken> {
  const flags = [
    '--log-bin=nis-bin',
    '--server-id=7',
    '--binlog-format=ROW',
    '--innodb-buffer-pool-size=32M',
    '--innodb-log-file-size=8M',
    '--character-set-server=utf8mb4',
  ];
  const db = await startMariaDb(t, { flags });
  const [logical, physical] = [join(db.folder, 'logical'), join(db.folder, 'physical')];
  sh(`mkdir ${logical} ${physical}`);
  db.sql(
    'CREATE DATABASE nis; CREATE TABLE nis.mark (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(9), at TIMESTAMP(6) DEFAULT CURRENT_TIMESTAMP(6)) ENGINE=InnoDB',
  );
  const rows: Row[] = [];
  const backup = `mariadb-backup --no-defaults --backup --socket=${db.socket} --user=root`;
  await write(db, rows, 'first');
  sh(`${DUMP} --socket=${db.socket} | gzip > ${logical}/nis.sql.gz`);
  sh(`${backup} --target-dir=${physical}/full 2> /dev/null`);
  await write(db, rows, 'second');
  sh(`${backup} --target-dir=${physical}/inc --incremental-basedir=${physical}/full 2> /dev/null`);
  db.sql('FLUSH BINARY LOGS');
  await write(db, rows, 'third');
  db.sql('CREATE TABLE nis.other (x INT); INSERT INTO nis.other VALUES (1)');
  db.sql('FLUSH BINARY LOGS');
  await write(db, rows, 'fourth');
  await write(db, rows, 'fifth');
  sh(`cp ${db.folder}/data/nis-bin.0* ${logical}; cp ${db.folder}/data/nis-bin.0* ${physical}`);
  return { db, rows, logical, physical };
}

const marks = (server: MariaDb, database: string) =>
  server.sql(`SELECT name FROM ${database}.mark ORDER BY id`).split('\n').filter(Boolean);

test('a real MariaDB: moments, gaps, and the printed commands', async (t) => {
  const { rows, logical, physical, db } = await takeBackups(t);
  const scratch = await startMariaDb(t, {
    flags: ['--innodb-buffer-pool-size=32M', '--innodb-log-file-size=8M'],
  });
  const target = ['--target-socket', scratch.socket, '--target-user', 'root'];
  const [, , third, fourth, fifth] = rows as [Row, Row, Row, Row, Row];

  await t.test('dump and logs: any moment up to the last event', () => {
    const [set, ...others] = windowsOf(logical);
    assert.equal(others.length, 0);
    assert.equal(set?.windows.length, 1);
    assert.equal(set?.windows[0]?.[1], iso(fifth.second));
    assert.deepEqual(set?.gaps, []);
    const made = planFor(logical, iso(fourth.second), ...target, '--character-set', 'utf8mb4');
    execute(made);
    assert.deepEqual(marks(scratch, 'nis'), before(rows, fourth.second));
    scratch.sql('DROP DATABASE IF EXISTS nis');
    execute(planFor(logical, iso(fifth.second), ...target, '--character-set', 'utf8mb4'));
    assert.deepEqual(
      marks(scratch, 'nis'),
      rows.map((r) => r.name),
    );
  });

  await t.test('full, increment and logs into a scratch server', async (t) => {
    const [set] = windowsOf(physical);
    assert.deepEqual([set?.method, set?.windows.length, set?.gaps], ['mariabackup', 1, []]);
    const folder = join(db.folder, 'restored');
    const made = planFor(physical, iso(fourth.second), '--target-dir', folder, '--target-user', 'root');
    assert.deepEqual(made.steps.map((s) => s.file).slice(0, 2), [
      join(physical, 'full'),
      join(physical, 'inc'),
    ]);
    stopByPidFile(t, `${folder}/mysqld.pid`);
    execute(made);
    const sql = (text: string) =>
      sh(`mariadb --no-defaults --socket=${folder}/mysqld.sock -u root -N -B -e ${JSON.stringify(text)}`);
    assert.deepEqual(marks({ ...scratch, sql }, 'nis'), before(rows, fourth.second));
  });

  await t.test('a deleted log is a gap that it names, and no plan leads into it', () => {
    const folder = join(db.folder, 'gap');
    mkdirSync(folder);
    const logs = sh(`cd ${logical} && ls nis-bin.0*`).split('\n').filter(Boolean);
    const lost = logs.at(-2) as string;
    for (const name of ['nis.sql.gz', ...logs.filter((n) => n !== lost)])
      copyFileSync(join(logical, name), join(folder, name));
    const [set] = windowsOf(folder);
    assert.deepEqual(
      set?.gaps.map((g) => g.missing.map((m) => m.file)),
      [[lost]],
    );
    const [end = '', resumes = ''] = [set?.windows[0]?.[1], set?.gaps[0]?.to];
    assert.ok(Date.parse(end) / 1000 <= third.second && resumes === iso(fifth.second));
    const refused = planFor(folder, iso(fourth.second), ...target);
    assert.equal(refused.possible, false);
    assert.equal(refused.nearest.before, end);
  });

  await t.test('a log that is cut short serves up to its last whole event', () => {
    const folder = join(db.folder, 'cut');
    mkdirSync(folder);
    sh(`chmod 777 ${logical}`);
    const logs = sh(`cd ${logical} && ls nis-bin.0*`).split('\n').filter(Boolean);
    for (const name of ['nis.sql.gz', ...logs]) copyFileSync(join(logical, name), join(folder, name));
    const last = join(folder, logs.at(-1) as string);
    const bytes = readFileSync(last);
    writeFileSync(last, bytes.subarray(0, bytes.length - 20));
    const [set] = windowsOf(folder);
    const end = set?.windows[0]?.[1] as string;
    scratch.sql('DROP DATABASE IF EXISTS nis');
    execute(planFor(folder, end, ...target, '--character-set', 'utf8mb4'));
    assert.deepEqual(
      marks(scratch, 'nis'),
      rows.slice(0, 4).map((r) => r.name),
    );
  });
});
