// Writes a generated fleet into a collector's state and store, as if it had reported all the time.

import type { State } from '../../collector/state/state.ts';
import type { Entry, Store } from '../../collector/store/store.ts';
import type { SmallFleet, SmallHost } from './small-fleet.ts';

export interface FillOptions {
  state: State;
  store: Pick<Store, 'declare' | 'write'>;
  from: number;
  to: number;
  stepMs: number;
}

export async function fillFleet(fleet: SmallFleet, options: FillOptions): Promise<void> {
  await fillState(fleet, options.state, options);
  for (const host of fleet.hosts) await fillHost(host, options);
}

async function fillHost(host: SmallHost, { store, from, to, stepMs }: FillOptions): Promise<void> {
  store.declare(host.id, 'all', host.columns);
  let entries: Entry[] = [];
  let seq = 0;
  for (let at = from; at <= to; at += stepMs) {
    const values = host.values(at);
    if (!values) continue;
    const stream = `${host.id}-stream`;
    entries.push({
      kind: 'row',
      host: host.id,
      stream,
      seq: seq++,
      at,
      arrivedAt: at,
      series: 'all',
      values,
    });
    if (entries.length < 500) continue;
    await store.write(entries);
    entries = [];
  }
  if (entries.length > 0) await store.write(entries);
}

async function fillState(fleet: SmallFleet, state: State, { from, to }: FillOptions): Promise<void> {
  for (const hospital of fleet.hospitals)
    await state
      .insertInto('hospitals')
      .values({ ...hospital, timeZone: 'Asia/Shanghai', createdAt: from })
      .execute();
  for (const host of fleet.hosts) {
    await state.insertInto('hosts').values(hostRow(host, from)).execute();
    const trail = { evidence: '[]', revises: null, hostId: host.id };
    const down = host.down;
    await state
      .insertInto('verdicts')
      .values({ ...trail, word: 'up', since: from, until: down?.at ?? null, recordedAt: from })
      .execute();
    if (down)
      await state
        .insertInto('verdicts')
        .values({ ...trail, word: down.word, since: down.at, until: null, recordedAt: down.at })
        .execute();
  }
  for (const { hostId, at, kind, subject, data } of fleet.events)
    await state
      .insertInto('events')
      .values({
        hostId,
        at,
        arrivedAt: at,
        kind,
        subject: subject ?? null,
        data: data ? JSON.stringify(data) : null,
      })
      .execute();
  for (const [index, incident] of fleet.incidents.entries())
    await state
      .insertInto('alerts')
      .values(alertRow(`al-${index}`, incident, to))
      .execute();
}

const hostRow = (host: SmallHost, at: number) => ({
  id: host.id,
  hospitalId: host.hospitalId,
  name: host.name,
  publicKey: `key-${host.id}`,
  fingerprint: `machine-${host.id}`,
  enrolledAt: at,
  revokedAt: null,
  hostname: `nis-${host.id}`,
  os: host.os,
  arch: 'x64',
  agentVersion: host.versions.at(-1)?.version ?? '',
  boot: `boot-${host.id}`,
  bootAt: host.bootAt,
  offsetMs: 12,
});

function alertRow(id: string, incident: SmallFleet['incidents'][number], now: number) {
  const { rule, hospitalId, hostId, subject, severity, value, firingAt, resolvedAt } = incident;
  return {
    id,
    rule,
    hospitalId,
    hostId,
    subject,
    severity,
    value,
    state: resolvedAt === null ? ('firing' as const) : ('resolved' as const),
    summary: JSON.stringify({ zh: `${rule} ${subject}`, en: `${rule} ${subject}` }),
    advice: JSON.stringify({ zh: '', en: '' }),
    evidence: '{}',
    pendingAt: firingAt - 60_000,
    firingAt,
    acknowledgedAt: null,
    acknowledgedBy: null,
    note: null,
    resolvedAt,
    clearingAt: null,
    open: resolvedAt === null ? 1 : 0,
    updatedAt: now,
  };
}
