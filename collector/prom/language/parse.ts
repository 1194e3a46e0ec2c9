// Text → tree. Promise: what does not follow the grammar is refused with its place; nothing is guessed. The grammar is made for
// an editor and therefore reads on after errors, and lets `offset`, `@` and `[…]` bind looser than operators: both are put right here.

import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import { parseFailure } from '../failure.ts';
import {
  AGGREGATORS,
  type Aggregator,
  type At,
  type Binary,
  type BinaryOp,
  type Expr,
  isSet,
  type Matcher,
  type Matching,
  type MatchType,
  type Selector,
  type Subquery,
} from './ast.ts';
import { readDuration, readNumber, readString } from './literals.ts';

const MOST_CHARACTERS = 64 * 1024;
/** A tree this deep is no query of a person; deeper ones would end in a full stack. */
const MOST_DEPTH = 200;

/** Throws PromFailure bad_data. */
export function parse(query: string): Expr {
  if (query.length > MOST_CHARACTERS)
    throw parseFailure(query, 0, `the query has more than ${MOST_CHARACTERS} characters`);
  if (query.trim() === '') throw parseFailure(query, 0, 'no expression found in input');
  const tree = parser.parse(query);
  const reader = new Reader(query);
  let depth = 0;
  tree.iterate({
    enter: (node) => {
      if (node.type.isError) throw reader.unexpected(node.from);
      if (++depth > MOST_DEPTH * 2) throw parseFailure(query, node.from, 'the query is nested too deeply');
    },
    leave: () => void depth--,
  });
  const top = tree.topNode.firstChild;
  if (!top || tree.topNode.name !== 'PromQL') throw reader.unexpected(0);
  return reader.expr(top);
}

class Reader {
  private readonly query: string;

  constructor(query: string) {
    this.query = query;
  }

  unexpected(from: number): Error {
    const rest = this.query.slice(from).trimStart();
    const what = rest === '' ? 'end of input' : JSON.stringify(/^(\w+|.)/su.exec(rest)?.[0] ?? '');
    return parseFailure(this.query, from, `unexpected ${what}`);
  }

  private fail(node: { from: number }, what: string): Error {
    return parseFailure(this.query, node.from, what);
  }

  private text(node: SyntaxNode): string {
    return this.query.slice(node.from, node.to);
  }

  expr(node: SyntaxNode): Expr {
    const span = { from: node.from, to: node.to };
    switch (node.name) {
      case 'NumberDurationLiteral':
        return { kind: 'number', value: this.number(node), ...span };
      case 'StringLiteral':
        return { kind: 'string', value: this.string(node), ...span };
      case 'ParenExpr':
        return { kind: 'paren', expr: this.expr(this.only(node)), ...span };
      case 'VectorSelector':
        return this.selector(node);
      case 'UnaryExpr': {
        const [op, operand] = children(node) as [SyntaxNode, SyntaxNode];
        return { kind: 'unary', op: this.text(op) as '-' | '+', expr: this.expr(operand), ...span };
      }
      case 'BinaryExpr':
        return this.binary(node);
      case 'FunctionCall':
        return this.call(node);
      case 'AggregateExpr':
        return this.aggregation(node);
      case 'MatrixSelector':
      case 'SubqueryExpr':
      case 'OffsetExpr':
      case 'StepInvariantExpr':
        return this.attach(this.expr(node.firstChild as SyntaxNode), node);
      default:
        throw this.unexpected(node.from);
    }
  }

  private only(node: SyntaxNode): SyntaxNode {
    const [child] = children(node);
    if (!child) throw this.unexpected(node.to);
    return child;
  }

  /** `[…]`, `offset` and `@` belong to what stands directly before them, not to a whole operation. */
  private attach(expr: Expr, node: SyntaxNode): Expr {
    if (expr.kind === 'binary') return { ...expr, right: this.attach(expr.right, node), to: node.to };
    if (expr.kind === 'unary') return { ...expr, expr: this.attach(expr.expr, node), to: node.to };
    const parts = children(node).slice(1);
    if (node.name === 'MatrixSelector') return this.range(expr, node, parts[0] as SyntaxNode);
    if (node.name === 'SubqueryExpr') return this.subquery(expr, node, parts);
    if (expr.kind !== 'selector' && expr.kind !== 'subquery') {
      const word = node.name === 'OffsetExpr' ? 'offset' : '@';
      throw this.fail(
        expr,
        `${word} modifier must be preceded by an instant vector selector or range vector selector or a subquery`,
      );
    }
    return node.name === 'OffsetExpr'
      ? this.offset(expr, node, parts[1] as SyntaxNode)
      : this.at(expr, node, parts[1] as SyntaxNode);
  }

