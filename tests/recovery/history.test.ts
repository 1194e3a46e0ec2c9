// The databases' own word by the real probe: a MariaDB and a PostgreSQL with pgBackRest are asked by their drivers, files are taken
// away, an archiver is made to fail, and what the probe tells is read back from its events.

import assert from 'node:assert/strict';
import { globSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { openHost } from '../../agent/host/host.ts';
import { DATABASE } from '../../agent/probes/database/database.ts';
import { decodeRecord } from '../../shared/backup/reported-event.ts';
import type { BackupRecord } from '../../shared/backup/reported.ts';
import { systemClock } from '../../shared/clock.ts';
import { readConfig } from '../../shared/config/schema.ts';
import { until } from '../support/programs.ts';
import { scratchFolder, sh, startMariaDb, startPostgres } from './scratch.ts';

interface Asked {
  check: string;
  text: string;
  records: BackupRecord[];
}

/** Asks again and again as the schedule does, with what was told before kept. */
function asker(...connections: Record<string, unknown>[]): () => Promise<Asked> {
  const config = readConfig(DATABASE.config, { connections }, { env: process.env });
  const probe = DATABASE.open(config, openHost({ clock: systemClock() }));
  return async () => {
    const reading = await probe.read(AbortSignal.timeout(60_000));
    assert.deepEqual(reading.errors, []);
    const [check] = reading.checks ?? [];
    return {
      check: check?.status ?? '',
      text: check?.text ?? '',
      records: (reading.events ?? []).map((event) => decodeRecord(event.kind, event.data) as BackupRecord),
    };
  };
}

const open = (asked: Asked) =>
  asked.records.flatMap((r) => (r.of === 'finding' ? [`${r.key}${r.gone ? ' gone' : ''}`] : []));

test('a real MariaDB: closed binary logs and their copies; a read-only account by password', async (t) => {
  const db = await startMariaDb(t, {
    flags: ['--log-bin=nis-bin', '--server-id=7', '--expire-logs-days=10'],
  });
  db.sql(
    `CREATE USER watch@localhost IDENTIFIED BY 'secret'; GRANT BINLOG MONITOR ON *.* TO watch@localhost`,
  );
  db.sql(
    'CREATE DATABASE nis; FLUSH BINARY LOGS; CREATE TABLE nis.t (id INT); FLUSH BINARY LOGS; FLUSH BINARY LOGS',
  );
  const copies = join(db.folder, 'copies');
  sh(`mkdir ${copies} && cp ${db.folder}/data/nis-bin.0* ${copies}`);
  process.env.NISWATCH_TEST_PASSWORD = 'secret';
  t.after(() => delete process.env.NISWATCH_TEST_PASSWORD);
  const account = { user: 'watch', password: { env: 'NISWATCH_TEST_PASSWORD' }, socket: db.socket };
  const ask = asker({ name: 'nis', engine: 'mariadb', folder: copies, ...account });
  const first = await ask();
  assert.equal(first.check, 'ok', first.text);
  const run = first.records.find((r) => r.of === 'run');
  assert.match(
    run?.of === 'run' ? (run.text ?? '') : '',
    /^4 logs, nis-bin\.000001 to nis-bin\.000004, at nis-bin\.000004:\d+, kept 240 h$/,
  );
  assert.deepEqual((await ask()).records, []);
  unlinkSync(join(copies, 'nis-bin.000002'));
  truncateSync(join(copies, 'nis-bin.000003'), 50);
  const second = await ask();
  assert.deepEqual([second.check, open(second)], ['warning', ['nis:missing', 'nis:smaller']]);
  assert.match(
    second.text,
    /磁盘上没有文件：nis-bin\.000002；文件比数据库记录的小：nis-bin\.000003 \(50 < \d+\)$/,
  );
  sh(`cp ${db.folder}/data/nis-bin.00000[23] ${copies}`);
  assert.deepEqual(open(await ask()), ['nis:missing gone', 'nis:smaller gone']);
});

test('a real PostgreSQL: the archiver is well, fails, and comes back', async (t) => {
  const archive = scratchFolder(t, 'nisarch');
  const db = startPostgres(t, [
    'archive_mode = on',
    'wal_level = replica',
    `archive_command = 'test ! -e ${archive}/stop && cp %p ${archive}/wal/%f'`,
  ]);
  sh(`mkdir ${archive}/wal`);
  db.psql(`CREATE TABLE x (i int); CREATE ROLE watch LOGIN; GRANT pg_monitor TO watch`);
  const close = () => db.psql('INSERT INTO x VALUES (1); SELECT pg_switch_wal()');
  const stat = (column: string) => db.psql(`SELECT ${column} FROM pg_stat_archiver`).trim();
  close();
  await until('a segment to be archived', 30_000, () => stat('last_archived_wal') !== '');
  const ask = asker({
    name: 'pg',
    engine: 'postgresql',
    socket: db.folder,
    port: db.port,
    user: 'watch',
    folder: join(archive, 'wal'),
  });
  const first = await ask();
  assert.equal(first.check, 'ok', first.text);
  assert.equal(first.records.filter((r) => r.of === 'run' && r.source === 'pg_stat_archiver').length, 1);
  writeFileSync(join(archive, 'stop'), '');
  close();
  await until('the archiver to fail', 60_000, () => Number(stat('failed_count')) > 0);
  const failing = await ask();
  assert.deepEqual([failing.check, open(failing)], ['warning', ['pg:archiver']]);
  assert.match(failing.text, /WAL 归档失败：0000000100000000000000/);
  rmSync(join(archive, 'stop'));
  // A new segment wakes the archiver, which else waits for a minute.
  close();
  await until('the archiver to go on', 90_000, () => stat('last_archived_time > last_failed_time') === 't');
  assert.deepEqual(open(await ask()), ['pg:archiver gone']);
});

test('a real pgBackRest: info is told as runs, and a backup that is gone from the disk is found', async (t) => {
  const repo = scratchFolder(t, 'nisrepo');
  const options = `--no-config --stanza=nis --repo1-path=${repo}/repo --lock-path=${repo} --log-level-file=off --log-level-console=warn`;
  const db = startPostgres(t, [
    'archive_mode = on',
    'wal_level = replica',
    'max_wal_senders = 4',
    `archive_command = 'pgbackrest ${options} --pg1-path="$PWD" archive-push %p'`,
  ]);
  const tool = `pgbackrest ${options} --pg1-path=${db.data} --pg1-socket-path=${db.folder} --pg1-port=${db.port} --pg1-user=nobody --pg1-database=postgres`;
  sh(
    `${tool} stanza-create && ${tool} --start-fast --no-archive-check --process-max=1 --compress-level=1 --type=full backup`,
  );
  const ask = asker({
    name: 'rest',
    set: 'nis',
    engine: 'pgbackrest',
    folder: join(repo, 'repo'),
    arguments: [
      '--no-config',
      '--stanza=nis',
      `--repo1-path=${repo}/repo`,
      `--lock-path=${repo}`,
      '--log-level-file=off',
    ],
  });
  const first = await ask();
  assert.equal(first.check, 'ok', first.text);
  const run = first.records.find((r) => r.of === 'run');
  const [label = ''] = globSync(join(repo, 'repo', 'backup', 'nis', '*F')).map((path) => basename(path));
  assert.deepEqual(run?.of === 'run' && [run.set, run.kind, run.file, run.ok], ['nis', 'full', label, true]);
  rmSync(join(repo, 'repo', 'backup', 'nis', label), { recursive: true });
  const second = await ask();
  assert.deepEqual([second.check, open(second)], ['warning', ['rest:missing']]);
});

test('a server that does not answer is unknown, by name, and hides no other', async (t) => {
  const output = join(scratchFolder(t, 'nisout'), 'info.json');
  writeFileSync(output, '[]');
  const config = readConfig(DATABASE.config, {
    connections: [
      { name: 'gone', engine: 'postgresql', host: '127.0.0.1', port: 1, user: 'x' },
      { name: 'sql', engine: 'sqlserver', host: '127.0.0.1', port: 1, user: 'x', timeout: '2s' },
      { name: 'ora', engine: 'oracle', host: '127.0.0.1', port: 1, user: 'x' },
      { name: 'rest', engine: 'pgbackrest', output },
    ],
  });
  const reading = await DATABASE.open(config, openHost({ clock: systemClock() })).read(
    AbortSignal.timeout(60_000),
  );
  assert.deepEqual(
    reading.checks?.map((check) => [check.id, check.status]),
    [
      ['history:gone', 'unknown'],
      ['history:sql', 'unknown'],
      ['history:ora', 'unknown'],
      ['history:rest', 'ok'],
    ],
  );
  assert.match(reading.checks?.[0]?.text ?? '', /ECONNREFUSED/);
  assert.match(reading.errors?.[2]?.message ?? '', /oracledb is not installed/);
});
