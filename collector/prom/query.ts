// One query from its text to its answer: parse, check, read, evaluate. Promise: errors are PromFailures with Prometheus' types;
// the limits hold for each query.

import { Budget, type Limits } from './evaluate/budget.ts';
import { Evaluator, times } from './evaluate/evaluate.ts';
import { endOf, type Grid } from './evaluate/grid.ts';
import { plan, type PlanOptions } from './evaluate/plan.ts';
import type { StepSeries } from './evaluate/step-series.ts';
import { PromFailure } from './failure.ts';
import { compareLabels, type Labels } from './labels.ts';
import type { Expr, Selector } from './language/ast.ts';
import { stripParens } from './language/ast.ts';
import { check, TYPE_NAMES } from './language/check.ts';
import { parse } from './language/parse.ts';
import type { RawSeries, SeriesSource } from './source.ts';

export interface EngineOptions {
  source: SeriesSource;
  /** How long a value counts as current where the source says nothing else. */
  lookbackMs?: number;
  /** The step of subqueries that name none. */
  defaultStepMs?: number;
  limits?: Partial<Limits>;
  monotonic: () => number;
}

export const DEFAULT_LIMITS: Limits = { samples: 20_000_000, series: 20_000, timeoutMs: 20_000 };
export const LOOKBACK_MS = 300_000;
const DEFAULT_STEP_MS = 60_000;

export interface RangeRequest {
  query: string;
  start: number;
  end: number;
  step: number;
}

export interface Samples {
  labels: Labels;
  at: Float64Array;
  value: Float64Array;
}

export type InstantAnswer =
  | { type: 'vector'; at: number; series: StepSeries[] }
  | { type: 'scalar'; at: number; value: number }
  | { type: 'string'; at: number; value: string }
  | { type: 'matrix'; series: Samples[] };

export interface RangeAnswer {
  times: Float64Array;
  series: StepSeries[];
}

export async function queryInstant(
  options: EngineOptions,
  query: string,
  at: number,
): Promise<InstantAnswer> {
  const expr = parse(query);
  const type = check(query, expr);
  const inner = stripParens(expr);
  if (inner.kind === 'string') return { type: 'string', at, value: inner.value };
  const grid = { start: at, step: 1, count: 1 };
  const evaluator = await prepare(options, expr, grid);
  if (type === 'scalar') return { type, at, value: evaluator.scalar(expr, grid)[0] as number };
  if (type === 'matrix') return { type, series: samplesIn(evaluator, expr, grid) };
  return { type: 'vector', at, series: evaluator.vector(expr, grid) };
}

export async function queryRange(
  options: EngineOptions,
  { query, start, end, step }: RangeRequest,
): Promise<RangeAnswer> {
  const expr = parse(query);
  const type = check(query, expr);
  if (type !== 'scalar' && type !== 'vector')
    throw new PromFailure(
      'bad_data',
      `invalid expression type "${TYPE_NAMES[type]}" for range query, must be Scalar or instant Vector`,
    );
  const grid = { start, step, count: Math.floor((end - start) / step) + 1 };
  const evaluator = await prepare(options, expr, grid, end);
  if (type === 'scalar') {
    const has = new Uint8Array(grid.count).fill(1);
    return { times: times(grid), series: [{ labels: [], values: evaluator.scalar(expr, grid), has }] };
  }
  const series = evaluator.vector(expr, grid).sort((a, b) => compareLabels(a.labels, b.labels));
  return { times: times(grid), series };
}

async function prepare(
  options: EngineOptions,
  expr: Expr,
  grid: Grid,
  end = endOf(grid),
): Promise<Evaluator> {
  const planned: PlanOptions = {
    bounds: { start: grid.start, end },
    lookbackMs: options.lookbackMs ?? LOOKBACK_MS,
    defaultStepMs: options.defaultStepMs ?? DEFAULT_STEP_MS,
  };
  const budget = new Budget({ ...DEFAULT_LIMITS, ...options.limits }, options.monotonic);
  const read = new Map<Selector, RawSeries[]>();
  for (const { selector, ...window } of plan(expr, grid, planned)) {
    const isEmpty = window.to < window.from;
    const series = isEmpty ? [] : await options.source.select(selector.matchers, window);
    budget.spendSeries(series.length);
    budget.spend(series.reduce((sum, s) => sum + s.at.length, 0));
    budget.checkTime();
    read.set(selector, series);
  }
  return new Evaluator({ ...planned, read, budget });
}

function samplesIn(evaluator: Evaluator, expr: Expr, grid: Grid): Samples[] {
  const { series, ends, rangeMs } = evaluator.ranges(expr, grid);
  const found = series.map(({ labels, at, value }) => {
    const inside = (_: number, i: number): boolean =>
      (at[i] as number) <= ends.first && (at[i] as number) >= ends.first - rangeMs;
    return { labels, at: at.filter(inside), value: value.filter(inside) };
  });
  return found.filter((s) => s.at.length > 0).sort((a, b) => compareLabels(a.labels, b.labels));
}
