// Operations of two operands over the steps. Promise: which series meet which is decided as Prometheus decides it at each step,
// although whole series are computed at once; ambiguous matches are errors, never guesses.

import { executionFailure } from '../failure.ts';
import {
  getLabel,
  keyOf,
  type Labels,
  METRIC_NAME,
  onlyLabels,
  showLabels,
  withLabel,
  withoutLabels,
  withoutName,
} from '../labels.ts';
import { type Binary, isComparison, type Matching } from '../language/ast.ts';
import { ARITHMETIC, type Arithmetic, COMPARISON, type Comparison } from './operators.ts';
import { isEmpty, joinSame, newSteps, type StepSeries } from './step-series.ts';

const DEFAULT_MATCHING: Matching = { card: 'one-to-one', on: false, labels: [], include: [] };

export function scalarScalar(expr: Binary, a: Float64Array, b: Float64Array): Float64Array {
  const compute = ARITHMETIC[expr.op];
  if (compute) return a.map((x, i) => compute(x, b[i] as number));
  const compare = COMPARISON[expr.op] as Comparison;
  return a.map((x, i) => (compare(x, b[i] as number) ? 1 : 0));
}

/** `swap`: the scalar stands on the left. A comparison keeps the vector's values, whichever side it is on. */
export function vectorScalar(
  expr: Binary,
  vector: readonly StepSeries[],
  scalar: Float64Array,
  swap: boolean,
): StepSeries[] {
  const drops = dropsName(expr);
  const out = vector.map((s) => {
    const labels = drops ? withoutName(s.labels) : s.labels;
    return { ...combine(expr, s, { values: scalar }, { swap, keeps: 'left' }), labels };
  });
  return joinSame(out.filter((s) => !isEmpty(s)));
}

interface Side {
  values: Float64Array;
  has?: Uint8Array;
}

/** Both operands step by step; `swap` exchanges them; `keeps` says whose value a filter keeps, before the exchange. */
function combine(
  expr: Binary,
  left: StepSeries,
  right: Side,
  { swap, keeps }: { swap: boolean; keeps: 'left' | 'right' },
): StepSeries {
  const compute = ARITHMETIC[expr.op];
  return compute ? computed(compute, left, right, swap) : compared(expr, left, right, swap, keeps);
}

function computed(compute: Arithmetic, left: StepSeries, right: Side, swap: boolean): StepSeries {
  const n = left.has.length;
  const out = newSteps(left.labels, n);
  const [a, b] = swap ? [right.values, left.values] : [left.values, right.values];
  for (let i = 0; i < n; i++) {
    if (!left.has[i] || (right.has && !right.has[i])) continue;
    out.values[i] = compute(a[i] as number, b[i] as number);
    out.has[i] = 1;
  }
  return out;
}

function compared(
  expr: Binary,
  left: StepSeries,
  right: Side,
  swap: boolean,
  keeps: 'left' | 'right',
): StepSeries {
  const compare = COMPARISON[expr.op] as Comparison;
  const n = left.has.length;
  const out = newSteps(left.labels, n);
  const [a, b] = swap ? [right.values, left.values] : [left.values, right.values];
  const kept = keeps === 'left' ? left.values : right.values;
  for (let i = 0; i < n; i++) {
    if (!left.has[i] || (right.has && !right.has[i])) continue;
    const holds = compare(a[i] as number, b[i] as number);
    if (!holds && !expr.bool) continue;
    out.values[i] = expr.bool ? Number(holds) : (kept[i] as number);
    out.has[i] = 1;
  }
  return out;
}

/** The labels by which series meet. The metric's name counts only where `on` names it. */
function signature({ on, labels: names }: Matching, labels: Labels): string {
  return keyOf(on ? onlyLabels(labels, names) : withoutLabels(labels, [...names, METRIC_NAME]));
}

function bySignature(matching: Matching, series: readonly StepSeries[]): Map<string, StepSeries[]> {
  const groups = new Map<string, StepSeries[]>();
  for (const s of series) {
    const key = signature(matching, s.labels);
    const group = groups.get(key);
    if (group) group.push(s);
    else groups.set(key, [s]);
  }
  return groups;
}

