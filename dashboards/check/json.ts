// The parts of Grafana's dashboard JSON (classic schema) that are checked, and a walk over them.

export interface GridPos {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface TargetJson {
  refId?: string;
  expr?: string;
  query?: string;
  datasource?: { type?: string; uid?: string };
  instant?: boolean;
  interval?: string;
}

export interface PanelJson {
  id?: number;
  type: string;
  title?: string;
  description?: string;
  gridPos: GridPos;
  collapsed?: boolean;
  panels?: PanelJson[];
  targets?: TargetJson[];
  fieldConfig?: {
    defaults?: { unit?: string; links?: { url?: string }[] };
    overrides?: { properties: { id: string; value?: unknown }[] }[];
  };
}

export interface VariableJson {
  name: string;
  type: string;
  query?: string | { query: string };
}

export interface AnnotationJson {
  name: string;
  expr?: string;
  query?: string;
}

export interface DashboardJson {
  uid: string;
  title: string;
  schemaVersion: number;
  editable: boolean;
  graphTooltip: number;
  tags: string[];
  time: { from: string; to: string };
  panels: PanelJson[];
  templating: { list: VariableJson[] };
  annotations: { list: AnnotationJson[] };
}

/** Rows and what is folded into them too. */
export function* panelsOf(dashboard: DashboardJson): Generator<PanelJson> {
  for (const panel of dashboard.panels) {
    yield panel;
    yield* panel.panels ?? [];
  }
}

export type Kind = 'promql' | 'influxql';

export interface Found {
  /** For messages: dashboard, panel and refId. */
  where: string;
  kind: Kind;
  text: string;
  use: 'range' | 'now' | 'annotation' | 'variable';
}

export function* queriesOf(dashboard: DashboardJson): Generator<Found> {
  for (const panel of panelsOf(dashboard))
    for (const target of panel.targets ?? []) {
      const where = `${dashboard.uid} / ${panel.title} / ${target.refId}`;
      const use = target.instant === true ? ('now' as const) : ('range' as const);
      if (target.expr !== undefined) yield { where, kind: 'promql', text: target.expr, use };
      if (target.query !== undefined) yield { where, kind: 'influxql', text: target.query, use };
    }
  for (const { name, expr, query } of dashboard.annotations.list) {
    const where = `${dashboard.uid} / annotation ${name}`;
    if (expr !== undefined) yield { where, kind: 'promql', text: expr, use: 'annotation' };
    if (query !== undefined) yield { where, kind: 'influxql', text: query, use: 'annotation' };
  }
  for (const { name, query, type } of dashboard.templating.list) {
    if (type !== 'query' || query === undefined) continue;
    const where = `${dashboard.uid} / variable ${name}`;
    if (typeof query === 'string') yield { where, kind: 'influxql', text: query, use: 'variable' };
    else yield { where, kind: 'promql', text: query.query, use: 'variable' };
  }
}