  private range(expr: Expr, node: SyntaxNode, duration: SyntaxNode): Expr {
    if (expr.kind !== 'selector') throw this.fail(expr, 'ranges only allowed for vector selectors');
    if (expr.rangeMs !== undefined) throw this.fail(node, 'a range vector cannot have a second range');
    if (expr.offsetMs !== 0) throw this.fail(expr, 'no offset modifiers allowed before range');
    if (expr.at !== undefined) throw this.fail(expr, 'no @ modifiers allowed before range');
    return { ...expr, rangeMs: this.positive(duration), to: node.to };
  }

  private subquery(expr: Expr, node: SyntaxNode, [range, step]: SyntaxNode[]): Expr {
    return {
      kind: 'subquery',
      expr,
      rangeMs: this.positive(range as SyntaxNode),
      ...(step ? { stepMs: this.positive(step) } : {}),
      offsetMs: 0,
      from: node.from,
      to: node.to,
    };
  }

  private offset(expr: Selector | Subquery, node: SyntaxNode, duration: SyntaxNode): Expr {
    if (expr.offsetMs !== 0) throw this.fail(node, 'offset may not be set multiple times');
    return { ...expr, offsetMs: this.duration(duration), to: node.to };
  }

  private at(expr: Selector | Subquery, node: SyntaxNode, place: SyntaxNode): Expr {
    if (expr.at !== undefined) throw this.fail(node, '@ <timestamp> may not be set multiple times');
    return { ...expr, at: this.instant(place), to: node.to };
  }

  private instant(node: SyntaxNode): At {
    if (node.name === 'AtModifierPreprocessors') return this.text(node) as 'start' | 'end';
    const seconds = this.number(node);
    if (!Number.isFinite(seconds) || Math.abs(seconds) > 9e12)
      throw this.fail(node, `timestamp out of bounds for @ modifier: ${this.text(node)}`);
    return Math.round(seconds * 1000);
  }

  private positive(node: SyntaxNode): number {
    const ms = this.duration(node);
    if (ms <= 0) throw this.fail(node, 'duration must be greater than 0');
    return ms;
  }

  private duration(node: SyntaxNode): number {
    const text = this.text(node);
    const bare = text.replace(/^[+-]\s*/, '');
    const ms = readDuration(bare);
    if (ms === undefined) throw this.fail(node, `not a valid duration string: ${JSON.stringify(text)}`);
    return text.startsWith('-') ? -ms : ms;
  }

  private number(node: SyntaxNode): number {
    const value = readNumber(this.text(node));
    if (value === undefined)
      throw this.fail(node, `error parsing number: ${JSON.stringify(this.text(node))}`);
    return value;
  }

  private string(node: SyntaxNode): string {
    const value = readString(this.text(node));
    if (value === undefined) throw this.fail(node, `error unquoting string ${this.text(node)}`);
    return value;
  }

  private selector(node: SyntaxNode): Selector {
    const matchers: Matcher[] = [];
    const name = node.getChild('Identifier');
    if (name) matchers.push({ name: '__name__', type: '=', value: this.text(name) });
    for (const part of children(node.getChild('LabelMatchers'))) {
      const matcher = this.matcher(part);
      if (name && matcher.name === '__name__')
        throw this.fail(
          part,
          `metric name must not be set twice: ${JSON.stringify(this.text(name))} or ${JSON.stringify(matcher.value)}`,
        );
      matchers.push(matcher);
    }
    return { kind: 'selector', matchers, offsetMs: 0, from: node.from, to: node.to };
  }

  private matcher(node: SyntaxNode): Matcher {
    if (node.name === 'QuotedLabelName')
      return { name: '__name__', type: '=', value: this.string(this.only(node)) };
    const [name, op, value] = children(node) as [SyntaxNode, SyntaxNode, SyntaxNode];
    return {
      name: name.name === 'QuotedLabelName' ? this.string(this.only(name)) : this.text(name),
      type: this.text(op) as MatchType,
      value: this.string(value),
    };
  }

