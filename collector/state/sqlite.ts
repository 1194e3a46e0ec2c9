// node:sqlite under Kysely. A statement of SQLite is done when the call returns: nothing need be waited for but the turn. Promise: a
// statement outside any transaction never gets into the middle of one; who asks for the connection gets it in order; a statement
// that finds the connection free runs at once, without the dozen promises of a driver that talks to a server.

import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import {
  CompiledQuery,
  type ConnectionProvider,
  type DatabaseConnection,
  DefaultQueryExecutor,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';

export function openKysely<Tables>(database: DatabaseSync): Kysely<Tables> {
  const connection = new Connection(database);
  const turns = new Turns(connection);
  const driver = driverOf(database, connection);
  const dialect: Dialect = {
    createDriver: () => driver,
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
  return new Kysely<Tables>({
    config: { dialect },
    dialect,
    driver,
    executor: new Executor(connection, turns, () => turns.isFree),
  });
}

/** Statements kept prepared: the collector asks the same few dozen again and again. */
const PREPARED_MAX = 200;

class Connection implements DatabaseConnection {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, ReturnType<typeof prepare>>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  // A statement that fails rejects, as with any other driver.
  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const { statement, isReader } = this.#prepared.get(sql) ?? this.#prepare(sql);
    const values = parameters as readonly SQLInputValue[];
    if (isReader) return { rows: statement.all(...values) as Row[] };
    const { changes, lastInsertRowid } = statement.run(...values);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }

  async *streamQuery<Row>({ sql, parameters }: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
    // One that is read row by row is its own: asked again meanwhile, it would begin anew.
    const rows = this.#database.prepare(sql).iterate(...(parameters as readonly SQLInputValue[]));
    for (const row of rows) yield { rows: [row as Row] };
  }

  #prepare(sql: string): ReturnType<typeof prepare> {
    const made = prepare(this.#database, sql);
    this.#prepared.set(sql, made);
    const [oldest] = this.#prepared.keys();
    if (this.#prepared.size > PREPARED_MAX && oldest !== undefined) this.#prepared.delete(oldest);
    return made;
  }
}

function prepare(database: DatabaseSync, sql: string) {
  const statement = database.prepare(sql);
  return { statement, isReader: statement.columns().length > 0 };
}

/** The one connection, to one after the other. */
class Turns implements ConnectionProvider {
  readonly #connection: Connection;
  /** Ends when the last one in the line has given the connection back. */
  #last: Promise<void> | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get isFree(): boolean {
    return this.#last === undefined;
  }

  async provideConnection<T>(use: (connection: DatabaseConnection) => Promise<T>): Promise<T> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    try {
      return await use(this.#connection);
    } finally {
      if (this.#last === promise) this.#last = undefined;
      resolve();
    }
  }
}

class Executor extends DefaultQueryExecutor {
  readonly #connection: Connection;
  readonly #mayRun: () => boolean;

  constructor(connection: Connection, provider: ConnectionProvider, mayRun: () => boolean) {
    super(new SqliteQueryCompiler(), new SqliteAdapter(), provider);
    this.#connection = connection;
    this.#mayRun = mayRun;
  }

  override executeQuery<Row>(
    query: CompiledQuery,
    options?: Parameters<DefaultQueryExecutor['executeQuery']>[1],
  ): Promise<QueryResult<Row>> {
    if (this.#mayRun() && !options?.signal) return this.#connection.executeQuery(query);
    return super.executeQuery(query, options);
  }

  /** For a transaction, which has the connection to itself. */
  override withConnectionProvider(provider: ConnectionProvider): DefaultQueryExecutor {
    return new Executor(this.#connection, provider, () => true);
  }
}

function driverOf(database: DatabaseSync, connection: Connection): Driver {
  const run = (sql: string) => async (): Promise<void> =>
    void (await connection.executeQuery(CompiledQuery.raw(sql)));
  return {
    init: async () => {},
    acquireConnection: async () => connection,
    releaseConnection: async () => {},
    // A transaction that begins by reading and writes later fails at once when another process (a command) wrote between; one
    // that takes the write lock first waits its turn.
    beginTransaction: run('begin immediate'),
    commitTransaction: run('commit'),
    rollbackTransaction: run('rollback'),
    destroy: async () => database.close(),
  };
}
