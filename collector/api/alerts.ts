// Reads alerts from state for the list, one alert's page and the live stream.

import type { Kysely } from 'kysely';
import { NamedError } from '../../shared/errors.ts';
import type { Text } from '../../shared/text.ts';
import type { Confinement } from '../access/principal.ts';
import type { AlertState, Tables } from '../state/schema.ts';
import type { AlertDetail, AlertItem } from './shapes.ts';

export interface AlertsWish {
  confinement: Confinement;
  states?: readonly AlertState[];
  host?: string | undefined;
  hospital?: string | undefined;
  ids?: readonly string[];
  limit?: number | undefined;
}

const STATES: readonly AlertState[] = ['pending', 'firing', 'acknowledged', 'resolved'];
const SEVERITY_ORDER = { critical: 0, warning: 1, info: 2 } as const;

/** `firing,acknowledged`, `all`; absent: what needs somebody. Throws NamedError BAD_REQUEST. */
export function readStates(text: string | undefined): readonly AlertState[] {
  if (text === undefined || text === '' || text === 'open') return ['firing', 'acknowledged'];
  if (text === 'all') return STATES;
  return text.split(',').map((part) => {
    const state = STATES.find((s) => s === part.trim());
    if (!state) throw new NamedError('BAD_REQUEST', `state: ${part} is none of ${STATES.join(', ')}, all`);
    return state;
  });
}

export async function listAlerts(state: Kysely<Tables>, wish: AlertsWish): Promise<AlertItem[]> {
  let query = state
    .selectFrom('alerts')
    .leftJoin('hospitals', 'hospitals.id', 'alerts.hospitalId')
    .leftJoin('hosts', 'hosts.id', 'alerts.hostId')
    .selectAll('alerts')
    .select(['hospitals.name as hospitalName', 'hospitals.timeZone', 'hosts.name as hostName'])
    .orderBy('alerts.open', 'desc')
    .orderBy('alerts.updatedAt', 'desc')
    .orderBy('alerts.id')
    .limit(wish.limit ?? 200);
  if (wish.confinement !== undefined) query = query.where('alerts.hospitalId', '=', wish.confinement);
  if (wish.hospital !== undefined) query = query.where('alerts.hospitalId', '=', wish.hospital);
  if (wish.host !== undefined) query = query.where('alerts.hostId', '=', wish.host);
  if (wish.states) query = query.where('alerts.state', 'in', [...wish.states]);
  if (wish.ids) query = query.where('alerts.id', 'in', wish.ids.length > 0 ? [...wish.ids] : ['']);
  const items = (await query.execute()).map(toItem);
  return items.sort(byUrgency);
}

type AlertRow = Tables['alerts'] & {
  hospitalName: string | null;
  timeZone: string | null;
  hostName: string | null;
};

/** Open before resolved, unanswered before acknowledged, worse before milder, newer before older. */
function byUrgency(a: AlertItem, b: AlertItem): number {
  const rank = (i: AlertItem) => ({ firing: 0, acknowledged: 1, pending: 2, resolved: 3 })[i.state];
  const order = rank(a) - rank(b);
  if (order !== 0 || a.state === 'resolved') return order || (b.resolvedAt ?? 0) - (a.resolvedAt ?? 0);
  return SEVERITY_ORDER[a.severity] - SEVERITY_ORDER[b.severity] || b.pendingAt - a.pendingAt;
}

function toItem(row: AlertRow): AlertItem {
  return {
    id: row.id,
    rule: row.rule,
    severity: row.severity,
    state: row.state,
    subject: row.subject,
    host: row.hostId === null ? null : { id: row.hostId, name: row.hostName ?? row.hostId },
    // An alert of the platform itself belongs to no hospital.
    hospital: { id: row.hospitalId, name: row.hospitalName ?? '' },
    timeZone: row.timeZone ?? 'Asia/Shanghai',
    value: row.value,
    summary: JSON.parse(row.summary) as Text,
    advice: JSON.parse(row.advice) as Text,
    evidence: JSON.parse(row.evidence) as Record<string, number | string>,
    pendingAt: row.pendingAt,
    firingAt: row.firingAt,
    acknowledgedAt: row.acknowledgedAt,
    acknowledgedBy: row.acknowledgedBy,
    note: row.note,
    resolvedAt: row.resolvedAt,
    updatedAt: row.updatedAt,
  };
}

/** Throws NamedError NOT_FOUND. */
export async function findAlert(
  state: Kysely<Tables>,
  id: string,
  confinement: Confinement,
): Promise<AlertDetail> {
  const item = (await listAlerts(state, { confinement, ids: [id] }))[0];
  if (!item) throw new NamedError('NOT_FOUND', `no alert ${id}`);
  const log = await state
    .selectFrom('alertLog')
    .select(['at', 'what', 'who', 'note'])
    .where('alertId', '=', id)
    .orderBy('at')
    .orderBy('id')
    .limit(500)
    .execute();
  return { ...item, log };
}
