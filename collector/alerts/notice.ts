// Builds what a channel is told from the rows of the state, at the moment of sending: figures and states are those of now.

import type { Notice, NoticeAlert } from '../notifiers/notifier.ts';
import type { State } from '../state/state.ts';
import type { Message } from './grouping.ts';
import { type Alert, fromRow } from './record.ts';

export const PLATFORM = { id: '', name: '监控平台', timeZone: 'Asia/Shanghai' };

export async function readAlerts(state: State, ids: readonly string[]): Promise<Alert[]> {
  if (ids.length === 0) return [];
  const rows = await state
    .selectFrom('alerts')
    .where('id', 'in', [...ids])
    .selectAll()
    .execute();
  return ids.flatMap((id) => rows.filter((row) => row.id === id).map(fromRow));
}

export async function buildNotice(
  state: State,
  message: Message,
  alerts: readonly Alert[],
  now: number,
  publicUrl: string | undefined,
): Promise<Notice> {
  const first = alerts[0];
  const hospital = first?.hospitalId
    ? await state
        .selectFrom('hospitals')
        .where('id', '=', first.hospitalId)
        .select(['id', 'name', 'timeZone'])
        .executeTakeFirst()
    : undefined;
  const host = first?.hostId
    ? await state.selectFrom('hosts').where('id', '=', first.hostId).select(['id', 'name']).executeTakeFirst()
    : undefined;
  const base = publicUrl?.replace(/\/+$/, '');
  const path = host ? `/hosts/${encodeURIComponent(host.id)}` : '/alerts';
  return {
    key: message.key,
    kind: message.kind,
    hospital: hospital ?? PLATFORM,
    ...(host ? { host } : {}),
    alerts: alerts.map(toNoticeAlert),
    ...(base ? { url: `${base}${path}` } : {}),
    at: now,
  };
}

function toNoticeAlert(alert: Alert): NoticeAlert {
  const { id, rule, subject, severity, summary, advice, evidence } = alert;
  return {
    id,
    rule,
    subject,
    severity,
    // Pending again: for people it is over until it fires again.
    state: alert.state === 'pending' ? 'resolved' : alert.state,
    summary,
    advice,
    evidence,
    firingAt: alert.firingAt ?? alert.pendingAt,
    ...(alert.resolvedAt === null ? {} : { resolvedAt: alert.resolvedAt }),
  };
}
