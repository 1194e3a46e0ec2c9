// A PromQL query as a tree. Every node knows the span of text that it came from, for errors.

export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string';

export type MatchType = '=' | '!=' | '=~' | '!~';

export interface Matcher {
  name: string;
  type: MatchType;
  value: string;
}

/** `@`: an instant, or the start or end of the whole query. */
export type At = number | 'start' | 'end';

interface Node {
  from: number;
  to: number;
}

export interface NumberLiteral extends Node {
  kind: 'number';
  value: number;
}

export interface StringLiteral extends Node {
  kind: 'string';
  value: string;
}

/** What `offset` and `@` say; `offsetMs` counts into the past. */
export interface Shift {
  offsetMs: number;
  at?: At;
}

/** With `rangeMs` it gives the samples of a window, without it the newest one. */
export interface Selector extends Node, Shift {
  kind: 'selector';
  matchers: Matcher[];
  rangeMs?: number;
}

export interface Subquery extends Node, Shift {
  kind: 'subquery';
  expr: Expr;
  rangeMs: number;
  /** Absent: the default step. */
  stepMs?: number;
}

export interface Call extends Node {
  kind: 'call';
  name: string;
  args: Expr[];
}

export const AGGREGATORS = [
  'sum',
  'avg',
  'min',
  'max',
  'count',
  'group',
  'stddev',
  'stdvar',
  'topk',
  'bottomk',
  'quantile',
  'count_values',
] as const;
export type Aggregator = (typeof AGGREGATORS)[number];

export interface Aggregation extends Node {
  kind: 'aggregation';
  op: Aggregator;
  expr: Expr;
  param?: Expr;
  without: boolean;
  labels: string[];
}

export const ARITHMETIC = ['+', '-', '*', '/', '%', '^', 'atan2'] as const;
export const COMPARISON = ['==', '!=', '<', '>', '<=', '>='] as const;
export const SETS = ['and', 'or', 'unless'] as const;
export type BinaryOp = (typeof ARITHMETIC)[number] | (typeof COMPARISON)[number] | (typeof SETS)[number];

export interface Matching {
  card: 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many';
  on: boolean;
  labels: string[];
  include: string[];
}

export interface Binary extends Node {
  kind: 'binary';
  op: BinaryOp;
  left: Expr;
  right: Expr;
  bool: boolean;
  /** Absent where the query says nothing of it. */
  matching?: Matching;
}

export interface Unary extends Node {
  kind: 'unary';
  op: '-' | '+';
  expr: Expr;
}

export interface Paren extends Node {
  kind: 'paren';
  expr: Expr;
}

export type Expr =
  NumberLiteral | StringLiteral | Selector | Subquery | Call | Aggregation | Binary | Unary | Paren;

const includes = (list: readonly string[], op: string): boolean => list.includes(op);
export const isComparison = (op: BinaryOp): boolean => includes(COMPARISON, op);
export const isSet = (op: BinaryOp): boolean => includes(SETS, op);

export function stripParens(expr: Expr): Expr {
  return expr.kind === 'paren' ? stripParens(expr.expr) : expr;
}