  private binary(node: SyntaxNode): Expr {
    const parts = children(node);
    const [left, op] = parts as [SyntaxNode, SyntaxNode];
    const text = this.text(op).toLowerCase() as BinaryOp;
    const bool = parts.some((p) => p.name === 'BoolModifier');
    const clause = parts.find((p) => p.name === 'MatchingModifierClause');
    const expr: Binary = {
      kind: 'binary',
      op: text,
      left: this.expr(left),
      right: this.expr(parts.at(-1) as SyntaxNode),
      bool,
      ...(clause ? { matching: this.matching(clause, text) } : {}),
      from: node.from,
      to: node.to,
    };
    return signOutside(expr, this.text(left));
  }

  private matching(node: SyntaxNode, op: BinaryOp): Matching {
    const lists = node.getChildren('GroupingLabels');
    const group = node.getChild('GroupLeft') ?? node.getChild('GroupRight');
    if (group && isSet(op)) throw this.fail(group, `no grouping allowed for "${op}" operation`);
    const on = node.getChild('On') !== null;
    const labels = this.labels(lists[0] as SyntaxNode);
    const include = lists[1] ? this.labels(lists[1]) : [];
    for (const label of on ? include : [])
      if (labels.includes(label))
        throw this.fail(node, `label "${label}" must not occur in ON and GROUP clause at once`);
    const card = isSet(op) ? 'many-to-many' : 'one-to-one';
    const grouped = group?.name === 'GroupLeft' ? 'many-to-one' : 'one-to-many';
    return { card: group ? grouped : card, on, labels, include };
  }

  private labels(node: SyntaxNode): string[] {
    return children(node).map((part) =>
      part.name === 'QuotedLabelName' ? this.string(this.only(part)) : this.text(part),
    );
  }

  private call(node: SyntaxNode): Expr {
    const [name, body] = children(node) as [SyntaxNode, SyntaxNode];
    const args = children(body).map((arg) => this.expr(arg));
    return { kind: 'call', name: this.text(name), args, from: node.from, to: node.to };
  }

  private aggregation(node: SyntaxNode): Expr {
    const op = this.text(node.getChild('AggregateOp') as SyntaxNode).toLowerCase();
    if (!(AGGREGATORS as readonly string[]).includes(op))
      throw this.fail(node, `unknown aggregation operator "${op}"`);
    const modifier = node.getChild('AggregateModifier');
    const args = children(node.getChild('FunctionCallBody')).map((arg) => this.expr(arg));
    const takesParam = ['topk', 'bottomk', 'quantile', 'count_values'].includes(op);
    const wanted = takesParam ? 2 : 1;
    if (args.length === 0) throw this.fail(node, 'no arguments for aggregate expression provided');
    if (args.length !== wanted)
      throw this.fail(
        node,
        `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`,
      );
    return {
      kind: 'aggregation',
      op: op as Aggregator,
      expr: args.at(-1) as Expr,
      ...(takesParam ? { param: args[0] as Expr } : {}),
      without: Boolean(modifier?.getChild('Without')),
      labels: modifier ? this.labels(modifier.getChild('GroupingLabels') as SyntaxNode) : [],
      from: node.from,
      to: node.to,
    };
  }
}

/** The grammar takes the sign of `-2^2` into the number; a power binds tighter than a sign. */
function signOutside(expr: Binary, leftText: string): Expr {
  const { left } = expr;
  if (expr.op !== '^' || left.kind !== 'number' || !/^[+-]/.test(leftText)) return expr;
  const minus = leftText.startsWith('-');
  const bare = { ...left, value: minus ? -left.value : left.value, from: left.from + 1 };
  const power: Binary = { ...expr, left: bare, from: left.from + 1 };
  return { kind: 'unary', op: minus ? '-' : '+', expr: power, from: expr.from, to: expr.to };
}

function children(node: SyntaxNode | null): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node?.firstChild ?? null; child; child = child.nextSibling) {
    if (child.name !== 'LineComment') found.push(child);
  }
  return found;
}
