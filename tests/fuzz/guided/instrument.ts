// Rewrites a module so that a run of it leaves a trail: a counter at every branch, both sides of every equality, and the size
// of every allocation. Promise: the rewritten module does what the original did, up to the moment when a limit is broken.
//
//   { …            →  {__e[7]++; …                       each branch: function, if, else, loop, case, catch, ?:, &&, ||, ??
//   while (c) {…   →  while (c) {__f.loop(8); …          a loop that turns too often ends with a Breach
//   a === b        →  __f.same(9, a, b)                  how near the two are, and what would make them equal
//   new X(n)       →  new X(__f.take("X", n))            counted before it is allocated

import { type AnyNode, type Expression, type Literal, type Node, parse } from 'acorn';

/** Numbers for the branches and comparisons of a module, one after the other over all modules. */
export interface Numbers {
  branch(): number;
  comparison(): number;
}

export interface Instrumented {
  code: string;
  /** Texts and numbers that the module's own code mentions: what an input may have to contain. */
  words: (string | number)[];
}

const HEAD = 'const __f=globalThis.__niswatchFuzz,__e=__f.hits;';
/** Small numbers are met by chance anyway. */
const SMALL = 16;
const SIZED = /^(?:Float64|Float32|BigUint64|BigInt64|U?[Ii]nt(?:8|16|32)|Uint8Clamped)?Array$|^ArrayBuffer$/;

export function instrument(source: string, kind: 'module' | 'script', numbers: Numbers): Instrumented {
  const tree = parse(source, {
    ecmaVersion: 'latest',
    sourceType: kind,
    allowHashBang: true,
    allowReturnOutsideFunction: kind === 'script',
  });
  const words: (string | number)[] = [];
  const print = printer(source, numbers, words);
  const start = startOf(tree.body[0]);
  return { code: `${source.slice(0, start)}${HEAD}${print(tree).slice(start)}`, words };
}

/** Behind `#!` and 'use strict'; an import may stand after it. */
function startOf(first: AnyNode | undefined): number {
  if (first?.type !== 'ExpressionStatement') return first?.start ?? 0;
  return first.directive === undefined ? first.start : first.end;
}

type Wrap = (text: string) => string;

function printer(source: string, numbers: Numbers, words: (string | number)[]): (node: Node) => string {
  const count = (): string => `__e[${numbers.branch()}]++`;
  const before: Wrap = (text) => `(${count()},${text})`;
  const block =
    (node: Node, mark: () => string): Wrap =>
    (text) =>
      node.type === 'BlockStatement' ? `{${mark()};${text.slice(1)}` : `{${mark()};${text}}`;
  const loop = (): string => `__f.loop(${numbers.branch()})`;
  const text = (node: AnyNode): string => {
    note(node, words);
    const equality = equalityOf(node);
    if (equality) {
      const { left, right, isNegated } = equality;
      const call = `__f.same(${numbers.comparison()},(${text(left)}),(${text(right)}))`;
      return isNegated ? `(!${call})` : call;
    }
    let out = '';
    let at = node.start;
    const wraps = wrapsOf(node, { count, before, block, loop });
    for (const child of childrenOf(node)) {
      const printed = text(child);
      out += source.slice(at, child.start) + (wraps.get(child)?.(printed) ?? printed);
      at = child.end;
    }
    out += source.slice(at, node.end);
    if (node.type === 'IfStatement' && !node.alternate) out += ` else{${count()}}`;
    if (node.type === 'SwitchCase' && node.consequent.length === 0) out += `${count()};`;
    return out;
  };
  return (node) => text(node as AnyNode);
}

interface Marks {
  count: () => string;
  before: Wrap;
  block: (node: Node, mark: () => string) => Wrap;
  loop: () => string;
}

