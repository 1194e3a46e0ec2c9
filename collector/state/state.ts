// Opens the state database: SQLite behind Kysely, every commit synced. Promise: a transaction that resolved survives a power
// cut; a database newer than this program is refused, not guessed at.

import { DatabaseSync } from 'node:sqlite';
import type { Kysely } from 'kysely';
import { NamedError } from '../../shared/errors.ts';
import { MIGRATIONS } from './migrations.ts';
import type { Tables } from './schema.ts';
import { openKysely } from './sqlite.ts';

export type State = Kysely<Tables>;

/** `path` is a file, or `:memory:` in tests. Throws NamedError STATE_UNAVAILABLE. */
export async function openState(path: string): Promise<State> {
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(path, { timeout: 5000 });
    database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on;');
  } catch (cause) {
    throw new NamedError('STATE_UNAVAILABLE', `cannot open ${path}: ${(cause as Error).message}`, { cause });
  }
  const state = openKysely<Tables>(database);
  await migrate(state, path);
  return state;
}

/** What the database threw, by its name in the catalogue; anything else as it is. */
export function nameStateError(error: unknown): unknown {
  if ((error as { code?: unknown } | null)?.code !== 'ERR_SQLITE_ERROR') return error;
  const message = `the state database failed: ${(error as Error).message}`;
  return new NamedError('STATE_UNAVAILABLE', message, { cause: error });
}

async function migrate(state: State, path: string): Promise<void> {
  await state.schema
    .createTable('migrations')
    .ifNotExists()
    .addColumn('name', 'text', (c) => c.primaryKey())
    .execute();
  const untyped = state as unknown as Kysely<{ migrations: { name: string } }>;
  const done = new Set((await untyped.selectFrom('migrations').select('name').execute()).map((r) => r.name));
  const unknown = [...done].find((name) => !MIGRATIONS.some((m) => m.name === name));
  if (unknown) {
    throw new NamedError(
      'STATE_UNAVAILABLE',
      `${path} was written by a newer version (migration ${unknown})`,
      {
        mend: 'Update the collector, or restore the backup taken before the update.',
      },
    );
  }
  for (const migration of MIGRATIONS) {
    if (done.has(migration.name)) continue;
    await state.transaction().execute(async (tx) => {
      await migration.up(tx as unknown as Kysely<unknown>);
      await (tx as unknown as typeof untyped)
        .insertInto('migrations')
        .values({ name: migration.name })
        .execute();
    });
  }
}
