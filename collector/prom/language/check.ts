// What each part of a query gives, and whether the parts fit together. Promise: a query that passes cannot fail for its types.

import { parseFailure } from '../failure.ts';
import {
  type Aggregation,
  type Binary,
  type Call,
  type Expr,
  isComparison,
  isSet,
  type Selector,
  type ValueType,
} from './ast.ts';
import { compilePattern } from './pattern.ts';
import { SIGNATURES } from './signatures.ts';

export const TYPE_NAMES: Record<ValueType, string> = {
  scalar: 'scalar',
  vector: 'instant vector',
  matrix: 'range vector',
  string: 'string',
};

/** What the query gives. Throws PromFailure bad_data. */
export function check(query: string, expr: Expr): ValueType {
  const fail = (node: Expr, what: string): Error => parseFailure(query, node.from, what);
  const want = (node: Expr, wanted: ValueType, where: string): void => {
    const got = check(query, node);
    if (got !== wanted)
      throw fail(node, `expected type ${TYPE_NAMES[wanted]} in ${where}, got ${TYPE_NAMES[got]}`);
  };
  switch (expr.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'paren':
      return check(query, expr.expr);
    case 'unary': {
      const type = check(query, expr.expr);
      if (type === 'scalar' || type === 'vector') return type;
      throw fail(
        expr,
        `unary expression only allowed on expressions of type scalar or instant vector, got "${TYPE_NAMES[type]}"`,
      );
    }
    case 'selector':
      checkMatchers(expr, fail);
      return expr.rangeMs === undefined ? 'vector' : 'matrix';
    case 'subquery': {
      const type = check(query, expr.expr);
      if (type === 'vector') return 'matrix';
      throw fail(expr, `subquery is only allowed on instant vector, got ${TYPE_NAMES[type]} instead`);
    }
    case 'call':
      return checkCall(expr, fail, want);
    case 'aggregation':
      checkAggregation(expr, want);
      return 'vector';
    case 'binary':
      return checkBinary(expr, check(query, expr.left), check(query, expr.right), fail);
  }
}

type Fail = (node: Expr, what: string) => Error;
type Want = (node: Expr, wanted: ValueType, where: string) => void;

function checkMatchers(expr: Selector, fail: Fail): void {
  let isOpen = true;
  for (const { type, value } of expr.matchers) {
    let matchesEmpty = value === '';
    if (type === '=~' || type === '!~') {
      try {
        matchesEmpty = compilePattern(value).matches('');
      } catch (error) {
        throw fail(expr, `invalid regular expression ${JSON.stringify(value)}: ${reason(error)}`);
      }
    }
    if (matchesEmpty !== (type === '=' || type === '=~')) isOpen = false;
  }
  if (isOpen) throw fail(expr, 'vector selector must contain at least one non-empty matcher');
}

export const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function checkCall(expr: Call, fail: Fail, want: Want): ValueType {
  const signature = Object.hasOwn(SIGNATURES, expr.name) ? SIGNATURES[expr.name] : undefined;
  if (!signature) throw fail(expr, `unknown function with name "${expr.name}"`);
  const { args, optional } = signature;
  const least = optional < 0 ? args.length - 1 : args.length - optional;
  const most = optional < 0 ? Infinity : args.length;
  const got = expr.args.length;
  if (got < least || got > most) {
    const bound = got < least ? least : most;
    const word = least === most ? '' : got < least ? 'at least ' : 'at most ';
    throw fail(expr, `expected ${word}${bound} argument(s) in call to "${expr.name}", got ${got}`);
  }
  expr.args.forEach((arg, i) =>
    want(arg, args[Math.min(i, args.length - 1)] as ValueType, `call to function "${expr.name}"`),
  );
  return signature.gives;
}

function checkAggregation(expr: Aggregation, want: Want): void {
  want(expr.expr, 'vector', 'aggregation expression');
  if (!expr.param) return;
  want(expr.param, expr.op === 'count_values' ? 'string' : 'scalar', 'aggregation parameter');
}

function checkBinary(expr: Binary, left: ValueType, right: ValueType, fail: Fail): ValueType {
  const { op, bool, matching } = expr;
  for (const type of [left, right])
    if (type !== 'scalar' && type !== 'vector')
      throw fail(expr, 'binary expression must contain only scalar and instant vector types');
  const vectors = left === 'vector' && right === 'vector';
  if (bool && !isComparison(op)) throw fail(expr, 'bool modifier can only be used on comparison operators');
  if (isComparison(op) && !bool && left === 'scalar' && right === 'scalar')
    throw fail(expr, 'comparisons between scalars must use BOOL modifier');
  if (!vectors && matching && matching.labels.length > 0)
    throw fail(expr, 'vector matching only allowed between instant vectors');
  if (!vectors && isSet(op)) throw fail(expr, `set operator "${op}" not allowed in binary scalar expression`);
  return left === 'scalar' && right === 'scalar' ? 'scalar' : 'vector';
}
