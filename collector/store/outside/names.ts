// Under which names our series stand outside: measurement and field of Telegraf (a metric's name is `measurement_field`), the
// series' own labels as tags, and three tags of every series: `hospital` and `host` as people call them, and `host_id`, which
// stays when a host is renamed. Promise: two keys of one host never share a series.

import { parseSeriesKey } from '../../../shared/catalogue.ts';

export interface OutsideSeries {
  key: string;
  /** `measurement_field`, as Prometheus and VictoriaMetrics call it. */
  metric: string;
  measurement: string;
  field: string;
  /** The series' own, without those of the host. */
  tags: Readonly<Record<string, string>>;
}

/** What every series of a host carries; empty names are left out. */
export interface Place {
  hospital: string;
  host: string;
}

export const HOST_TAGS: readonly string[] = ['hospital', 'host', 'host_id'];

/** A metric without an underscore has this field. */
const LONE_FIELD = 'value';

export function outsideName(metric: string): { measurement: string; field: string } {
  const cut = metric.indexOf('_');
  if (cut <= 0 || cut >= metric.length - 1) return { measurement: metric, field: LONE_FIELD };
  return { measurement: metric.slice(0, cut), field: metric.slice(cut + 1) };
}

/** undefined where the key is not one of ours, or has a label that only hosts have. */
export function outsideSeries(key: string): OutsideSeries | undefined {
  const parsed = parseSeriesKey(key);
  if (!parsed || HOST_TAGS.some((tag) => tag in parsed.labels)) return undefined;
  const { measurement, field } = outsideName(parsed.name);
  const tags = Object.fromEntries(
    Object.entries(parsed.labels)
      .map(([name, value]) => [name, tagValue(value)] as const)
      .filter(([, value]) => value !== ''),
  );
  return { key, metric: `${measurement}_${field}`, measurement, field, tags };
}

/** Line protocol knows no line breaks in tags, and InfluxDB no backslash before what must be escaped: `C:\` becomes `C:/`. */
export const tagValue = (text: string): string =>
  text.replaceAll(/[\r\n]+/g, ' ').replaceAll(/\\(?=[ ,=]|$)/g, '/');

/** The same for equal names and tags, whatever host they are of. */
export function identity(name: string, tags: Readonly<Record<string, string>>): string {
  const own = Object.keys(tags)
    .filter((tag) => tags[tag] !== '' && !HOST_TAGS.includes(tag))
    .sort();
  return JSON.stringify([name, ...own.flatMap((tag) => [tag, tags[tag]])]);
}
