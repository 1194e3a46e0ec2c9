// Where a click on a value leads: to the same host, backup set or incident in niswatch, over the same time.

import { DashboardLinkBuilder, DashboardLinkType } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Panel, Target } from '../define/board.ts';
import { type Language, t, type Text } from '../define/text.ts';

const TITLES: Record<Target, Text> = {
  host: t('在 niswatch 打开该主机', 'Open the host in niswatch'),
  backup: t('在 niswatch 打开该备份集', 'Open the backup set in niswatch'),
  incident: t('在 niswatch 打开该事件', 'Open the incident in niswatch'),
  board: t('打开 niswatch 总览', 'Open the board of niswatch'),
  alerts: t('在 niswatch 查看告警', 'Open the alerts in niswatch'),
};

const NAMES: Record<Target, readonly string[]> = {
  host: ['hospital', 'host'],
  backup: ['hospital', 'host', 'set'],
  incident: ['alert'],
  board: [],
  alerts: [],
};

/** `/open` of the page finds by names what its own addresses name by ids. */
export function linkUrl({ target, kind }: Pick<Panel, 'target' | 'kind'>): string {
  const value = (name: string): string =>
    kind === 'table' ? `\${__data.fields.${name}:percentencode}` : `\${__field.labels.${name}:percentencode}`;
  const names = NAMES[target].map((name) => `${name}=${value(name)}`);
  const what = target === 'alerts' ? ['view=alerts'] : names;
  return `\${niswatch}/open?${[...what, 'from=${__from}', 'to=${__to}'].join('&')}`;
}

export const dataLink = (panel: Panel, language: Language): DashboardLinkBuilder =>
  new DashboardLinkBuilder(TITLES[panel.target][language])
    .type(DashboardLinkType.Link)
    .url(linkUrl(panel))
    .targetBlank(true);

/** To the other dashboards of the same kind, keeping time and variables. */
export const boardsLink = (tag: string, language: Language): DashboardLinkBuilder =>
  new DashboardLinkBuilder(t('niswatch 仪表盘', 'niswatch dashboards')[language])
    .type(DashboardLinkType.Dashboards)
    .tags([tag])
    .asDropdown(true)
    .includeVars(true)
    .keepTime(true);
