// The evaluator: a checked tree over a grid of steps, whole series at a time. Promise: the same answer as evaluating step by
// step; pure and synchronous over what was read before.

import { executionFailure } from '../failure.ts';
import { type Labels, labelsOf, METRIC_NAME, NO_LABELS, withoutName } from '../labels.ts';
import type { Aggregation, Binary, Call, Expr, Selector, Subquery } from '../language/ast.ts';
import { isSet, stripParens } from '../language/ast.ts';
import { check } from '../language/check.ts';
import type { RawSeries } from '../source.ts';
import { aggregate } from './aggregate.ts';
import { scalarScalar, setOperation, vectorScalar, vectorVector } from './binary.ts';
import type { Budget } from './budget.ts';
import { CALENDAR, MATHS } from './functions.ts';
import { type Bounds, type Ends, endsOf, type Grid, gridOf, Windows } from './grid.ts';
import { histogramQuantile } from './histogram.ts';
import { lookUp } from './instant.ts';
import type { RangeKernel, Samples } from './kernel.ts';
import { labelJoin, labelReplace } from './label-functions.ts';
import { OVER_TIME } from './over-time.ts';
import { delta, idelta, increase, irate, rate } from './rates.ts';
import { isEmpty, joinSame, newSteps, refuseSame, type StepSeries, stepsFor } from './step-series.ts';
import { deriv, holtWinters, predictLinear } from './trends.ts';

export interface World {
  /** What was read for each selector. */
  read: ReadonlyMap<Selector, readonly RawSeries[]>;
  bounds: Bounds;
  lookbackMs: number;
  defaultStepMs: number;
  budget: Budget;
}

const KERNELS: Readonly<Record<string, RangeKernel>> = {
  ...OVER_TIME,
  rate,
  increase,
  delta,
  irate,
  idelta,
  deriv,
  predict_linear: predictLinear,
  holt_winters: holtWinters,
};

/** A range vector: samples of each series, and where its windows end. */
interface Ranges {
  series: readonly (Samples & { labels: Labels })[];
  ends: Ends;
  rangeMs: number;
}

export class Evaluator {
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  vector(expr: Expr, grid: Grid): StepSeries[] {
    const series = this.vectorOf(expr, grid);
    this.world.budget.spend(series.length * grid.count);
    this.world.budget.checkTime();
    return series;
  }

  private vectorOf(expr: Expr, grid: Grid): StepSeries[] {
    switch (expr.kind) {
      case 'paren':
        return this.vector(expr.expr, grid);
      case 'selector':
        return this.select(expr, grid, 'value');
      case 'unary':
        return this.unary(expr.op, this.vector(expr.expr, grid));
      case 'binary':
        return this.binary(expr, grid);
      case 'aggregation':
        return this.aggregation(expr, grid);
      case 'call':
        return this.call(expr, grid);
      default:
        throw executionFailure(`a ${expr.kind} is no instant vector`);
    }
  }

  scalar(expr: Expr, grid: Grid): Float64Array {
    switch (expr.kind) {
      case 'number':
        return new Float64Array(grid.count).fill(expr.value);
      case 'paren':
        return this.scalar(expr.expr, grid);
      case 'unary': {
        const values = this.scalar(expr.expr, grid);
        return expr.op === '-' ? values.map((v) => -v) : values;
      }
      case 'binary':
        return scalarScalar(expr, this.scalar(expr.left, grid), this.scalar(expr.right, grid));
      case 'call':
        return this.scalarCall(expr, grid);
      default:
        throw executionFailure(`a ${expr.kind} is no scalar`);
    }
  }

  private scalarCall(expr: Call, grid: Grid): Float64Array {
    if (expr.name === 'pi') return new Float64Array(grid.count).fill(Math.PI);
    if (expr.name === 'time') return times(grid).map((t) => t / 1000);
    const series = this.vector(expr.args[0] as Expr, grid);
    return Float64Array.from({ length: grid.count }, (_, i) => {
      const found = series.filter((s) => s.has[i]);
      return found.length === 1 ? ((found[0] as StepSeries).values[i] as number) : NaN;
    });
  }

  /** The samples of a range vector, for a query that asks for nothing else. */
  ranges(expr: Expr, grid: Grid): Ranges {
    const inner = stripParens(expr);
    if (inner.kind === 'subquery') return this.subquery(inner, grid);
    if (inner.kind !== 'selector') throw executionFailure(`a ${inner.kind} is no range vector`);
    const ends = endsOf(inner, grid, this.world.bounds);
    return { series: this.world.read.get(inner) ?? [], ends, rangeMs: inner.rangeMs ?? 0 };
  }

