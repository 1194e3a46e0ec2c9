// Aggregations over the steps: series into groups, group by group.

import { executionFailure } from '../failure.ts';
import { keyOf, type Labels, METRIC_NAME, onlyLabels, withLabel, withoutLabels } from '../labels.ts';
import type { Aggregation, Aggregator } from '../language/ast.ts';
import { type Entry, greater, offer, smaller } from './heap.ts';
import { quantile } from './quantile.ts';
import { showPlain } from './show.ts';
import { isEmpty, newSteps, type StepSeries } from './step-series.ts';

interface Group {
  labels: Labels;
  members: StepSeries[];
}

/** `param`: the scalar argument at each step, or the label of count_values. */
export function aggregate(
  expr: Aggregation,
  series: readonly StepSeries[],
  param: Float64Array | string | undefined,
  count: number,
): StepSeries[] {
  if (typeof param === 'string') return countValues(expr, series, param, count);
  const groups = groupsOf(expr, series);
  if (expr.op === 'topk' || expr.op === 'bottomk')
    return best(expr.op, groups, series, param as Float64Array);
  const fold = FOLDS[expr.op] ?? ((group: Group) => quantiles(group, param as Float64Array, count));
  return groups.map((group) => fold(group, count)).filter((s) => !isEmpty(s));
}

function groupLabels({ without, labels: names }: Aggregation, labels: Labels): Labels {
  if (without) return withoutLabels(labels, [...names, METRIC_NAME]);
  return names.length === 0 ? [] : onlyLabels(labels, names);
}

function groupsOf(expr: Aggregation, series: readonly StepSeries[]): Group[] {
  const byKey = new Map<string, Group>();
  for (const s of series) {
    const labels = groupLabels(expr, s.labels);
    const key = keyOf(labels);
    const group = byKey.get(key);
    if (group) group.members.push(s);
    else byKey.set(key, { labels, members: [s] });
  }
  return [...byKey.values()];
}

type Fold = (group: Group, count: number) => StepSeries;

/** The first value of a group begins it; `next` takes in each further one. */
function folded(next: (before: number, value: number) => number): Fold {
  return ({ labels, members }, count) => {
    const { values, has } = newSteps(labels, count);
    for (const m of members)
      for (let i = 0; i < count; i++) {
        if (!m.has[i]) continue;
        values[i] = has[i] ? next(values[i] as number, m.values[i] as number) : (m.values[i] as number);
        has[i] = 1;
      }
    return { labels, values, has };
  };
}

const sum: Fold = ({ labels, members }, count) => {
  const { values, has } = newSteps(labels, count);
  for (const m of members)
    for (let i = 0; i < count; i++) {
      if (!m.has[i]) continue;
      values[i] = (values[i] as number) + (m.values[i] as number);
      has[i] = 1;
    }
  return { labels, values, has };
};

const counted: Fold = ({ labels, members }, count) => {
  const { values, has } = newSteps(labels, count);
  for (const m of members)
    for (let i = 0; i < count; i++) {
      if (!m.has[i]) continue;
      values[i] = (values[i] as number) + 1;
      has[i] = 1;
    }
  return { labels, values, has };
};

const isInfinite = (v: number): boolean => v === Infinity || v === -Infinity;

const mean: Fold = ({ labels, members }, count) => {
  const { values, has } = newSteps(labels, count);
  const n = new Float64Array(count);
  for (const m of members)
    for (let i = 0; i < count; i++) {
      if (!m.has[i]) continue;
      const v = m.values[i] as number;
      const k = (n[i] = (n[i] as number) + 1);
      const before = values[i] as number;
      if (!has[i]) values[i] = v;
      // An infinite mean stays as it is until a NaN or the other infinity comes.
      else if (!isInfinite(before) || (isInfinite(v) ? before > 0 !== v > 0 : Number.isNaN(v)))
        values[i] = before + (v / k - before / k);
      has[i] = 1;
    }
  return { labels, values, has };
};

