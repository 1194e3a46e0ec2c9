// MySQL and MariaDB by `mysql2`, loaded when first used. Promise: one connection, one statement at a time, no longer than the time given.

import type { ConnectionConfig } from '../config.ts';
import type { Connection, Row } from '../engine.ts';

export async function connectMysql(config: ConnectionConfig, signal: AbortSignal): Promise<Connection> {
  const { createConnection } = await import('mysql2/promise');
  const client = await createConnection({
    ...(config.socket === ''
      ? { host: config.host, port: config.port || 3306 }
      : { socketPath: config.socket }),
    user: config.user,
    ...(config.password !== '' && { password: config.password }),
    ...(config.database !== '' && { database: config.database }),
    connectTimeout: config.timeout,
    multipleStatements: false,
    // The interpreter reads rows: no code is made at run time.
    disableEval: true,
  });
  const onAbort = (): void => client.destroy();
  signal.addEventListener('abort', onAbort, { once: true });
  return {
    query: async (sql) => (await client.query({ sql, timeout: config.timeout }))[0] as Row[],
    async close() {
      signal.removeEventListener('abort', onAbort);
      await client.end();
    },
  };
}
