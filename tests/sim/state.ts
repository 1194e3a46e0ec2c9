// The state database of a simulated collector: a real one in memory for the whole world, or, where only delivery is looked at, the
// few answers that ingest needs. Anything else that is asked of the latter is an error.

import { sql } from 'kysely';
import type { HostTable } from '../../collector/state/schema.ts';
import { openState, type State } from '../../collector/state/state.ts';
import { settled } from './jobs.ts';

export interface HostRow {
  id: string;
  hospital: string;
  publicKey: string;
}

function rowOf(host: HostRow): HostTable {
  return {
    id: host.id,
    hospitalId: host.hospital,
    name: host.id,
    publicKey: host.publicKey,
    fingerprint: `print-${host.id}`,
    enrolledAt: 0,
    revokedAt: null,
    hostname: host.id,
    os: 'linux',
    arch: 'x64',
    agentVersion: 'sim',
    boot: null,
    bootAt: null,
    offsetMs: null,
  };
}

/** Databases of worlds that have ended, empty again: to make one takes longer than to run some minutes in it. */
const spare: State[] = [];

export function realState(hosts: readonly HostRow[]): State {
  const state = spare.pop() ?? settled(openState(':memory:'));
  const fill = async (): Promise<void> => {
    for (const id of new Set(hosts.map((host) => host.hospital))) {
      const hospital = { id, name: id, timeZone: 'Asia/Shanghai', createdAt: 0 };
      await state.insertInto('hospitals').values(hospital).execute();
    }
    for (const host of hosts) await state.insertInto('hosts').values(rowOf(host)).execute();
  };
  settled(fill());
  return state;
}

/** The world has ended well: the next one may have its database. */
export function giveBack(state: State): void {
  settled(empty(state));
  spare.push(state);
}

let tables: readonly string[] | undefined;

async function empty(state: State): Promise<void> {
  tables ??= (await state.introspection.getTables()).map(({ name }) => name);
  await sql`pragma foreign_keys = off`.execute(state);
  for (const name of tables)
    if (name !== 'migrations') await sql`delete from ${sql.table(name)}`.execute(state);
  // Numbers begin at 1 again.
  await sql`delete from sqlite_sequence`.execute(state);
  await sql`pragma foreign_keys = on`.execute(state);
}

/** Knows the hosts, takes what handshakes teach, and nothing else. */
export function smallState(hosts: readonly HostRow[]): State {
  const rows = new Map(hosts.map((host) => [host.id, rowOf(host)]));
  const select = {
    selectFrom(table: string) {
      if (table !== 'hosts') throw new Error(`nobody asks the small state for ${table}`);
      let wanted: unknown;
      const query = {
        select: () => query,
        where(column: string, _operator: string, value: unknown) {
          if (column === 'id') wanted = value;
          return query;
        },
        executeTakeFirst: async () => rows.get(String(wanted)),
        compile: () => query,
      };
      return query;
    },
    updateTable() {
      const query = { set: () => query, where: () => query, execute: async () => [] };
      return query;
    },
  };
  const state = {
    ...select,
    transaction() {
      return { execute: (work: (tx: unknown) => Promise<void>) => work(select) };
    },
    executeQuery: async () => ({ rows: [] }),
  };
  return state as unknown as State;
}
