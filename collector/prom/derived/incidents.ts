// Alerts as series: `incident_open` for annotations and timelines, `ALERTS` and `ALERTS_FOR_STATE` as Prometheus writes its own.

import { renderTime } from '../../../shared/local-time.ts';
import type { Confinement } from '../../access/principal.ts';
import { RULES } from '../../rules/index.ts';
import type { State } from '../../state/state.ts';
import type { Window } from '../source.ts';
import type { Span } from './spans.ts';

interface Row {
  id: string;
  rule: string;
  subject: string;
  severity: string;
  hospital: string;
  timeZone: string;
  hostId: string | null;
  pendingAt: number;
  firingAt: number | null;
  resolvedAt: number | null;
}

const TITLES = new Map(RULES.map(({ name, title }) => [name, title]));
const MOST = 20_000;

export async function readIncidents(
  state: State,
  confinement: Confinement,
  { from, to }: Window,
): Promise<Row[]> {
  let query = state
    .selectFrom('alerts')
    .innerJoin('hospitals', 'hospitals.id', 'alerts.hospitalId')
    .select(['alerts.id', 'rule', 'subject', 'severity', 'hostId', 'pendingAt', 'firingAt', 'resolvedAt'])
    .select(['hospitals.name as hospital', 'hospitals.timeZone'])
    .where('pendingAt', '<=', to)
    .where((e) => e.or([e('resolvedAt', 'is', null), e('resolvedAt', '>', from)]))
    .orderBy('pendingAt', 'desc')
    .limit(MOST);
  if (confinement !== undefined) query = query.where('alerts.hospitalId', '=', confinement);
  return await query.execute();
}

/** `hostName`: the label `host`, by the host's id. */
export function incidentSpans(rows: readonly Row[], hostName: (id: string) => string | undefined): Span[] {
  return rows.flatMap((row) => {
    const host = row.hostId === null ? '' : (hostName(row.hostId) ?? row.hostId);
    const place = { hospital: row.hospital, host, subject: row.subject, severity: row.severity };
    return [...openSpans(row, place), ...alertSpans(row, place)];
  });
}

function openSpans(row: Row, place: Record<string, string>): Span[] {
  if (row.firingAt === null) return [];
  const title = TITLES.get(row.rule);
  const labels = {
    ...place,
    rule: row.rule,
    alert: row.id,
    title: title?.zh ?? row.rule,
    title_en: title?.en ?? row.rule,
  };
  const began = renderTime(row.firingAt, row.timeZone);
  const during = { from: row.firingAt, to: row.resolvedAt ?? Infinity };
  return [
    { labels: { ...labels, began, __name__: 'incident_open' }, value: 1, ...during },
    { labels: { ...labels, __name__: 'incident_began_seconds' }, value: row.firingAt / 1000, ...during },
  ];
}

function alertSpans(row: Row, place: Record<string, string>): Span[] {
  const labels = { ...place, alertname: row.rule };
  const alert = { ...labels, __name__: 'ALERTS' };
  const end = row.resolvedAt ?? Infinity;
  const firing = row.firingAt ?? end;
  const spans: Span[] = [
    { labels: { ...alert, alertstate: 'pending' }, from: row.pendingAt, to: firing, value: 1 },
    { labels: { ...alert, alertstate: 'firing' }, from: firing, to: end, value: 1 },
    {
      labels: { ...labels, __name__: 'ALERTS_FOR_STATE' },
      from: row.pendingAt,
      to: end,
      value: row.pendingAt / 1000,
    },
  ];
  return spans.filter((span) => span.from < span.to);
}
