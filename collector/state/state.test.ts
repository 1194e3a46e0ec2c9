import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { sql } from 'kysely';
import { isNamedError } from '../../shared/errors.ts';
import { nameStateError, openState } from './state.ts';

function folder(t: { after(run: () => void): void }): string {
  const path = mkdtempSync(join(tmpdir(), 'niswatch-state-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test('keeps what was committed across a reopening', async (t) => {
  const path = join(folder(t), 'state.db');
  const first = await openState(path);
  await first
    .insertInto('hospitals')
    .values({ id: 'h1', name: '市一院', timeZone: 'Asia/Shanghai', createdAt: 1 })
    .execute();
  await first.destroy();
  const second = await openState(path);
  t.after(() => second.destroy());
  const rows = await second.selectFrom('hospitals').selectAll().execute();
  assert.deepEqual({ ...rows[0] }, { id: 'h1', name: '市一院', timeZone: 'Asia/Shanghai', createdAt: 1 });
  assert.equal(rows.length, 1);
});

test('refuses a database of a newer version with a named error', async (t) => {
  const path = join(folder(t), 'state.db');
  const state = await openState(path);
  await sql`insert into migrations (name) values ('9999-future')`.execute(state);
  await state.destroy();
  await assert.rejects(openState(path), (error) => isNamedError(error, 'STATE_UNAVAILABLE'));
});

test('rolls the whole transaction back when one statement fails', async (t) => {
  const state = await openState(':memory:');
  t.after(() => state.destroy());
  await assert.rejects(
    state.transaction().execute(async (tx) => {
      await tx.insertInto('meta').values({ key: 'a', value: '1' }).execute();
      await tx.insertInto('meta').values({ key: 'a', value: '2' }).execute();
    }),
  );
  assert.deepEqual(await state.selectFrom('meta').selectAll().execute(), []);
});

test('names the file when it cannot be opened', async () => {
  await assert.rejects(
    openState('/nonexistent/state.db'),
    (error) => isNamedError(error, 'STATE_UNAVAILABLE') && /state\.db/.test(error.message),
  );
});

test('a transaction takes the write lock before it reads, so that it cannot fail halfway', async (t) => {
  const path = join(folder(t), 'state.db');
  const state = await openState(path);
  t.after(() => state.destroy());
  // Another process, which does not wait.
  const other = new DatabaseSync(path, { timeout: 0 });
  t.after(() => other.close());
  const write = () => other.exec("insert into meta (key, value) values ('other', '1')");
  await state.transaction().execute(async (tx) => {
    await tx.selectFrom('meta').selectAll().execute();
    assert.throws(write, /locked/);
  });
  write();
});

test('a database that cannot be written is an error by name; other errors stay what they are', async () => {
  const state = await openState(':memory:');
  await sql`pragma query_only = on`.execute(state);
  const write = state.insertInto('meta').values({ key: 'k', value: 'v' }).execute();
  const error = await write.catch(nameStateError);
  assert.ok(isNamedError(error, 'STATE_UNAVAILABLE'), String(error));
  assert.match(error.message, /readonly/);
  const other = new Error('another');
  assert.equal(nameStateError(other), other);
  await state.destroy();
});

test('a statement never gets into the middle of a transaction, and those that wait keep their order', async (t) => {
  const state = await openState(':memory:');
  t.after(() => state.destroy());
  const order: string[] = [];
  const put = async (db: typeof state, key: string): Promise<void> => {
    await db.insertInto('meta').values({ key, value: '' }).execute();
    order.push(key);
  };
  const failing = state.transaction().execute(async (tx) => {
    await put(tx, 'undone');
    await new Promise((resolve) => setImmediate(resolve));
    await put(tx, 'undone too');
    throw new Error('rolled back');
  });
  const others = ['a', 'b', 'c'].map((key) => put(state, key));
  await assert.rejects(failing, /rolled back/);
  await Promise.all(others);
  assert.deepEqual(order, ['undone', 'undone too', 'a', 'b', 'c']);
  const rows = await state.selectFrom('meta').select('key').orderBy('key').execute();
  assert.deepEqual(
    rows.map(({ key }) => key),
    ['a', 'b', 'c'],
  );
});

test('a statement that fails rejects and leaves the connection to the next one', async (t) => {
  const state = await openState(':memory:');
  t.after(() => state.destroy());
  const wrong = sql`select * from nothing`.execute(state);
  await assert.rejects(wrong, /nothing/);
  assert.deepEqual(await state.selectFrom('meta').selectAll().execute(), []);
});
