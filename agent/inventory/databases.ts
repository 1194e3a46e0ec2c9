// Databases with their sizes, and tables with every row counted, by the accounts that agent.yaml names. Promise: reads only, one connection
// at a time, closed after; a table that cannot be counted says so and hides no other.

import type { ConnectionConfig } from '../databases/config.ts';
import { type Connection, numberOf, type Row, textOf } from '../databases/engine.ts';
import { ENGINES } from '../databases/engines/index.ts';
import type { Fact, Item } from './inventory.ts';

/** Counting takes as long as it takes: the limit of the ordinary questions is too short for it. */
const COUNT_MS = 30 * 60_000;

export interface Held {
  databases: Item[];
  tables: Item[];
}

type Reader = (open: Open, counts: boolean) => Promise<Held>;

interface Open {
  name: string;
  connect(database: string): Promise<Connection>;
}

/** undefined: this engine's tables are not read. */
export function readerFor(config: ConnectionConfig): ((counts: boolean) => Promise<Held>) | undefined {
  const reader = READERS[config.engine];
  if (!reader) return undefined;
  const { signal } = new AbortController();
  const open: Open = {
    name: config.name,
    connect: (database) =>
      ENGINES[config.engine].connect(
        { ...config, timeout: COUNT_MS, database: database || config.database },
        signal,
      ),
  };
  return (counts) => reader(open, counts);
}

const READERS: Readonly<Partial<Record<ConnectionConfig['engine'], Reader>>> = {
  postgresql: readPostgres,
  mariadb: readMaria,
  mysql: readMaria,
  sqlserver: readSqlServer,
};

async function using<T>(connection: Connection, work: (connection: Connection) => Promise<T>): Promise<T> {
  try {
    return await work(connection);
  } finally {
    await connection.close().catch(() => {});
  }
}

const PG_DATABASES = `SELECT datname, pg_database_size(oid) AS bytes, pg_encoding_to_char(encoding) AS encoding, datcollate, current_setting('server_version') AS version FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY 1`;
const PG_TABLES = `SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2`;

async function readPostgres(open: Open, counts: boolean): Promise<Held> {
  const rows = await using(await open.connect(''), (c) => c.query(PG_DATABASES));
  const tables: Item[] = [];
  for (const database of rows.map((row) => textOf(row, 'datname'))) {
    const found = await using(await open.connect(database), async (connection) => {
      const listed = await connection.query(PG_TABLES);
      return countAll(connection, listed, { counts, prefix: `${open.name}/${database}`, quote: '"' });
    });
    tables.push(...found);
  }
  const databases = rows.map((row) =>
    database(open.name, textOf(row, 'datname'), {
      bytes: numberOf(row, 'bytes'),
      encoding: textOf(row, 'encoding'),
      collation: textOf(row, 'datcollate'),
      version: textOf(row, 'version'),
    }),
  );
  return { databases, tables };
}

function database(connection: string, name: string, facts: Record<string, Fact>): Item {
  return { key: `${connection}/${name}`, facts };
}

const NO_SYSTEM = `NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')`;
const MY_DATABASES = `SELECT s.schema_name AS name, s.default_character_set_name AS encoding, s.default_collation_name AS collation, VERSION() AS version, (SELECT COALESCE(SUM(t.data_length + t.index_length), 0) FROM information_schema.tables t WHERE t.table_schema = s.schema_name) AS bytes FROM information_schema.schemata s WHERE s.schema_name ${NO_SYSTEM} ORDER BY 1`;
const MY_TABLES = `SELECT table_schema AS \`schema\`, table_name AS name FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND table_schema ${NO_SYSTEM} ORDER BY 1, 2`;

async function readMaria(open: Open, counts: boolean): Promise<Held> {
  return using(await open.connect(''), async (connection) => {
    const databases = (await connection.query(MY_DATABASES)).map((row) =>
      database(open.name, textOf(row, 'name'), {
        bytes: numberOf(row, 'bytes'),
        encoding: textOf(row, 'encoding'),
        collation: textOf(row, 'collation'),
        version: textOf(row, 'version'),
      }),
    );
    const listed = await connection.query(MY_TABLES);
    const tables = await countAll(connection, listed, { counts, prefix: open.name, quote: '`' });
    return { databases, tables };
  });
}

interface Counting {
  counts: boolean;
  prefix: string;
  quote: string;
}

async function countAll(
  connection: Connection,
  listed: readonly Row[],
  { counts, prefix, quote }: Counting,
): Promise<Item[]> {
  const named = (part: string): string => `${quote}${part.replaceAll(quote, quote + quote)}${quote}`;
  const items: Item[] = [];
  for (const row of listed) {
    const [schema, name] = [textOf(row, 'schema'), textOf(row, 'name')];
    const key = prefix.includes('/') ? `${prefix}.${schema}.${name}` : `${prefix}/${schema}.${name}`;
    items.push({ key, facts: counts ? await counted(connection, `${named(schema)}.${named(name)}`) : {} });
  }
  return items;
}

async function counted(connection: Connection, table: string): Promise<Record<string, Fact>> {
  try {
    const [row = {}] = await connection.query(`SELECT COUNT(*) AS n FROM ${table}`);
    return { rows: numberOf(row, 'n') };
  } catch (error) {
    return { unread: (error as Error).message.slice(0, 200) };
  }
}

const MS_DATABASES = `SELECT d.name, d.collation_name AS collation, d.recovery_model_desc AS recovery, d.compatibility_level AS compatibility, CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(40)) AS version, (SELECT SUM(CAST(f.size AS bigint)) * 8192 FROM sys.master_files f WHERE f.database_id = d.database_id) AS bytes FROM sys.databases d WHERE d.name <> 'tempdb' AND d.state = 0 ORDER BY d.name`;
const MS_TABLES = `SELECT s.name AS [schema], t.name AS name, SUM(p.rows) AS n FROM [{db}].sys.tables t JOIN [{db}].sys.schemas s ON s.schema_id = t.schema_id JOIN [{db}].sys.partitions p ON p.object_id = t.object_id AND p.index_id IN (0, 1) GROUP BY s.name, t.name ORDER BY s.name, t.name`;

/** The server keeps the number of rows itself. */
async function readSqlServer(open: Open, counts: boolean): Promise<Held> {
  return using(await open.connect('master'), async (connection) => {
    const rows = await connection.query(MS_DATABASES);
    const tables: Item[] = [];
    for (const name of rows
      .map((row) => textOf(row, 'name'))
      .filter((n) => !/^(master|model|msdb)$/.test(n))) {
      for (const row of await connection.query(MS_TABLES.replaceAll('{db}', name.replaceAll(']', ']]'))))
        tables.push({
          key: `${open.name}/${name}.${textOf(row, 'schema')}.${textOf(row, 'name')}`,
          facts: counts ? { rows: numberOf(row, 'n') } : {},
        });
    }
    const databases = rows.map((row) =>
      database(open.name, textOf(row, 'name'), {
        bytes: numberOf(row, 'bytes'),
        collation: textOf(row, 'collation'),
        recovery: textOf(row, 'recovery'),
        compatibility: numberOf(row, 'compatibility'),
        version: textOf(row, 'version'),
      }),
    );
    return { databases, tables };
  });
}
