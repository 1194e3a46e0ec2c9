// A set of labels: names and values in turn, sorted by name. Promise: no name twice, no empty value (an empty value is a label
// that is not there), so that two sets are equal exactly when their keys are.

export type Labels = readonly string[];

export const NO_LABELS: Labels = [];
export const METRIC_NAME = '__name__';

export function labelsOf(record: Readonly<Record<string, string>>): Labels {
  return Object.keys(record)
    .filter((name) => record[name] !== '')
    .sort()
    .flatMap((name) => [name, record[name] as string]);
}

export const keyOf = (labels: Labels): string => labels.join('\u00ff');

export function getLabel(labels: Labels, name: string): string {
  for (let i = 0; i < labels.length; i += 2) if (labels[i] === name) return labels[i + 1] as string;
  return '';
}

export function withLabel(labels: Labels, name: string, value: string): Labels {
  const out: string[] = [];
  let isPlaced = value === '';
  for (let i = 0; i < labels.length; i += 2) {
    const at = labels[i] as string;
    if (!isPlaced && at >= name) {
      out.push(name, value);
      isPlaced = true;
    }
    if (at !== name) out.push(at, labels[i + 1] as string);
  }
  if (!isPlaced) out.push(name, value);
  return out;
}

function filter(labels: Labels, keep: (name: string) => boolean): Labels {
  const out: string[] = [];
  for (let i = 0; i < labels.length; i += 2)
    if (keep(labels[i] as string)) out.push(labels[i] as string, labels[i + 1] as string);
  return out.length === labels.length ? labels : out;
}

export const withoutLabels = (labels: Labels, names: readonly string[]): Labels =>
  filter(labels, (name) => !names.includes(name));

export const onlyLabels = (labels: Labels, names: readonly string[]): Labels =>
  filter(labels, (name) => names.includes(name));

const NAME_ONLY = [METRIC_NAME];
export const withoutName = (labels: Labels): Labels => withoutLabels(labels, NAME_ONLY);

export function toRecord(labels: Labels): Record<string, string> {
  const record: Record<string, string> = {};
  for (let i = 0; i < labels.length; i += 2) record[labels[i] as string] = labels[i + 1] as string;
  return record;
}

/** Prometheus' order: name by name, value by value, bytewise; a set that ends first comes first. */
export function compareLabels(a: Labels, b: Labels): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const x = a[i] as string;
    const y = b[i] as string;
    if (x !== y) return compareText(x, y);
  }
  return a.length - b.length;
}

/** By code point, which is the order of UTF-8 bytes; UTF-16 units would sort rare characters elsewhere. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const isHigh = (c: number): boolean => c >= 0xd800 && c < 0xe000;
    return isHigh(x) !== isHigh(y) ? (isHigh(x) ? 1 : -1) : x - y;
  }
  return a.length - b.length;
}

/** For messages. */
export function showLabels(labels: Labels): string {
  const pairs: string[] = [];
  for (let i = 0; i < labels.length; i += 2)
    if (labels[i] !== METRIC_NAME) pairs.push(`${labels[i]}=${JSON.stringify(labels[i + 1])}`);
  return `${getLabel(labels, METRIC_NAME)}{${pairs.join(', ')}}`;
}
