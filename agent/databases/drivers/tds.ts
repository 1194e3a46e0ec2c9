// SQL Server by `tedious`, loaded when first used. Promise: one connection with read intent, one batch at a time, no longer than the time
// given.

import type { ConnectionConfig } from '../config.ts';
import type { Connection, Row } from '../engine.ts';

export async function connectTds(config: ConnectionConfig, signal: AbortSignal): Promise<Connection> {
  const { Connection: Tds, Request } = await import('tedious');
  const client = new Tds({
    server: config.host,
    authentication: { type: 'default', options: { userName: config.user, password: config.password } },
    options: {
      port: config.port || 1433,
      database: config.database || 'msdb',
      connectTimeout: config.timeout,
      requestTimeout: config.timeout,
      encrypt: config.encrypt,
      trustServerCertificate: true,
      appName: 'niswatch-agent',
      readOnlyIntent: true,
      useColumnNames: true,
      rowCollectionOnRequestCompletion: true,
      // Times of msdb are turned into UTC by the query.
      useUTC: true,
    },
  });
  await new Promise<void>((resolve, reject) => {
    client.connect((error?: Error) => (error ? reject(error) : resolve()));
  });
  const onAbort = (): void => client.close();
  signal.addEventListener('abort', onAbort, { once: true });
  const query = (sql: string): Promise<Row[]> =>
    new Promise((resolve, reject) => {
      const request = new Request(sql, (error, _count, rows) =>
        error ? reject(error) : resolve((rows as unknown as Record<string, { value: unknown }>[]).map(plain)),
      );
      client.execSqlBatch(request);
    });
  return {
    query,
    async close() {
      signal.removeEventListener('abort', onAbort);
      client.close();
    },
  };
}

/** `useColumnNames`: a row is an object of cells. */
function plain(row: Record<string, { value: unknown }>): Row {
  return Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, cell.value]));
}
