// Rows of the queue as line protocol: one line per measurement and tag set, all its fields in it. Promise: the same row gives the
// same line every time, so that sending it again repeats it exactly.

import type { Dialect } from './engine.ts';
import { outsideSeries, tagValue, type Place } from './names.ts';

interface Group {
  measurement: string;
  tags: string;
  fields: { text: string; column: number }[];
}

/** Nanoseconds since 1970 must fit into 63 bits. */
const LAST_MS = 9_223_372_036_854;

export class LineRenderer {
  private readonly dialect: Dialect;
  private readonly layouts = new Map<readonly string[], Group[]>();

  constructor(dialect: Dialect) {
    this.dialect = dialect;
  }

  /** Appends the row's lines. Returns how many of its samples cannot be said. */
  addRow(
    lines: string[],
    columns: readonly string[],
    hostTags: string,
    at: number,
    values: Float64Array,
  ): number {
    const canTell = at >= 0 && at <= LAST_MS;
    const time = String(Math.round(at));
    let untold = 0;
    for (const { measurement, tags, fields } of this.layout(columns)) {
      let text = '';
      for (const field of fields) {
        const value = values[field.column] as number;
        if (Number.isNaN(value)) continue;
        if (!canTell || !Number.isFinite(value)) untold++;
        else text += `${text === '' ? ' ' : ','}${field.text}${value}`;
      }
      if (text !== '') lines.push(`${measurement}${hostTags}${tags}${text} ${time}`);
    }
    return untold;
  }

  hostTags(hostId: string, place: Place): string {
    return this.tags({ hospital: place.hospital, host: place.host, host_id: hostId });
  }

  private layout(columns: readonly string[]): Group[] {
    let layout = this.layouts.get(columns);
    if (!layout) this.layouts.set(columns, (layout = this.lay(columns)));
    return layout;
  }

  private lay(columns: readonly string[]): Group[] {
    const groups = new Map<string, Group>();
    columns.forEach((key, column) => {
      const series = outsideSeries(key);
      if (!series) return;
      const tags = this.tags(series.tags);
      const name = `${series.measurement} ${tags}`;
      let group = groups.get(name);
      if (!group)
        groups.set(
          name,
          (group = { measurement: this.dialect.escape(series.measurement), tags, fields: [] }),
        );
      group.fields.push({ text: `${this.dialect.escape(series.field)}=`, column });
    });
    return [...groups.values()];
  }

  private tags(tags: Readonly<Record<string, string>>): string {
    return renderTags(tags, this.dialect);
  }
}

/** As they stand behind the measurement; empty ones are left out. */
export function renderTags(tags: Readonly<Record<string, string>>, dialect: Dialect): string {
  return Object.keys(tags)
    .sort()
    .map((name) => [name, tagValue(tags[name] as string)] as const)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `,${dialect.escape(name)}=${dialect.escape(value)}`)
    .join('');
}