export function vectorVector(
  expr: Binary,
  left: readonly StepSeries[],
  right: readonly StepSeries[],
): StepSeries[] {
  if (left.length === 0 || right.length === 0) return [];
  const matching = expr.matching ?? DEFAULT_MATCHING;
  const swap = matching.card === 'one-to-many';
  const [many, one] = swap ? [right, left] : [left, right];
  const ones = bySignature(matching, one);
  const anyMany = presence(many);
  for (const group of ones.values()) refuseTwo(group, anyMany, matching, swap ? 'left' : 'right');
  const out: StepSeries[] = [];
  for (const [key, members] of bySignature(matching, many)) {
    const partners = ones.get(key);
    if (!partners) continue;
    const results = members.flatMap((m) =>
      partners.map((p) => ({
        // A filter keeps what stands on the left in the query, also where that is the "one" side.
        ...combine(expr, m, p, { swap, keeps: swap ? 'right' : 'left' }),
        labels: resultLabels(expr, matching, m.labels, p.labels),
      })),
    );
    const found = results.filter((s) => !isEmpty(s));
    refuseAmbiguous(found, matching.card);
    out.push(...found);
  }
  return joinSame(out);
}

/** At which steps any of the series has a value. */
function presence(series: readonly StepSeries[]): Uint8Array {
  const any = new Uint8Array(series[0]?.has.length ?? 0);
  for (const { has } of series) for (let i = 0; i < any.length; i++) if (has[i]) any[i] = 1;
  return any;
}

function refuseTwo(
  group: readonly StepSeries[],
  matters: Uint8Array,
  matching: Matching,
  side: 'left' | 'right',
): void {
  if (group.length < 2) return;
  const seen: (StepSeries | undefined)[] = [];
  for (const s of group)
    for (let i = 0; i < matters.length; i++) {
      if (!s.has[i] || !matters[i]) continue;
      const before = seen[i];
      if (!before) {
        seen[i] = s;
        continue;
      }
      const match = matching.on
        ? onlyLabels(s.labels, matching.labels)
        : withoutName(withoutLabels(s.labels, matching.labels));
      throw executionFailure(
        `found duplicate series for the match group ${showLabels(match)} on the ${side} hand-side of the operation: ` +
          `[${showLabels(s.labels)}, ${showLabels(before.labels)}];many-to-many matching not allowed: matching labels must be unique on one side`,
      );
    }
}

function refuseAmbiguous(found: readonly StepSeries[], card: Matching['card']): void {
  if (found.length < 2) return;
  const taken = new Map<string, Uint8Array>();
  for (const s of found) {
    const key = card === 'one-to-one' ? '' : keyOf(s.labels);
    const steps = taken.get(key) ?? new Uint8Array(s.has.length);
    taken.set(key, steps);
    for (let i = 0; i < steps.length; i++) {
      if (!s.has[i]) continue;
      if (steps[i])
        throw executionFailure(
          card === 'one-to-one'
            ? 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)'
            : 'multiple matches for labels: grouping labels must ensure unique matches',
        );
      steps[i] = 1;
    }
  }
}

function resultLabels(expr: Binary, matching: Matching, many: Labels, one: Labels): Labels {
  let labels = dropsName(expr) ? withoutName(many) : many;
  if (matching.card === 'one-to-one')
    labels = matching.on ? onlyLabels(labels, matching.labels) : withoutLabels(labels, matching.labels);
  for (const name of matching.include) labels = withLabel(labels, name, getLabel(one, name));
  return labels;
}

export function setOperation(
  expr: Binary,
  left: readonly StepSeries[],
  right: readonly StepSeries[],
): StepSeries[] {
  const matching = expr.matching ?? { ...DEFAULT_MATCHING, card: 'many-to-many' };
  if (expr.op === 'or') return joinSame([...left, ...masked(matching, right, left, 0)]);
  return masked(matching, left, right, expr.op === 'and' ? 1 : 0);
}

/** The series at those steps at which the others have (1) or have not (0) a partner for them. */
function masked(
  matching: Matching,
  series: readonly StepSeries[],
  others: readonly StepSeries[],
  wanted: 0 | 1,
): StepSeries[] {
  const present = new Map<string, Uint8Array>();
  for (const [key, group] of bySignature(matching, others)) present.set(key, presence(group));
  const out: StepSeries[] = [];
  for (const s of series) {
    const mask = present.get(signature(matching, s.labels));
    if (!mask) {
      if (wanted === 0) out.push(s);
      continue;
    }
    const has = s.has.map((h, i) => (h && mask[i] === wanted ? 1 : 0));
    if (has.includes(1)) out.push({ labels: s.labels, values: s.values, has });
  }
  return out;
}

/** A result that is no longer the metric loses its name. (Prometheus 2.42 lets atan2 keep it; so do we.) */
function dropsName({ op, bool }: Binary): boolean {
  return bool || !(isComparison(op) || op === 'atan2');
}
