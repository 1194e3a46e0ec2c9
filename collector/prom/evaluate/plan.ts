// What a query will read: each selector with the window of time that all its steps need. Pure, so that everything can be read
// at once before anything is computed.

import type { Wanted } from '../../store/store.ts';
import type { Expr, Selector } from '../language/ast.ts';
import { type Bounds, endsOf, type Grid, gridOf, lastEnd } from './grid.ts';

export interface Reading {
  selector: Selector;
  from: number;
  to: number;
  wanted: Wanted;
}

export interface PlanOptions {
  bounds: Bounds;
  lookbackMs: number;
  defaultStepMs: number;
}

export function plan(expr: Expr, grid: Grid, options: PlanOptions): Reading[] {
  switch (expr.kind) {
    case 'number':
    case 'string':
      return [];
    case 'paren':
    case 'unary':
      return plan(expr.expr, grid, options);
    case 'binary':
      return [...plan(expr.left, grid, options), ...plan(expr.right, grid, options)];
    case 'call':
      return expr.args.flatMap((arg) => plan(arg, grid, options));
    case 'aggregation':
      return [expr.param, expr.expr].flatMap((part) => (part ? plan(part, grid, options) : []));
    case 'selector': {
      const ends = endsOf(expr, grid, options.bounds);
      const to = lastEnd(ends);
      const { first, step: stepMs, count } = ends;
      const wanted = { first, stepMs, count, rangeMs: expr.rangeMs ?? 0 };
      return [{ selector: expr, from: ends.first - (expr.rangeMs ?? options.lookbackMs), to, wanted }];
    }
    case 'subquery':
      return plan(
        expr.expr,
        gridOf(expr, endsOf(expr, grid, options.bounds), options.defaultStepMs),
        options,
      );
  }
}
