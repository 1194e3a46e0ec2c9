// The selectors within a PromQL expression.

import type { Expr } from '../../collector/prom/language/ast.ts';

export type Selector = Extract<Expr, { kind: 'selector' }>;

export function* selectorsOf(expr: Expr): Generator<Selector> {
  if (expr.kind === 'selector') yield expr;
  for (const value of Object.values(expr))
    for (const child of Array.isArray(value) ? value : [value])
      if (child !== null && typeof child === 'object' && 'kind' in child) yield* selectorsOf(child as Expr);
}
