// The state database of a simulated collector: a real one in memory for the whole world, or, where only delivery is looked at, the
// few answers that ingest needs. Anything else that is asked of the latter is an error.

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

export function realState(hosts: readonly HostRow[]): State {
  const state = settled(openState(':memory:'));
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
    destroy: async () => {},
  };
  return state as unknown as State;
}
