// A real PostgreSQL: a base backup and archived WAL while rows are committed; then segments are removed and cut, and the printed commands
// bring back the rows of their moment. The same with a repository of pgBackRest.

import assert from 'node:assert/strict';
import { readFileSync, truncateSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { execute, type PlanJson, planFor, windowsOf } from './niswatch.ts';
import { type Postgres, scratchFolder, sh, startPostgres, stopByPidFile } from './scratch.ts';

interface Row {
  name: string;
  us: number;
}

function write(db: Postgres, rows: Row[], name: string): void {
  db.psql(`INSERT INTO mark (name) VALUES ('${name}')`);
  // What a moment holds is decided by the commit, not by the clock in the row.
  const us = Number(
    db.psql(
      `SELECT floor(extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000000)::bigint FROM mark WHERE name = '${name}'`,
    ),
  );
  rows.push({ name, us });
}

const SETTINGS = [
  'track_commit_timestamp = on',
  'archive_mode = on',
  'wal_level = replica',
  'max_wal_senders = 4',
  'hot_standby = on',
];

/** Between two commits. */
function between(a: Row, b: Row): string {
  const us = Math.floor((a.us + b.us) / 2);
  return `${new Date(Math.floor(us / 1000)).toISOString().slice(0, 19)}.${String(us % 1_000_000).padStart(6, '0')}Z`;
}

const names = (rows: readonly Row[]) => rows.map((r) => r.name);

/** Executes the plan into an own folder and asks the restored server for its rows. */
function restored(t: Parameters<typeof scratchFolder>[0], made: PlanJson, folder: string): string[] {
  assert.equal(made.possible, true, made.why ?? '');
  stopByPidFile(t, join(folder, 'postmaster.pid'), 'SIGQUIT');
  execute(made);
  const start = made.after.find((c) => c.command?.includes('pg_ctl'))?.command;
  if (start) sh(start);
  const query = `psql -h ${folder} -p 54329 -U nobody -d postgres -X -A -t -q -c 'SELECT name FROM mark ORDER BY id'`;
  return sh(query).split('\n').filter(Boolean);
}

test('a real PostgreSQL: moments, gaps, and the printed commands', async (t) => {
  const archive = scratchFolder(t, 'niswal');
  const db = startPostgres(t, [
    ...SETTINGS,
    `archive_command = 'test ! -f ${archive}/wal/%f && cp %p ${archive}/wal/%f'`,
  ]);
  sh(`mkdir ${archive}/wal ${archive}/base`);
  db.psql('CREATE TABLE mark (id serial PRIMARY KEY, name text)');
  const rows: Row[] = [];
  const logs: string[] = [];
  const close = () => logs.push(db.psql('SELECT pg_walfile_name(pg_switch_wal())').trim());
  write(db, rows, 'first');
  sh(
    `pg_basebackup -h ${db.folder} -p ${db.port} -U nobody -D ${archive}/base -Ft -z -X stream --checkpoint=fast --no-sync`,
  );
  for (const name of ['second', 'third', 'fourth', 'fifth']) {
    write(db, rows, name);
    close();
  }
  db.psql('CHECKPOINT');
  sh(`for i in $(seq 600); do test -f ${archive}/wal/${logs.at(-1)} && exit 0; sleep 0.1; done; exit 1`);
  const [, second, third, fourth, fifth] = rows as [Row, Row, Row, Row, Row];

  await t.test('base and WAL: any moment up to the last commit', (t) => {
    const [set, ...others] = windowsOf(archive);
    assert.equal(others.length, 0);
    assert.deepEqual([set?.windows.length, set?.gaps], [1, []]);
    const end = set?.windows[0]?.[1] ?? '';
    assert.equal(Date.parse(end), Math.floor(fifth.us / 1000));
    const folder = join(scratchFolder(t, 'nisre'), 'd');
    const made = planFor(archive, between(third, fourth), '--target-dir', folder);
    assert.deepEqual(restored(t, made, folder), names(rows.slice(0, 3)));
    const whole = join(scratchFolder(t, 'nisre'), 'd');
    assert.deepEqual(
      restored(t, planFor(archive, end, '--target-dir', whole, '--target-port', '54329'), whole),
      names(rows),
    );
  });

  await t.test('a segment that is cut or deleted is a gap that it names', (t) => {
    const lost = join(archive, 'wal', logs[2] ?? '');
    const saved = readFileSync(lost);
    truncateSync(lost, saved.length / 2);
    const [cut] = windowsOf(archive);
    assert.deepEqual(
      cut?.gaps[0]?.missing.map((m) => m.segment),
      [logs[2]],
    );
    // The server itself would fetch the cut one, and end for its size.
    const early = join(scratchFolder(t, 'nisre'), 'd');
    const upTo = planFor(archive, cut?.windows[0]?.[1] ?? '', '--target-dir', early);
    assert.deepEqual(restored(t, upTo, early), names(rows.slice(0, 3)));
    unlinkSync(lost);
    const [set] = windowsOf(archive);
    assert.deepEqual(set?.windows, cut?.windows);
    assert.deepEqual(
      set?.gaps[0]?.missing.map((m) => m.segment),
      [logs[2]],
    );
    assert.equal(Date.parse(set?.windows[0]?.[1] ?? ''), Math.floor(third.us / 1000));
    assert.equal(planFor(archive, between(third, fourth)).possible, false);
    const folder = join(scratchFolder(t, 'nisre'), 'd');
    const made = planFor(archive, between(second, third), '--target-dir', folder);
    assert.deepEqual(restored(t, made, folder), names(rows.slice(0, 2)));
  });
});

test('a real pgBackRest repository: the newest backup before the moment, and WAL behind it', async (t) => {
  const repo = scratchFolder(t, 'nisrepo');
  const options = `--no-config --stanza=nis --repo1-path=${repo}/repo --lock-path=${repo} --log-level-file=off --log-level-console=warn`;
  const push = `pgbackrest ${options} archive-push %p`;
  const db = startPostgres(t, [...SETTINGS, `archive_command = '${push} --pg1-path="$PWD"'`]);
  const tool = (words: string) =>
    sh(
      `pgbackrest ${options} --pg1-path=${db.data} --pg1-socket-path=${db.folder} --pg1-port=${db.port} --pg1-user=nobody --pg1-database=postgres ${words}`,
    );
  const BACKUP = '--start-fast --no-archive-check --process-max=1 --compress-type=zst --compress-level=1';
  tool('stanza-create');
  db.psql('CREATE TABLE mark (id serial PRIMARY KEY, name text)');
  const rows: Row[] = [];
  write(db, rows, 'first');
  tool(`${BACKUP} --type=full backup`);
  write(db, rows, 'second');
  tool(`${BACKUP} --type=diff backup`);
  for (const name of ['third', 'fourth']) write(db, rows, name);
  const last = db.psql('SELECT pg_walfile_name(pg_switch_wal())').trim();
  sh(
    `for i in $(seq 600); do find ${repo}/repo/archive -name '${last}-*' | grep -q . && exit 0; sleep 0.1; done; exit 1`,
  );
  const [set] = windowsOf(join(repo, 'repo'));
  assert.deepEqual([set?.method, set?.windows.length], ['pgbackrest', 1]);
  const [, , third, fourth] = rows as [Row, Row, Row, Row];
  const folder = join(scratchFolder(t, 'nisre'), 'd');
  const made = planFor(join(repo, 'repo'), between(third, fourth), '--target-dir', folder);
  assert.match(made.steps[0]?.file ?? '', /D$/);
  assert.deepEqual(restored(t, made, folder), names(rows.slice(0, 3)));
  // pgBackRest refuses a segment that lies there twice; the printed command takes the good one.
  sh(
    `cd ${repo}/repo/archive/nis/*/*/ && head -c 500 ${last}-*.* > ${last}-${'0'.repeat(40)}.$(ls ${last}-*.* | sed 's/.*[.]//')`,
  );
  const again = join(scratchFolder(t, 'nisre'), 'd');
  const doubled = planFor(join(repo, 'repo'), between(third, fourth), '--target-dir', again);
  assert.match(doubled.steps[0]?.command ?? '', /case %f in/);
  assert.deepEqual(restored(t, doubled, again), names(rows.slice(0, 3)));
});
