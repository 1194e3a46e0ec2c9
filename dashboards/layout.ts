// The grid of a dashboard as a picture: titles, kinds and sizes of its panels, folded rows opened below. For people who look at the
// balance of a dashboard where no Grafana is. `node dashboards/layout.ts FOLDER` draws all of them.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Resvg } from '@resvg/resvg-js';
import { fontFiles } from '../collector/document/fonts.ts';
import { escapeMarkup } from '../shared/markup.ts';
import type { DashboardJson, PanelJson } from './check/json.ts';
import { BOARDS } from './boards/index.ts';
import { renderDashboard } from './render/dashboard.ts';

const CELL = { width: 50, height: 26 };
const COLORS: Record<string, string> = {
  stat: '#cfe8cf',
  timeseries: '#d6e4f5',
  'state-timeline': '#f5e3c8',
  table: '#e6e6e6',
  bargauge: '#e5d8f0',
  row: '#ffffff',
};

/** Folded panels stand where they would if their row were opened. */
function* opened(dashboard: DashboardJson): Generator<{ panel: PanelJson; y: number }> {
  let shift = 0;
  for (const panel of dashboard.panels) {
    yield { panel, y: panel.gridPos.y + shift };
    const folded = panel.panels ?? [];
    for (const inner of folded) yield { panel: inner, y: inner.gridPos.y + shift };
    const bottom = Math.max(0, ...folded.map(({ gridPos }) => gridPos.y + gridPos.h - panel.gridPos.y - 1));
    shift += bottom;
  }
}

export function layoutSvg(dashboard: DashboardJson): string {
  const placed = [...opened(dashboard)];
  const height = Math.max(...placed.map(({ panel, y }) => y + panel.gridPos.h)) * CELL.height;
  const boxes = placed.map(({ panel, y }) => {
    const { x, w, h } = panel.gridPos;
    const [left, top] = [x * CELL.width, y * CELL.height];
    const size = `width="${w * CELL.width - 4}" height="${h * CELL.height - 4}"`;
    const folded = panel.collapsed ? '（折叠）' : '';
    const detail = panel.type === 'row' ? '' : `${panel.type} ${w}×${h}, ${panel.targets?.length ?? 0}`;
    return `<rect x="${left + 2}" y="${top + 2}" ${size} fill="${COLORS[panel.type]}" stroke="#888"/>
<text x="${left + 8}" y="${top + 19}" font-size="13">${escapeMarkup(`${panel.title}${folded}`)}</text>
<text x="${left + 8}" y="${top + 36}" font-size="11" fill="#666">${detail}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${24 * CELL.width}" height="${height}" font-family="Noto Sans SC"><rect width="100%" height="100%" fill="#fff"/>${boxes.join('\n')}</svg>`;
}

export function drawLayouts(folder: string): string[] {
  mkdirSync(folder, { recursive: true });
  return BOARDS.map((board) => {
    const json = renderDashboard(board, { variant: 'promql', language: 'zh' }) as unknown as DashboardJson;
    const font = { fontFiles: fontFiles(), loadSystemFonts: false };
    const path = join(folder, `${board.name}.png`);
    writeFileSync(path, new Resvg(layoutSvg(json), { font }).render().asPng());
    return path;
  });
}

if (import.meta.main) {
  const folder = process.argv[2];
  if (folder === undefined || folder === '--help') {
    process.stdout.write(
      'node dashboards/layout.ts FOLDER   draws the grid of every dashboard into FOLDER\n',
    );
    process.exit(folder === undefined ? 1 : 0);
  }
  for (const path of drawLayouts(folder)) process.stdout.write(`${path}\n`);
}