/** What is put around which child of a node. */
function wrapsOf(node: AnyNode, { count, before, block, loop }: Marks): Map<Node, Wrap> {
  const wraps = new Map<Node, Wrap>();
  switch (node.type) {
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      if (node.body.type !== 'BlockStatement') wraps.set(node.body, before);
      else if (!isDirective(node.body.body[0])) wraps.set(node.body, block(node.body, count));
      break;
    case 'IfStatement':
      wraps.set(node.consequent, block(node.consequent, count));
      if (node.alternate) wraps.set(node.alternate, block(node.alternate, count));
      break;
    case 'ForStatement':
    case 'ForInStatement':
    case 'ForOfStatement':
    case 'WhileStatement':
    case 'DoWhileStatement':
      wraps.set(node.body, block(node.body, loop));
      break;
    case 'ConditionalExpression':
      wraps.set(node.consequent, before).set(node.alternate, before);
      break;
    case 'LogicalExpression':
    case 'AssignmentPattern':
      wraps.set(node.right, before);
      break;
    case 'AssignmentExpression':
      if (/^(&&|\|\||\?\?)=$/.test(node.operator)) wraps.set(node.right, before);
      break;
    case 'SwitchCase':
      if (node.consequent[0]) wraps.set(node.consequent[0], (text) => `${count()};${text}`);
      break;
    case 'CatchClause':
      wraps.set(node.body, block(node.body, count));
      break;
    case 'NewExpression':
    case 'CallExpression':
      wrapSize(node, wraps);
      break;
    default:
  }
  return wraps;
}

const isDirective = (first: AnyNode | undefined): boolean =>
  first?.type === 'ExpressionStatement' && first.directive !== undefined;

/** The argument that says how much is allocated. */
function wrapSize(
  node: Extract<AnyNode, { type: 'NewExpression' | 'CallExpression' }>,
  wraps: Map<Node, Wrap>,
): void {
  const { callee } = node;
  const first = node.arguments[0];
  if (!first || first.type === 'SpreadElement') return;
  const take =
    (what: string): Wrap =>
    (text) =>
      `__f.take(${JSON.stringify(what)},${text})`;
  if (node.type === 'NewExpression') {
    if (callee.type === 'Identifier' && SIZED.test(callee.name)) wraps.set(first, take(callee.name));
    return;
  }
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return;
  const { name } = callee.property;
  const owner = callee.object.type === 'Identifier' ? callee.object.name : '';
  if (owner === 'Buffer' && name.startsWith('alloc')) wraps.set(first, take('Buffer'));
  else if (/^(repeat|padStart|padEnd)$/.test(name)) wraps.set(first, take('text'));
  else if (owner === 'Array' && name === 'from' && first.type === 'ObjectExpression')
    for (const property of first.properties)
      if (
        property.type === 'Property' &&
        !property.shorthand &&
        property.key.type === 'Identifier' &&
        property.key.name === 'length'
      )
        wraps.set(property.value, take('Array'));
}

interface Equality {
  left: Expression;
  right: Expression;
  isNegated: boolean;
}

/** Comparisons that an input can make true; those with undefined, null, types and small numbers say nothing of it. */
function equalityOf(node: AnyNode): Equality | undefined {
  if (node.type !== 'BinaryExpression' || !/^[=!]==$/.test(node.operator)) return undefined;
  const { left, right, operator } = node;
  if (left.type === 'PrivateIdentifier' || isPlain(left) || isPlain(right)) return undefined;
  return { left, right, isNegated: operator === '!==' };
}

function isPlain(node: Expression): boolean {
  if (node.type === 'Identifier') return node.name === 'undefined';
  if (node.type === 'UnaryExpression') return true;
  if (node.type !== 'Literal') return false;
  const { value } = node;
  return typeof value === 'number' ? Math.abs(value) <= SMALL : typeof value !== 'string';
}

function note(node: AnyNode, words: (string | number)[]): void {
  if (node.type === 'TemplateElement') words.push(node.value.cooked ?? '');
  // Names of properties are the keys of what is read.
  if (node.type === 'MemberExpression' && !node.computed && node.property.type === 'Identifier')
    words.push(node.property.name);
  if (node.type === 'Property' && node.key.type === 'Identifier') words.push(node.key.name);
  if (node.type !== 'Literal') return;
  const { value } = node as Literal;
  if (typeof value === 'string' || (typeof value === 'number' && value > SMALL)) words.push(value);
}

/** In the order of the text. A shorthand property and its value are one piece of text. */
function childrenOf(node: AnyNode): AnyNode[] {
  if (node.type === 'ImportDeclaration' || node.type === 'ExportAllDeclaration') return [];
  if (node.type === 'ExportNamedDeclaration') return node.declaration ? [node.declaration] : [];
  if (node.type === 'Property' && node.shorthand) return [node.value];
  const found: AnyNode[] = [];
  for (const value of Object.values(node) as unknown[]) {
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) if (isNode(one)) found.push(one);
  }
  return found.sort((a, b) => a.start - b.start);
}

const isNode = (value: unknown): value is AnyNode =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
