// PostgreSQL by `pg`, loaded when first used. Promise: one connection, read only by its own setting, no longer than the time given.

import type { ConnectionConfig } from '../config.ts';
import type { Connection, Row } from '../engine.ts';

export async function connectPg(config: ConnectionConfig, signal: AbortSignal): Promise<Connection> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({
    host: config.socket || config.host,
    port: config.port || 5432,
    user: config.user,
    database: config.database || 'postgres',
    ...(config.password !== '' && { password: config.password }),
    connectionTimeoutMillis: config.timeout,
    query_timeout: config.timeout,
    statement_timeout: config.timeout,
    application_name: 'niswatch-agent',
    options: '-c default_transaction_read_only=on -c lock_timeout=2000',
  });
  // A connection that breaks while it is idle says so here too; the query that follows fails anyway.
  client.on('error', () => {});
  const onAbort = (): void => void client.end().catch(() => {});
  signal.addEventListener('abort', onAbort, { once: true });
  await client.connect();
  return {
    query: async (sql) => (await client.query(sql)).rows as Row[],
    async close() {
      signal.removeEventListener('abort', onAbort);
      await client.end();
    },
  };
}
