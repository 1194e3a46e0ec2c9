// What a dashboard says, before it is anybody's JSON: rows of panels with their queries. One definition gives every language and
// every kind of data source.

import type { Query, Scope } from './query.ts';
import type { Text } from './text.ts';

export type Color = 'green' | 'yellow' | 'orange' | 'red' | 'blue' | 'purple' | 'gray' | 'text';

/** From `at` on the color holds; the first without `at`. */
export interface Threshold {
  at?: number;
  color: Color;
}

export interface Mapping {
  value: number;
  text: Text;
  color: Color;
}

/** Where a click leads in niswatch: the page of the series' host, its backup set, or its incident. */
export type Target = 'host' | 'incident' | 'backup' | 'board' | 'alerts';

export interface Column {
  /** Label, or `Value` / `Value #B`. */
  name: string;
  title: Text;
  unit?: string;
  width?: number;
  thresholds?: readonly Threshold[];
  mappings?: readonly Mapping[];
}

export interface Panel {
  kind: 'stat' | 'timeseries' | 'timeline' | 'table' | 'bars';
  title: Text;
  /** What it shows and what to do when it looks wrong. */
  description: Text;
  width: number;
  height: number;
  unit: string;
  queries: readonly Query[];
  target: Target;
  min?: number;
  max?: number;
  decimals?: number;
  thresholds?: readonly Threshold[];
  mappings?: readonly Mapping[];
  /** timeseries: areas on top of each other. */
  isStacked?: boolean;
  /** timeseries: steps instead of slopes. */
  isStepped?: boolean;
  /** The finest step, such as 15s. */
  interval?: string;
  /** table: in this order; labels not named here are not shown. */
  columns?: readonly Column[];
  sortBy?: { column: Text; desc: boolean };
  /** stat: when there is nothing to show. */
  noValue?: Text;
}

export interface Row {
  title: Text;
  isCollapsed: boolean;
  panels: readonly Panel[];
}

export type Mark = 'incidents' | 'boots' | 'updates' | 'backups';

export interface Board {
  name: string;
  title: Text;
  description: Text;
  scope: Scope;
  /** The variable `host` names one host, not several. */
  isOneHost?: boolean;
  time: { from: string; to: string };
  refresh: string;
  /** Marks on the time axis, and whether they show at first. */
  marks: Readonly<Partial<Record<Mark, boolean>>>;
  rows: readonly Row[];
}
