// Our rules and open alerts in the form that Grafana's alert pages read. The rules are not written in PromQL: `query` asks for the
// incidents that the rule opened, so that a link from there shows a graph.

import type { Confinement } from '../../access/principal.ts';
import { RULES } from '../../rules/index.ts';
import type { State } from '../../state/state.ts';

interface AlertItem {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  state: 'pending' | 'firing';
  activeAt: string;
  value: string;
}

/** Open alerts; acknowledged ones are firing still, and say who has them. */
export async function listOpenAlerts(state: State, confinement: Confinement): Promise<AlertItem[]> {
  let query = state
    .selectFrom('alerts')
    .innerJoin('hospitals', 'hospitals.id', 'alerts.hospitalId')
    .leftJoin('hosts', 'hosts.id', 'alerts.hostId')
    .selectAll('alerts')
    .select(['hospitals.name as hospital', 'hosts.name as host'])
    .where('alerts.open', '=', 1)
    .orderBy('alerts.pendingAt')
    .limit(5000);
  if (confinement !== undefined) query = query.where('alerts.hospitalId', '=', confinement);
  const rows = await query.execute();
  return rows.map((row) => ({
    labels: {
      alertname: row.rule,
      hospital: row.hospital,
      ...(row.host === null ? {} : { host: row.host }),
      ...(row.subject === '' ? {} : { subject: row.subject }),
      severity: row.severity,
    },
    annotations: {
      ...texts('summary', row.summary),
      ...texts('advice', row.advice),
      ...(row.acknowledgedBy === null ? {} : { acknowledged_by: row.acknowledgedBy }),
      alert: row.id,
    },
    state: row.state === 'pending' ? 'pending' : 'firing',
    activeAt: new Date(row.pendingAt).toISOString(),
    value: row.value === null ? 'NaN' : String(row.value),
  }));
}

function texts(name: string, json: string): Record<string, string> {
  const { zh, en } = JSON.parse(json) as { zh: string; en: string };
  return { [name]: zh, [`${name}_en`]: en };
}

export interface RuleWish {
  /** Empty: all. */
  names: readonly string[];
  withAlerts: boolean;
}

export async function listRules(state: State, confinement: Confinement, now: number, wish: RuleWish) {
  const alerts = await listOpenAlerts(state, confinement);
  const lastEvaluation = new Date(now).toISOString();
  const rules = RULES.filter(({ name }) => wish.names.length === 0 || wish.names.includes(name)).map(
    ({ name, title }) => {
      const own = alerts.filter((alert) => alert.labels.alertname === name);
      const worst = own.some((a) => a.state === 'firing')
        ? 'firing'
        : own.length > 0
          ? 'pending'
          : 'inactive';
      return {
        state: worst,
        name,
        query: `incident_open{rule="${name}"}`,
        duration: 0,
        keepFiringFor: 0,
        labels: {},
        annotations: { summary: title.zh, summary_en: title.en },
        alerts: wish.withAlerts ? own : [],
        health: 'ok',
        evaluationTime: 0,
        lastEvaluation,
        type: 'alerting',
      };
    },
  );
  return {
    groups: [
      { name: 'niswatch', file: 'niswatch', rules, interval: 1, limit: 0, evaluationTime: 0, lastEvaluation },
    ],
  };
}
