// The files that the definitions generate, by their path from the root. `npm run check` compares them with what is committed.

import { BOARDS } from './boards/index.ts';
import { renderDashboard, uidOf } from './render/dashboard.ts';
import type { Rendering } from './render/panel.ts';

export const RENDERINGS: readonly Rendering[] = [
  { variant: 'promql', language: 'zh' },
  { variant: 'promql', language: 'en' },
  { variant: 'influxql', language: 'zh' },
  { variant: 'influxql', language: 'en' },
];

/** Below `dashboards/grafana/`: one folder a data source and language, so that a mount takes what it needs. */
export const folderOf = ({ variant, language }: Rendering): string => `${variant}-${language}`;

export function dashboardFiles(): Record<string, string> {
  return Object.fromEntries(
    RENDERINGS.flatMap((rendering) =>
      BOARDS.map((board) => [
        `dashboards/grafana/${folderOf(rendering)}/${uidOf(board.name, rendering)}.json`,
        `${JSON.stringify(renderDashboard(board, rendering), null, 1)}\n`,
      ]),
    ),
  );
}
