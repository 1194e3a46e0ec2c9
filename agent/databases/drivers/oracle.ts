// Oracle by `oracledb` in thin mode. It is no part of the agent: whoever watches Oracle installs it beside the agent, and it is loaded
// when first used. Promise: one connection, one statement at a time, no longer than the time given.

import { NamedError } from '../../../shared/errors.ts';
import type { ConnectionConfig } from '../config.ts';
import type { Connection, Row } from '../engine.ts';

/** The few calls that are used of it. */
interface OracleDb {
  OUT_FORMAT_OBJECT: number;
  getConnection(options: Record<string, unknown>): Promise<{
    callTimeout: number;
    execute(sql: string, binds: unknown[], options: Record<string, unknown>): Promise<{ rows?: Row[] }>;
    close(): Promise<void>;
    break(): Promise<void>;
  }>;
}

export async function connectOracle(config: ConnectionConfig, signal: AbortSignal): Promise<Connection> {
  const driver = await load();
  const client = await driver.getConnection({
    user: config.user,
    password: config.password,
    connectString: `${config.host}:${config.port || 1521}/${config.database || 'ORCL'}`,
    transportConnectTimeout: Math.ceil(config.timeout / 1000),
  });
  client.callTimeout = config.timeout;
  const onAbort = (): void => void client.break().catch(() => {});
  signal.addEventListener('abort', onAbort, { once: true });
  return {
    query: async (sql) => (await client.execute(sql, [], { outFormat: driver.OUT_FORMAT_OBJECT })).rows ?? [],
    async close() {
      signal.removeEventListener('abort', onAbort);
      await client.close();
    },
  };
}

async function load(): Promise<OracleDb> {
  // Not a literal: the package need not be there, neither for the compiler nor at run time.
  const name = 'oracledb';
  try {
    const loaded = (await import(name)) as { default: OracleDb };
    return loaded.default;
  } catch (cause) {
    throw new NamedError('PROBE_FAILED', 'the package oracledb is not installed', {
      cause,
      mend: 'Install it beside the agent (npm install oracledb --ignore-scripts), or leave this connection out.',
    });
  }
}
