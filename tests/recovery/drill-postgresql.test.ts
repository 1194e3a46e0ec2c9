// Drills of a real PostgreSQL: its dump, its base backup with archived WAL, and its pgBackRest repository, good and damaged, restored
// beside it.

import assert from 'node:assert/strict';
import { globSync, readFileSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { drillBench } from './drill.ts';
import { scratchFolder, sh, startPostgres } from './scratch.ts';

const ROWS = 2_000;
const scope = { after: (run: () => unknown) => after(async () => void (await run())) };
const bench = drillBench(scope);
const store = scratchFolder(scope, 'nisstore');
const [dumps, cluster, repo] = ['dumps', 'cluster', 'repo'].map((name) => join(store, name)) as [
  string,
  string,
  string,
];
const pgbackrest = `pgbackrest --no-config --stanza=nis --repo1-path=${repo} --lock-path=${store} --log-level-file=off --log-level-console=warn`;
const db = startPostgres(scope, [
  'archive_mode = on',
  'wal_level = replica',
  'max_wal_senders = 4',
  `archive_command = 'cp %p ${cluster}/wal/%f && ${pgbackrest} --pg1-path="$PWD" archive-push %p'`,
]);

function takeBackups(): void {
  sh(`mkdir -p ${dumps} ${cluster}/wal ${cluster}/base`);
  const tool = `${pgbackrest} --pg1-path=${db.data} --pg1-socket-path=${db.folder} --pg1-port=${db.port} --pg1-user=nobody --pg1-database=postgres`;
  sh(`${tool} stanza-create`);
  db.psql(
    `CREATE ROLE nis_app; CREATE TABLE patient AS SELECT i AS id, repeat('x', 50) AS name FROM generate_series(1, ${ROWS}) i;
     ALTER TABLE patient OWNER TO nis_app; CREATE SCHEMA lab; CREATE TABLE lab.result (id int); INSERT INTO lab.result VALUES (1), (2)`,
  );
  const server = `-h ${db.folder} -p ${db.port} -U nobody`;
  sh(
    `pg_dump ${server} -Fc postgres > ${dumps}/nis.dump; pg_dumpall ${server} | zstd -q > ${store}/all.sql.zst`,
  );
  sh(`pg_basebackup ${server} -D ${cluster}/base -Ft -z -X stream --checkpoint=fast --no-sync`);
  sh(
    `${tool} --start-fast --no-archive-check --process-max=1 --compress-type=zst --compress-level=1 --type=full backup`,
  );
  const segments: string[] = [];
  for (const id of [3, 4, 5]) {
    db.psql(`INSERT INTO lab.result VALUES (${id})`);
    segments.push(db.psql('SELECT pg_walfile_name(pg_switch_wal())').trim());
  }
  const last = segments.at(-1) ?? '';
  sh(
    `for i in $(seq 600); do ls ${repo}/archive/nis/*/*/${last}-* > /dev/null 2>&1 && exit 0; sleep 0.1; done; exit 1`,
  );
}
takeBackups();

const WHOLE = { 'postgres.lab.result': 5, 'postgres.public.patient': ROWS };
const DUMPED = { ...WHOLE, 'postgres.lab.result': 2 };
const asNobody = { role: 'nobody' };

function copied(folder: string, name: string): string {
  const to = join(store, name);
  sh(`cp -a ${folder} ${to}`);
  return to;
}

function drilled(set: string, folder: string) {
  bench.configure([{ name: set, folder }], [{ set, ...asNobody }]);
  const done = bench.drill(set);
  const rows = Object.fromEntries((done.report?.rows ?? []).map((row) => [row.table, row.found]));
  assert.deepEqual(bench.left(), []);
  return { ...done, rows };
}

test('a dump of a database and of a whole cluster; roles that are missing are no fault', () => {
  const one = drilled('one', dumps);
  assert.equal(one.code, 0, one.err + one.out);
  assert.deepEqual(one.rows, DUMPED);
  sh(`mkdir ${store}/all && mv ${store}/all.sql.zst ${store}/all`);
  const all = drilled('all', join(store, 'all'));
  assert.equal(all.code, 0, all.err + all.out);
  assert.deepEqual(all.rows, DUMPED);
});

test('a base backup and its WAL up to the last commit', () => {
  const done = drilled('base', cluster);
  assert.equal(done.code, 0, done.err + done.out);
  assert.deepEqual(done.rows, WHOLE);
  assert.match(done.report?.moment ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
});

test('a pgBackRest repository up to the last commit', () => {
  const done = drilled('repo', repo);
  assert.equal(done.code, 0, done.err + done.out);
  assert.deepEqual(done.rows, WHOLE);
  assert.match(done.report?.text ?? '', /^pgbackrest: /);
});

test('damage fails it and is named: a cut dump, a hole in the WAL, a flipped byte, a lost file of the repository', () => {
  const cut = copied(dumps, 'cut');
  truncateSync(join(cut, 'nis.dump'), 4_000);
  const hole = copied(cluster, 'hole');
  const lost = globSync(join(hole, 'wal', '0*'))
    .sort()
    .at(-2) as string;
  unlinkSync(lost);
  const flipped = copied(cluster, 'flipped');
  const tar = join(flipped, 'base', 'base.tar.gz');
  const bytes = readFileSync(tar);
  bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 0x10;
  writeFileSync(tar, bytes);
  const thin = copied(repo, 'thin');
  unlinkSync(
    globSync(join(thin, 'backup', 'nis', '*F', 'pg_data', 'base', '**', '*.zst'))[0] ??
      globSync(join(thin, 'backup/nis/*F/bundle/*'))[0] ??
      '',
  );
  for (const [folder, said] of [
    [cut, /nis\.dump is (INCOMPLETE|CORRUPT)/],
    [hole, new RegExp(`WAL segment ${lost.slice(-24)} is missing although`)],
    [flipped, /gzip|crc|tar|pg_verifybackup/],
    [thin, /pgbackrest/],
  ] as const) {
    const done = drilled('bad', folder);
    assert.equal(done.code, 2, done.err + done.out);
    assert.match(done.report?.text ?? '', said);
  }
});

test('another version and a tablespace that leads outside are refused before anything is started', () => {
  const before = bench.recorded().length;
  const old = copied(repo, 'old');
  sh(
    `sed -i 's/"db-version":"15"/"db-version":"12"/; s/db-version="15"/db-version="12"/' ${old}/backup/nis/backup.info`,
  );
  const plain = join(store, 'plain');
  sh(
    `mkdir ${plain} && tar -xzf ${cluster}/base/base.tar.gz -C ${plain} && ln -s ${db.data} ${plain}/pg_tblspc/16999`,
  );
  for (const [folder, said] of [
    [old, /is of PostgreSQL 12; installed on this machine: 1\d/],
    [plain, /has tablespaces in folders of their own/],
  ] as const) {
    const done = drilled('no', folder);
    assert.equal(done.code, 1, done.out);
    assert.match(done.err, said);
  }
  assert.equal(bench.recorded().length, before);
});
