// Reads hosts for the board and the host page: identity from state, verdict and newest values from memory. Promise: a confined
// reader gets NOT_FOUND for whatever is outside his hospital, the same answer as for what does not exist.

import type { Kysely } from 'kysely';
import { parseSeriesKey } from '../../shared/catalogue.ts';
import { NamedError } from '../../shared/errors.ts';
import type { Confinement } from '../access/principal.ts';
import type { Tables } from '../state/schema.ts';
import type { Context } from './context.ts';
import type { NewestValues } from './services.ts';
import type { HostItem } from './shapes.ts';

export interface HostsWish {
  confinement: Confinement;
  hospital?: string | undefined;
  ids?: readonly string[];
  limit?: number | undefined;
  offset?: number | undefined;
}

export function hostRows(state: Kysely<Tables>, wish: HostsWish) {
  let query = state
    .selectFrom('hosts')
    .innerJoin('hospitals', 'hospitals.id', 'hosts.hospitalId')
    .leftJoin('liveness', 'liveness.hostId', 'hosts.id')
    .select(['hosts.id', 'hosts.name', 'hosts.hospitalId', 'hosts.hostname', 'hosts.os', 'hosts.arch'])
    .select(['hosts.agentVersion', 'hosts.bootAt', 'hosts.offsetMs', 'hosts.enrolledAt'])
    .select(['hospitals.name as hospitalName', 'hospitals.timeZone', 'liveness.lastHeardAt'])
    .where('hosts.revokedAt', 'is', null)
    .orderBy('hospitals.name')
    .orderBy('hosts.name')
    .orderBy('hosts.id')
    .limit(wish.limit ?? 1000)
    .offset(wish.offset ?? 0);
  if (wish.confinement !== undefined) query = query.where('hosts.hospitalId', '=', wish.confinement);
  if (wish.hospital !== undefined) query = query.where('hosts.hospitalId', '=', wish.hospital);
  if (wish.ids) query = query.where('hosts.id', 'in', wish.ids.length > 0 ? [...wish.ids] : ['']);
  return query.execute();
}
type HostRow = Awaited<ReturnType<typeof hostRows>>[number];

export async function listHosts(context: Context, wish: HostsWish): Promise<HostItem[]> {
  const rows = await hostRows(context.state, wish);
  const ids = rows.map((r) => r.id);
  const [alerts, backups] = [await countAlerts(context, ids), await countBackups(context, ids)];
  return await Promise.all(
    rows.map(async (row) =>
      toItem(context, row, await newest(context, row.id), alerts.get(row.id), backups.get(row.id)),
    ),
  );
}

/** Throws NamedError NOT_FOUND. */
export async function findHost(context: Context, id: string, confinement: Confinement): Promise<HostRow> {
  const row = (await hostRows(context.state, { confinement, ids: [id] }))[0];
  if (!row) throw new NamedError('NOT_FOUND', `no host ${id}`);
  return row;
}

/** From memory, else (early after a start) from the store. */
export async function newest(context: Context, host: string): Promise<NewestValues | undefined> {
  return context.services.fleet.latest(host) ?? (await context.store.latest(host));
}

async function countAlerts({ state }: Context, ids: readonly string[]) {
  const counts = new Map<string, { critical: number; warning: number }>();
  if (ids.length === 0) return counts;
  const rows = await state
    .selectFrom('alerts')
    .select(['hostId', 'severity', (e) => e.fn.countAll<number>().as('count')])
    .where('open', '=', 1)
    .where('state', 'in', ['firing', 'acknowledged'])
    .groupBy(['hostId', 'severity'])
    .execute();
  for (const row of rows) {
    if (row.hostId === null || row.severity === 'info') continue;
    const entry = counts.get(row.hostId) ?? { critical: 0, warning: 0 };
    entry[row.severity] += Number(row.count);
    counts.set(row.hostId, entry);
  }
  return counts;
}

async function countBackups({ state }: Context, ids: readonly string[]) {
  const counts = new Map<string, { ok: number; total: number }>();
  if (ids.length === 0) return counts;
  let query = state
    .selectFrom('checks')
    .select(['hostId', 'status', (e) => e.fn.countAll<number>().as('count')])
    .where('checkId', 'like', 'backup:%')
    .groupBy(['hostId', 'status']);
  // Few hosts by key; for a whole fleet one pass is cheaper than a thousand look-ups.
  if (ids.length <= 500) query = query.where('hostId', 'in', [...ids]);
  for (const row of await query.execute()) {
    const entry = counts.get(row.hostId) ?? { ok: 0, total: 0 };
    entry.total += Number(row.count);
    if (row.status === 'ok') entry.ok += Number(row.count);
    counts.set(row.hostId, entry);
  }
  return counts;
}

function toItem(
  context: Context,
  row: HostRow,
  latest: NewestValues | undefined,
  alerts: HostItem['alerts'] = { critical: 0, warning: 0 },
  backups: HostItem['backups'] = { ok: 0, total: 0 },
): HostItem {
  const { word, since, evidence } = context.services.verdicts.verdict(row.id);
  const figures = keyFigures(latest);
  return {
    id: row.id,
    name: row.name,
    hospital: { id: row.hospitalId, name: row.hospitalName },
    timeZone: row.timeZone,
    verdict: { word, since, evidence: [...evidence] },
    lastHeardAt: context.services.verdicts.lastHeardAt(row.id) ?? row.lastHeardAt,
    agentVersion: row.agentVersion,
    hostname: row.hostname,
    os: row.os,
    bootAt: row.bootAt,
    offsetMs: row.offsetMs,
    alerts,
    at: latest?.at ?? null,
    ...figures,
    backups,
  };
}

/** Values older than this beside the newest report belong to a subject that is no longer read (an unmounted disk, say). */
const STALE_MS = 15 * 60_000;

export function isCurrent(value: { at: number; value: number }, latest: { at: number }): boolean {
  return Number.isFinite(value.value) && latest.at - value.at <= STALE_MS;
}

export function keyFigures(
  latest: NewestValues | undefined,
): Pick<HostItem, 'cpu' | 'mem' | 'disks' | 'services'> {
  const figures: Pick<HostItem, 'cpu' | 'mem' | 'disks' | 'services'> = {
    cpu: null,
    mem: null,
    disks: [],
    services: { up: 0, total: 0 },
  };
  if (!latest) return figures;
  for (const [key, value] of latest.values) {
    if (!isCurrent(value, latest)) continue;
    if (key === 'cpu_usage_active') figures.cpu = value.value;
    else if (key === 'mem_used_percent') figures.mem = value.value;
    else if (key.startsWith('disk_used_percent{')) {
      const path = parseSeriesKey(key)?.labels.path;
      if (path !== undefined) figures.disks.push({ path, usedPercent: value.value });
    } else if (key.startsWith('service_up{')) {
      figures.services.total++;
      if (value.value > 0) figures.services.up++;
    }
  }
  figures.disks.sort((a, b) => b.usedPercent - a.usedPercent || a.path.localeCompare(b.path));
  return figures;
}
