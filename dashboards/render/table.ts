// Tables: several queries become one table, with the columns that are named, in that order.

import type { Panel as GrafanaPanel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Column, Panel } from '../define/board.ts';
import type { Language } from '../define/text.ts';
import { mappingsOf, thresholdsOf } from './field.ts';

/** Fields that data sources add and nobody reads. */
const NEVER = ['Time', 'time', '__name__', 'job', 'instance', 'db'];

export function arrangeTable(built: GrafanaPanel, panel: Panel, language: Language): GrafanaPanel {
  const columns = panel.columns ?? [];
  const rename = Object.fromEntries(columns.map(({ name, title }) => [name, title[language]]));
  const order = Object.fromEntries(columns.map(({ name }, index) => [name, index]));
  const hide = [...NEVER, ...(panel.target === 'incident' ? [] : ['alert'])];
  return {
    ...built,
    transformations: [
      { id: 'merge', options: {} },
      {
        id: 'organize',
        options: {
          excludeByName: Object.fromEntries(hide.map((name) => [name, true])),
          indexByName: order,
          renameByName: rename,
        },
      },
      ...(panel.sortBy
        ? [
            {
              id: 'sortBy',
              options: {
                fields: {},
                sort: [{ field: panel.sortBy.column[language], desc: panel.sortBy.desc }],
              },
            },
          ]
        : []),
    ],
    fieldConfig: {
      defaults: built.fieldConfig?.defaults ?? {},
      overrides: columns.map((column) => overrideOf(column, language)),
    },
  };
}

function overrideOf(column: Column, language: Language) {
  const properties: { id: string; value: unknown }[] = [];
  const add = (id: string, value: unknown): void => void properties.push({ id, value });
  // A label keeps its own text: the panel's unit is that of its values.
  add('unit', column.unit ?? 'string');
  if (column.width) add('custom.width', column.width);
  if (column.mappings) add('mappings', [mappingsOf(column.mappings, language)]);
  if (column.thresholds) add('thresholds', thresholdsOf(column.thresholds).build());
  if (column.mappings || column.thresholds) {
    add('custom.cellOptions', { type: 'color-background', mode: 'basic' });
    add('color', { mode: 'thresholds' });
  }
  return { matcher: { id: 'byName', options: column.title[language] }, properties };
}
