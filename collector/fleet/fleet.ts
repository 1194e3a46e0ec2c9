// The newest that is known of every host, in memory: values, checks, a short past. Rules, the live page and /latest read it.
// Promise: an older row never overwrites a newer value; after a restart it holds what the store and the state hold.

import type { HostDigest } from '../backups/digest.ts';
import type { Clock } from '../../shared/clock.ts';
import type { ReportSink, StoredReport, Log, VerdictSource } from '../services.ts';
import type { HostPicture } from '../rules/rule.ts';
import type { State } from '../state/state.ts';
import type { Store } from '../store/store.ts';
import { openLayouts } from './layout.ts';
import { patiently } from './patiently.ts';
import { HostRecord, type HostName } from './record.ts';
import { SLOT_MS, SLOTS } from './history.ts';

export interface NewestValues {
  at: number;
  values: ReadonlyMap<string, { at: number; value: number }>;
}

export interface Fleet extends ReportSink {
  hosts(): IterableIterator<string>;
  picture(hostId: string): HostPicture | undefined;
  /** Newest value of every series; undefined before the first report. */
  latest(hostId: string): NewestValues | undefined;
  /** Hosts with news since the last call. */
  takeDirty(): string[];
  /** After each stored report, late ones too. Returns the end of the subscription. */
  subscribe(listener: (report: StoredReport) => void): () => void;
  /** Reads hosts and hospitals from the state again: after an enrolment, a rename, a revocation. */
  refresh(): Promise<void>;
  /** A host was heard: one that was enrolled a moment ago counts from now on, though it may die before its first report. */
  meet(hostId: string): void;
  /** Resolves when the short past has been read back from the store. */
  warmed: Promise<void>;
  /** Stops reading the past. */
  close(): Promise<void>;
}

export interface FleetOptions {
  state: State;
  store: Pick<Store, 'latest' | 'buckets' | 'keys'>;
  verdicts: Pick<VerdictSource, 'verdict'>;
  clock: Clock;
  log: Log;
  /** Without it, pictures have no backups. */
  backups?: { digest(hostId: string): HostDigest | 'unread' | undefined };
}

export async function openFleet(options: FleetOptions): Promise<Fleet> {
  const { state, store, verdicts, clock, log, backups } = options;
  const layouts = openLayouts();
  const records = new Map<string, HostRecord>();
  const listeners = new Set<(report: StoredReport) => void>();
  const dirty = new Set<string>();
  let closed = false;

  const refresh = async (): Promise<void> => {
    const names = await readHosts(state);
    for (const name of names) {
      const known = records.get(name.id);
      if (known) known.rename(name);
      else records.set(name.id, new HostRecord(name, layouts, { verdicts, clock, backups }));
    }
    const current = new Set(names.map((name) => name.id));
    for (const id of records.keys()) if (!current.has(id)) records.delete(id);
  };
  await refresh();
  await loadChecks(state, records);
  for (const [id, record] of records) record.load((await store.latest(id))?.values ?? new Map());

  const warming = patiently({
    work: () => warm([...records], store, clock.now(), () => closed),
    clock,
    onFailure: (error) => log.error({ error }, 'cannot read the past for trends; it is tried again'),
  });

  const meet = (hostId: string): void => {
    if (records.has(hostId)) return;
    refresh().catch((error: unknown) => log.error({ error }, 'cannot read the hosts'));
  };

  const stored = (report: StoredReport): void => {
    let record = records.get(report.host);
    if (!record) {
      // Enrolled a moment ago: its name follows, its values count at once.
      meet(report.host);
      record = new HostRecord(
        { id: report.host, name: report.host, hospitalId: '', hospitalName: '' },
        layouts,
        { verdicts, clock, backups },
      );
      records.set(report.host, record);
    }
    record.take(report);
    record.takeChecks(report);
    dirty.add(report.host);
    for (const listener of listeners) listener(report);
  };

  return {
    hosts: () => records.keys(),
    picture: (hostId) => records.get(hostId)?.picture,
    latest(hostId) {
      const record = records.get(hostId);
      return record && record.at > 0 ? { at: record.at, values: record.picture.latest } : undefined;
    },
    takeDirty() {
      const taken = [...dirty];
      dirty.clear();
      return taken;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    refresh,
    meet,
    stored,
    clockOffset(host, offsetMs, _rttMs, at) {
      records.get(host)?.set('clock_offset_seconds', offsetMs / 1000, at);
      dirty.add(host);
    },
    warmed: warming.done,
    async close() {
      closed = true;
      await warming.stop();
    },
  };
}

/** Ingest keeps them there, with "since when". */
async function loadChecks(state: State, records: ReadonlyMap<string, HostRecord>): Promise<void> {
  for (const row of await state.selectFrom('checks').selectAll().execute()) {
    const text = row.text === null ? {} : { text: row.text };
    const check = { status: row.status, since: row.since, at: row.updatedAt, ...text };
    records.get(row.hostId)?.checks.set(row.checkId, check);
  }
}

async function readHosts(state: State): Promise<HostName[]> {
  return await state
    .selectFrom('hosts')
    .innerJoin('hospitals', 'hospitals.id', 'hosts.hospitalId')
    .where('hosts.revokedAt', 'is', null)
    .select(['hosts.id', 'hosts.name', 'hosts.hospitalId', 'hospitals.name as hospitalName'])
    .execute();
}

/** Behind the start, host by host: a forecast may wait a minute, an alert may not. */
async function warm(
  hosts: readonly [string, HostRecord][],
  store: FleetOptions['store'],
  now: number,
  stopped: () => boolean,
): Promise<void> {
  const from = (Math.floor(now / SLOT_MS) - SLOTS) * SLOT_MS;
  for (const [host, record] of hosts) {
    const keys = record.historyKeys();
    if (stopped()) return;
    if (keys.length === 0) continue;
    const found = await store.buckets({ host, keys, from, to: now, stepMs: SLOT_MS });
    for (const [key, buckets] of found) {
      record.backfill(
        key,
        buckets.map((bucket) => ({ at: bucket.at, value: bucket.last })),
      );
    }
  }
}