  private subquery(expr: Subquery, grid: Grid): Ranges {
    const ends = endsOf(expr, grid, this.world.bounds);
    const inner = gridOf(expr, ends, this.world.defaultStepMs);
    const steps = inner.count === 0 ? [] : this.vector(expr.expr, inner);
    const at = times(inner);
    return { series: steps.map((s) => samplesOf(s, at)), ends, rangeMs: expr.rangeMs };
  }

  private select(expr: Selector, grid: Grid, wants: 'value' | 'time'): StepSeries[] {
    const { world } = this;
    const ends = endsOf(expr, grid, world.bounds);
    const out: StepSeries[] = [];
    const read = world.read.get(expr) ?? [];
    const stepsOf = stepsFor(read.length, grid.count);
    for (const raw of read) {
      const steps = stepsOf(raw.labels);
      if (lookUp(raw, ends, world.lookbackMs, steps, wants)) out.push(steps);
    }
    return out;
  }

  private unary(op: '-' | '+', series: StepSeries[]): StepSeries[] {
    if (op === '+') return series;
    return refuseSame(
      series.map((s) => ({ labels: withoutName(s.labels), values: s.values.map((v) => -v), has: s.has })),
    );
  }

  private binary(expr: Binary, grid: Grid): StepSeries[] {
    if (isScalar(expr.left))
      return vectorScalar(expr, this.vector(expr.right, grid), this.scalar(expr.left, grid), true);
    if (isScalar(expr.right))
      return vectorScalar(expr, this.vector(expr.left, grid), this.scalar(expr.right, grid), false);
    const left = this.vector(expr.left, grid);
    const right = this.vector(expr.right, grid);
    return isSet(expr.op) ? setOperation(expr, left, right) : vectorVector(expr, left, right);
  }

  private aggregation(expr: Aggregation, grid: Grid): StepSeries[] {
    const series = this.vector(expr.expr, grid);
    const param = expr.param && stripParens(expr.param);
    const value = param?.kind === 'string' ? param.value : param && this.scalar(param, grid);
    return aggregate(expr, series, value, grid.count);
  }

  private call(expr: Call, grid: Grid): StepSeries[] {
    const { name, args } = expr;
    const kernel = KERNELS[name];
    if (kernel) return this.rangeCall(expr, kernel, grid);
    const map = MATHS[name];
    if (map) return mapped(this.vector(args[0] as Expr, grid), map);
    const calendar = CALENDAR[name];
    if (calendar) {
      const of = args[0] ? this.vector(args[0], grid) : [ofScalar(times(grid).map((t) => t / 1000))];
      return mapped(of, calendar);
    }
    switch (name) {
      case 'vector':
        return [ofScalar(this.scalar(args[0] as Expr, grid))];
      case 'timestamp':
        return this.timestamp(args[0] as Expr, grid);
      case 'absent':
        return absent(args[0] as Expr, this.vector(args[0] as Expr, grid), grid.count);
      case 'sort':
      case 'sort_desc':
        return sorted(this.vector(args[0] as Expr, grid), name === 'sort' ? 1 : -1);
      case 'histogram_quantile':
        return histogramQuantile(this.scalar(args[0] as Expr, grid), this.vector(args[1] as Expr, grid));
      case 'label_replace':
        return labelReplace(this.vector(args[0] as Expr, grid), args.slice(1).map(textOf));
      case 'label_join':
        return labelJoin(this.vector(args[0] as Expr, grid), args.slice(1).map(textOf));
      case 'clamp':
      case 'clamp_min':
      case 'clamp_max':
        return this.clamp(expr, grid);
      case 'round': {
        const to = args[1] ? this.scalar(args[1], grid) : new Float64Array(grid.count).fill(1);
        return mappedAt(this.vector(args[0] as Expr, grid), (v, i) => {
          const inverse = 1 / (to[i] as number);
          return Math.floor(v * inverse + 0.5) / inverse;
        });
      }
      default:
        throw executionFailure(`function ${name} cannot be computed`);
    }
  }

  private rangeCall(expr: Call, kernel: RangeKernel, grid: Grid): StepSeries[] {
    const isRange = (arg: Expr): boolean => ['selector', 'subquery'].includes(stripParens(arg).kind);
    const args = expr.args.filter((arg) => !isRange(arg)).map((arg) => this.scalar(arg, grid));
    const of = expr.args.find(isRange) as Expr;
    const { series, ends, rangeMs } = this.ranges(of, grid);
    const windows = new Windows(ends, rangeMs);
    const at = times(grid);
    const out: StepSeries[] = [];
    const stepsOf = stepsFor(series.length, grid.count);
    for (const s of series) {
      if (!windows.lay(s.at)) continue;
      const labels = expr.name === 'last_over_time' ? s.labels : withoutName(s.labels);
      const steps = stepsOf(labels);
      kernel(s, windows, steps, args, at);
      if (!isEmpty(steps)) out.push(steps);
      if (out.length % 64 === 0) this.world.budget.checkTime();
    }
    return expr.name === 'absent_over_time' ? absent(of, refuseSame(out), grid.count) : refuseSame(out);
  }

