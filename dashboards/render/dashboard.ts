// A definition as the JSON of one dashboard, in one language for one kind of data source. Promise: same definition, same bytes; ids,
// refIds and places are set, which the SDK leaves open.

import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  type Panel as GrafanaPanel,
  RowBuilder,
  type RowPanel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Board, Row } from '../define/board.ts';
import { annotationsOf } from './annotations.ts';
import { boardsLink } from './links.ts';
import { type Rendering, renderPanel } from './panel.ts';
import { variablesOf } from './variables.ts';

/** The lowest whose features are used: Grafana 10 reads it as it is, newer ones raise it themselves. */
const SCHEMA_VERSION = 39;
const GRID = 24;

export function uidOf(name: string, { variant, language }: Rendering): string {
  return ['niswatch', name, variant === 'influxql' ? 'influx' : '', language === 'en' ? 'en' : '']
    .filter((part) => part !== '')
    .join('-');
}

const tagOf = (rendering: Rendering): string => uidOf('', rendering);

export function renderDashboard(board: Board, rendering: Rendering): Dashboard {
  const { language } = rendering;
  const builder = new DashboardBuilder(board.title[language])
    .uid(uidOf(board.name, rendering))
    .description(board.description[language])
    .tags([tagOf(rendering)])
    .timezone('browser')
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time(board.time)
    .refresh(board.refresh)
    .variables(variablesOf(board, rendering))
    .annotations(annotationsOf(board, rendering))
    .link(boardsLink(tagOf(rendering), language));
  return finish({ ...builder.build(), panels: place(board.rows, rendering) });
}

/** From left to right, a new line where the next panel does not fit. */
function place(rows: readonly Row[], rendering: Rendering): (GrafanaPanel | RowPanel)[] {
  const placed: (GrafanaPanel | RowPanel)[] = [];
  let y = 0;
  for (const row of rows) {
    const panels: GrafanaPanel[] = [];
    const head: RowPanel = {
      ...new RowBuilder(row.title[rendering.language]).collapsed(row.isCollapsed).build(),
      gridPos: { x: 0, y: y++, w: GRID, h: 1 },
      panels: row.isCollapsed ? panels : [],
    };
    placed.push(head);
    let [x, line, height] = [0, y, 0];
    for (const panel of row.panels) {
      if (x + panel.width > GRID) [x, line, height] = [0, line + height, 0];
      const gridPos = { x, y: line, w: panel.width, h: panel.height };
      const rendered = { ...renderPanel(panel, rendering), gridPos };
      (row.isCollapsed ? panels : placed).push(rendered);
      x += panel.width;
      height = Math.max(height, panel.height);
    }
    // A collapsed row takes one line until somebody opens it.
    if (!row.isCollapsed) y = line + height;
  }
  return placed;
}

function finish(dashboard: Dashboard): Dashboard {
  let id = 0;
  const number = (panel: GrafanaPanel | RowPanel): void => {
    panel.id = ++id;
    if ('panels' in panel && Array.isArray(panel.panels)) panel.panels.forEach(number);
    for (const [index, target] of ((panel as GrafanaPanel).targets ?? []).entries())
      (target as { refId?: string }).refId = String.fromCodePoint(65 + index);
  };
  dashboard.panels?.forEach(number);
  return tidy({ ...dashboard, schemaVersion: SCHEMA_VERSION, version: 1 });
}

/** What the SDK fills in by default and only the newest versions know: it would hide links and marks in a menu. */
const UNASKED = new Set(['placement', 'repeatDirection']);

function tidy<T>(value: T): T {
  if (Array.isArray(value)) return value.map(tidy) as T;
  if (value === null || typeof value !== 'object') return value;
  const kept = Object.entries(value).filter(([name, v]) => !UNASKED.has(name) && typeof v !== 'function');
  return Object.fromEntries(kept.map(([name, v]) => [name, tidy(v)])) as T;
}
