// Says what is wrong with dashboards, without a Grafana. Promise: what it lets pass is read by Grafana 10 and newer, asks only for
// series that exist, and tells people what to do.

import { check as checkTypes } from '../../collector/prom/language/check.ts';
import { parse } from '../../collector/prom/language/parse.ts';
import { expandPromql, labelValues } from './expand.ts';
import { checkInfluxql } from './influxql.ts';
import { type DashboardJson, type Found, type GridPos, type PanelJson, panelsOf, queriesOf } from './json.ts';
import type { Knowledge } from './known.ts';
import { type Selector, selectorsOf } from './selectors.ts';
import { checkShape } from './shape.ts';

const GRID = 24;
const KINDS = new Set(['row', 'stat', 'timeseries', 'state-timeline', 'table', 'bargauge']);
/** Grafana's own, and the tags of aliases. */
const OWN_VARIABLE = /^(__\w+|timeFilter|tag_\w+)$/;
const LEAST_WORDS = 15;

export function checkDashboards(dashboards: readonly unknown[], known: Knowledge): string[] {
  const findings: string[] = [];
  const sound: DashboardJson[] = [];
  for (const dashboard of dashboards) {
    const shape = checkShape(dashboard);
    if (shape.length === 0) sound.push(dashboard as DashboardJson);
    findings.push(...shape);
  }
  findings.push(...repeated(sound.map(({ uid }) => uid)).map((uid) => `uid ${uid} is there twice`));
  for (const dashboard of sound) findings.push(...checkOne(dashboard, known));
  return findings;
}

function checkOne(dashboard: DashboardJson, known: Knowledge): string[] {
  const { uid } = dashboard;
  const panels = [...panelsOf(dashboard)];
  const say = (what: string): string => `${uid}: ${what}`;
  return [
    ...repeated(panels.map(({ id }) => String(id))).map((id) => say(`panel id ${id} is there twice`)),
    ...(dashboard.graphTooltip === 1 ? [] : [say('the crosshair is not shared')]),
    ...(dashboard.editable ? [say('is editable: changes would be lost')] : []),
    ...checkGrid(dashboard.panels).map(say),
    ...panels.flatMap((panel) => (panel.collapsed ? checkGrid(panel.panels ?? []) : [])).map(say),
    ...panels.flatMap((panel) => checkPanel(panel, known)).map(say),
    ...checkVariables(dashboard).map(say),
    ...[...queriesOf(dashboard)].flatMap((query) => checkQuery(query, known)),
  ];
}

function checkPanel(panel: PanelJson, { units }: Knowledge): string[] {
  const name = `panel "${panel.title}"`;
  if (!KINDS.has(panel.type)) return [`${name}: unknown kind ${panel.type}`];
  if (panel.type === 'row') return panel.title ? [] : ['a row has no title'];
  const { unit, links } = panel.fieldConfig?.defaults ?? {};
  const others = (panel.fieldConfig?.overrides ?? [])
    .flatMap(({ properties }) => properties)
    .filter(({ id }) => id === 'unit')
    .map(({ value }) => String(value));
  const refIds = (panel.targets ?? []).map(({ refId }) => refId ?? '');
  const url = links?.[0]?.url ?? '';
  return [
    ...(panel.title ? [] : ['a panel has no title']),
    ...((panel.description ?? '').length >= LEAST_WORDS ? [] : [`${name}: the description says nothing`]),
    ...[unit ?? '', ...others].filter((u) => !units.has(u)).map((u) => `${name}: unknown unit "${u}"`),
    ...(refIds.length > 0 && !refIds.includes('') ? [] : [`${name}: a query has no refId`]),
    ...repeated(refIds).map((id) => `${name}: refId ${id} is there twice`),
    ...(/__from.*__to/.test(url) ? [] : [`${name}: no link to niswatch with the same time`]),
    ...(panel.targets ?? [])
      .filter(({ datasource }) => datasource?.uid !== '${datasource}')
      .map(({ refId }) => `${name}: query ${refId} does not take the chosen data source`),
  ];
}

/** Within the grid, and nothing over anything. */
function checkGrid(panels: readonly PanelJson[]): string[] {
  const findings: string[] = [];
  for (const [index, { gridPos, title }] of panels.entries()) {
    if (gridPos.x < 0 || gridPos.x + gridPos.w > GRID || gridPos.w < 1 || gridPos.h < 1)
      findings.push(`"${title}" lies outside the grid`);
    const over = panels.slice(0, index).find((other) => overlaps(other.gridPos, gridPos));
    if (over) findings.push(`"${title}" lies over "${over.title}"`);
  }
  return findings;
}

const overlaps = (a: GridPos, b: GridPos): boolean =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

function checkVariables(dashboard: DashboardJson): string[] {
  const defined = new Set(dashboard.templating.list.map(({ name }) => name));
  const used = new Set<string>();
  // Legends and titles have braces of their own: only `$name` and `${name…}` are variables.
  for (const [, name] of JSON.stringify(dashboard).matchAll(/\$\{?([a-zA-Z_]\w*)/g)) used.add(name ?? '');
  return [...used]
    .filter((name) => !defined.has(name) && !OWN_VARIABLE.test(name))
    .map((name) => `the variable $${name} is not defined`);
}

const ANY = { from: 0, to: 3_600_000, stepMs: 60_000, variables: { hospital: '.*', host: '.*' } };

function checkQuery(found: Found, known: Knowledge): string[] {
  if (found.kind === 'influxql') return checkInfluxql(found, known).map((what) => `${found.where}: ${what}`);
  const values = found.use === 'variable' ? labelValues(found.text) : undefined;
  if (found.use === 'variable' && !values) return [`${found.where}: not label_values(…)`];
  const text = expandPromql(values?.metric ?? found.text, ANY);
  try {
    const expr = parse(text);
    checkTypes(text, expr);
    return [...selectorsOf(expr)]
      .flatMap((selector) => checkSelector(selector, known))
      .map((what) => `${found.where}: ${what}`);
  } catch (error) {
    return [`${found.where}: ${(error as Error).message}`];
  }
}

function checkSelector({ matchers }: Selector, { metrics }: Knowledge): string[] {
  const name = matchers.find((m) => m.name === '__name__')?.value;
  if (name === undefined) return ['a selector without a metric'];
  if (!metrics.has(name)) return [`no metric ${name}`];
  const labels = metrics.get(name);
  if (labels === undefined) return [];
  const own = new Set([...labels, 'hospital', 'host', '__name__']);
  return matchers.filter((m) => !own.has(m.name)).map((m) => `${name} has no label ${m.name}`);
}

const repeated = (items: readonly string[]): string[] => [
  ...new Set(items.filter((item, index) => items.indexOf(item) !== index)),
];
