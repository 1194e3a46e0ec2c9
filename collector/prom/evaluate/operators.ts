// Arithmetic and comparison of two numbers, as Go computes them.

import type { BinaryOp } from '../language/ast.ts';

export type Arithmetic = (a: number, b: number) => number;
export type Comparison = (a: number, b: number) => boolean;

export const ARITHMETIC: Partial<Record<BinaryOp, Arithmetic>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '^': power,
  atan2: Math.atan2,
};

export const COMPARISON: Partial<Record<BinaryOp, Comparison>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '>': (a, b) => a > b,
  '<=': (a, b) => a <= b,
  '>=': (a, b) => a >= b,
};

/** 1 to any power is 1, and -1 to an infinite one too. */
function power(a: number, b: number): number {
  if (a === 1) return 1;
  if (a === -1 && (b === Infinity || b === -Infinity)) return 1;
  return a ** b;
}
