// Migration acceptance on real databases: stock is taken by the program as a person calls it, tables are moved with a loss, and the
// comparison finds it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { stringify } from 'yaml';
import type { Comparison } from '../../agent/inventory/compare.ts';
import type { Inventory } from '../../agent/inventory/inventory.ts';
import { temporaryFolder } from '../support/programs.ts';
import { startMariaDb, startPostgres } from './scratch.ts';

const main = join(import.meta.dirname, '..', '..', 'agent', 'main.ts');

function agent(...args: string[]): { code: number | null; out: string; err: string } {
  const env = { ...process.env, LANG: 'C', LC_ALL: 'C' };
  const done = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', main, 'inventory', ...args],
    { encoding: 'utf8', env },
  );
  return { code: done.status, out: done.stdout, err: done.stderr };
}

test('stock of a real MariaDB and PostgreSQL; a lost row and a changed collation stand against acceptance', async (t) => {
  const folder = temporaryFolder(t, 'nisinv');
  const my = await startMariaDb(t);
  const pg = startPostgres(t, []);
  my.sql(
    'CREATE DATABASE nis CHARACTER SET utf8mb4; USE nis; CREATE TABLE patient (id INT); INSERT INTO patient VALUES (1), (2), (3)',
  );
  pg.psql('CREATE SCHEMA lab; CREATE TABLE lab.result AS SELECT generate_series(1, 7) AS id');
  const connections = [
    { name: 'my', engine: 'mariadb', user: 'root', socket: my.socket },
    { name: 'pg', engine: 'postgresql', user: 'nobody', socket: pg.folder, port: pg.port },
  ];
  writeFileSync(join(folder, 'agent.yaml'), stringify({ probes: { database: { connections } } }));
  const [before, after, page] = ['before.json', 'after.json', 'page.html'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  const stock = (out: string) => {
    const done = agent('--data', folder, '--out', out);
    assert.equal(done.code, 0, done.err);
    return JSON.parse(readFileSync(out, 'utf8')) as Inventory;
  };
  const first = stock(before);
  assert.deepEqual(first.sections.tables, [
    { key: 'my/nis.patient', facts: { rows: 3 } },
    { key: 'pg/postgres.lab.result', facts: { rows: 7 } },
  ]);
  assert.deepEqual(
    first.sections.databases.map((d) => [d.key, d.facts.collation]),
    [
      ['my/nis', 'utf8mb4_general_ci'],
      ['pg/postgres', 'C'],
    ],
  );
  assert.ok(first.sections.volumes.length > 0 && first.sections.versions.some((v) => v.key === 'mariadb'));
  my.sql('DELETE FROM nis.patient WHERE id = 2; ALTER DATABASE nis COLLATE utf8mb4_bin');
  pg.psql('INSERT INTO lab.result VALUES (8)');
  stock(after);
  const done = agent('compare', before, after, '--out', page, '--json');
  assert.equal(done.code, 2, done.err);
  const { differences, verdict } = JSON.parse(done.out) as Comparison;
  const ours = differences.filter((d) => d.section === 'databases' || d.section === 'tables');
  assert.deepEqual(
    [verdict, ours.filter((d) => d.fact !== 'bytes').map((d) => [d.weight, d.key, d.before, d.after])],
    [
      'refused',
      [
        ['check', 'my/nis', 'utf8mb4_general_ci', 'utf8mb4_bin'],
        ['fault', 'my/nis.patient', 3, 2],
        ['check', 'pg/postgres.lab.result', 7, 8],
      ],
    ],
  );
  assert.match(readFileSync(page, 'utf8'), /^<!doctype html>/);
  assert.match(agent('compare', before, join(folder, 'agent.yaml')).err, /cannot be read as an inventory/);
});