/** Of the members' values around their mean, as of a whole population. */
function variance(finish: (variance: number) => number): Fold {
  return ({ labels, members }, count) => {
    const { values, has } = newSteps(labels, count);
    const n = new Float64Array(count);
    const mean = new Float64Array(count);
    for (const m of members)
      for (let i = 0; i < count; i++) {
        if (!m.has[i]) continue;
        const v = m.values[i] as number;
        const k = (n[i] = (n[i] as number) + 1);
        if (has[i]) {
          const off = v - (mean[i] as number);
          mean[i] = (mean[i] as number) + off / k;
          values[i] = (values[i] as number) + off * (v - (mean[i] as number));
        } else mean[i] = v;
        has[i] = 1;
      }
    for (let i = 0; i < count; i++) if (has[i]) values[i] = finish((values[i] as number) / (n[i] as number));
    return { labels, values, has };
  };
}

const FOLDS: Partial<Record<Aggregator, Fold>> = {
  sum,
  count: counted,
  avg: mean,
  group: (group, count) => {
    const out = counted(group, count);
    out.values.fill(1);
    return out;
  },
  max: folded((before, v) => (before < v || Number.isNaN(before) ? v : before)),
  min: folded((before, v) => (before > v || Number.isNaN(before) ? v : before)),
  stdvar: variance((v) => v),
  stddev: variance(Math.sqrt),
};

function quantiles({ labels, members }: Group, q: Float64Array, count: number): StepSeries {
  const out = newSteps(labels, count);
  const found = new Float64Array(members.length);
  for (let i = 0; i < count; i++) {
    let n = 0;
    for (const m of members) if (m.has[i]) found[n++] = m.values[i] as number;
    if (n === 0) continue;
    out.values[i] = quantile(q[i] as number, found.slice(0, n));
    out.has[i] = 1;
  }
  return out;
}

/** The k largest or smallest of each group keep all their labels. At a single step they come in their order. */
function best(
  op: 'topk' | 'bottomk',
  groups: readonly Group[],
  series: readonly StepSeries[],
  k: Float64Array,
): StepSeries[] {
  const less = op === 'topk' ? smaller : greater;
  const kept = new Map<StepSeries, StepSeries>(
    series.map((s) => [s, { labels: s.labels, values: s.values, has: new Uint8Array(s.has.length) }]),
  );
  const order: StepSeries[] = [];
  for (let i = 0; i < k.length; i++) {
    const size = sizeOf(k[i] as number);
    for (const { members } of size < 1 ? [] : groups) {
      const heap: Entry[] = [];
      members.forEach((m, index) => {
        if (m.has[i]) offer(heap, size, { value: m.values[i] as number, series: index }, less);
      });
      if (k.length === 1) heap.sort((a, b) => (less(b.value, a.value) ? -1 : less(a.value, b.value) ? 1 : 0));
      for (const { series: index } of heap) {
        const out = kept.get(members[index] as StepSeries) as StepSeries;
        out.has[i] = 1;
        order.push(out);
      }
    }
  }
  return k.length === 1 ? order : [...kept.values()].filter((s) => !isEmpty(s));
}

function sizeOf(k: number): number {
  if (!(Math.abs(k) < 2 ** 63)) throw executionFailure(`Scalar value ${k} overflows int64`);
  return Math.trunc(k);
}

function countValues(
  expr: Aggregation,
  series: readonly StepSeries[],
  label: string,
  count: number,
): StepSeries[] {
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label)) throw executionFailure(`invalid label name "${label}"`);
  const names = expr.without ? expr : { ...expr, labels: [...expr.labels, label] };
  const byKey = new Map<string, StepSeries>();
  for (const s of series) {
    let lastValue: number | undefined;
    let out: StepSeries | undefined;
    for (let i = 0; i < count; i++) {
      if (!s.has[i]) continue;
      const v = s.values[i] as number;
      if (out === undefined || !Object.is(v, lastValue)) {
        const labels = groupLabels(names, withLabel(s.labels, label, showPlain(v)));
        const key = keyOf(labels);
        out = byKey.get(key) ?? newSteps(labels, count);
        byKey.set(key, out);
        lastValue = v;
      }
      out.values[i] = (out.values[i] as number) + 1;
      out.has[i] = 1;
    }
  }
  return [...byKey.values()];
}