  /** Of a selector: when the sample was taken; of anything else: the step. */
  private timestamp(arg: Expr, grid: Grid): StepSeries[] {
    const inner = stripParens(arg);
    if (inner.kind === 'selector')
      return joinSame(this.select(inner, grid, 'time').map((s) => ({ ...s, labels: withoutName(s.labels) })));
    const at = times(grid);
    return mappedAt(this.vector(arg, grid), (_, i) => (at[i] as number) / 1000);
  }

  private clamp({ name, args }: Call, grid: Grid): StepSeries[] {
    const series = this.vector(args[0] as Expr, grid);
    const bound = (i: number): Float64Array => this.scalar(args[i] as Expr, grid);
    const none = (value: number): Float64Array => new Float64Array(grid.count).fill(value);
    const min = name === 'clamp_max' ? none(-Infinity) : bound(1);
    const max = name === 'clamp' ? bound(2) : name === 'clamp_max' ? bound(1) : none(Infinity);
    const out = mappedAt(series, (v, i) => Math.max(min[i] as number, Math.min(max[i] as number, v)));
    if (min.every((m, i) => !((max[i] as number) < m))) return out;
    return out
      .map((s) => ({ ...s, has: s.has.map((h, i) => ((max[i] as number) < (min[i] as number) ? 0 : h)) }))
      .filter((s) => !isEmpty(s));
  }
}

function isScalar(expr: Expr): boolean {
  return check('', expr) === 'scalar';
}

export function times({ start, step, count }: Grid): Float64Array {
  const at = new Float64Array(count);
  for (let i = 0; i < count; i++) at[i] = start + i * step;
  return at;
}

function textOf(expr: Expr): string {
  const text = stripParens(expr);
  return text.kind === 'string' ? text.value : '';
}

function ofScalar(values: Float64Array): StepSeries {
  return { labels: NO_LABELS, values, has: new Uint8Array(values.length).fill(1) };
}

function samplesOf({ labels, values, has }: StepSeries, at: Float64Array): Samples & { labels: Labels } {
  if (!has.includes(0)) return { labels, at, value: values };
  const there = (_: number, i: number): boolean => has[i] === 1;
  return { labels, at: at.filter(there), value: values.filter(there) };
}

const mapped = (series: readonly StepSeries[], map: (v: number) => number): StepSeries[] =>
  joinSame(
    series.map((s) => ({ labels: withoutName(s.labels), values: s.values.map((v) => map(v)), has: s.has })),
  );

const mappedAt = (series: readonly StepSeries[], map: (v: number, step: number) => number): StepSeries[] =>
  joinSame(series.map((s) => ({ labels: withoutName(s.labels), values: s.values.map(map), has: s.has })));

/** 1 at the steps at which there is nothing, with the labels that the selector demands. */
function absent(arg: Expr, series: readonly StepSeries[], count: number): StepSeries[] {
  const out = newSteps(absentLabels(arg), count);
  for (let i = 0; i < count; i++) {
    if (series.some((s) => s.has[i])) continue;
    out.values[i] = 1;
    out.has[i] = 1;
  }
  return isEmpty(out) ? [] : [out];
}

function absentLabels(arg: Expr): Labels {
  if (arg.kind !== 'selector') return NO_LABELS;
  const wanted: Record<string, string> = {};
  const seen = new Set<string>();
  for (const { name, type, value } of arg.matchers) {
    if (name === METRIC_NAME) continue;
    const isFirst = type === '=' && !seen.has(name);
    wanted[name] = isFirst ? value : '';
    if (isFirst) seen.add(name);
  }
  return labelsOf(wanted);
}

/** The order counts at a single step only. NaN comes last, whichever way it is sorted. */
function sorted(series: StepSeries[], direction: 1 | -1): StepSeries[] {
  if ((series[0]?.has.length ?? 0) !== 1) return series;
  const value = (s: StepSeries): number => s.values[0] as number;
  return series.toSorted((a, b) => {
    if (Number.isNaN(value(a)) || Number.isNaN(value(b)))
      return Number(Number.isNaN(value(a))) - Number(Number.isNaN(value(b)));
    return (value(a) - value(b)) * direction;
  });
}
