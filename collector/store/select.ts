// Samples of many columns as one block, and of them no more than a question needs. Promise: for each instant that is asked about, the
// newest sample at or before it (or all samples of its window) is there, and so are the newest `NEWEST` of all, from which it is
// told how often a series is read; what is left out changes no answer.
//
//   lengths: how many samples each column has, one column after the other
//   at, value: all of them in one row
//
// One block, because a buffer per column costs more to move between threads than its samples.

import type { Wanted } from './store.ts';

/** Samples of one column in pieces that follow each other in time. */
export type Pieces = readonly { at: Float64Array; value: Float64Array }[];

export interface Block {
  lengths: Int32Array;
  at: Float64Array<ArrayBuffer>;
  value: Float64Array<ArrayBuffer>;
}

const NEWEST = 17;

/** Columns are joined here before they are looked through: fresh memory for each would cost more than the copy. */
let scratch = { at: new Float64Array(8192), value: new Float64Array(8192) };

export function blockOf(columns: readonly Pieces[], wanted: Wanted | undefined): Block {
  const sparse = wanted && isSparse(wanted) ? wanted : undefined;
  const sizes = columns.map((pieces) => pieces.reduce((sum, { at }) => sum + at.length, 0));
  const room = sizes.reduce((sum, n) => sum + (sparse ? Math.min(n, mostOf(sparse, n)) : n), 0);
  const block = {
    lengths: new Int32Array(columns.length),
    at: new Float64Array(room),
    value: new Float64Array(room),
  };
  let used = 0;
  columns.forEach((pieces, c) => {
    const n = sizes[c] as number;
    const written = sparse ? thin(pieces, n, sparse, block, used) : copy(pieces, block, used);
    block.lengths[c] = written;
    used += written;
  });
  return block;
}

/** Windows that overlap need every sample. */
const isSparse = ({ rangeMs, stepMs }: Wanted): boolean => stepMs === 0 || rangeMs === 0 || stepMs > rangeMs;

const mostOf = ({ rangeMs, count }: Wanted, n: number): number => (rangeMs === 0 ? count + NEWEST : n);

function copy(pieces: Pieces, to: { at: Float64Array; value: Float64Array }, from: number): number {
  let i = from;
  for (const { at, value } of pieces) {
    to.at.set(at, i);
    to.value.set(value, i);
    i += at.length;
  }
  return i - from;
}

function thin(pieces: Pieces, n: number, wanted: Wanted, block: Block, from: number): number {
  if (n > scratch.at.length) scratch = { at: new Float64Array(2 * n), value: new Float64Array(2 * n) };
  copy(pieces, scratch, 0);
  const { first, stepMs, rangeMs } = wanted;
  const { at } = scratch;
  const count = stepMs === 0 ? Math.min(1, wanted.count) : wanted.count;
  const newest = Math.max(0, n - NEWEST);
  const kept = { block, to: from, next: 0 };
  for (let s = 0, past = 0; s < count; s++) {
    const end = first + s * stepMs;
    past = after(at, end, past, n);
    const from = rangeMs === 0 ? Math.max(0, past - 1) : onOrAfter(at, end - rangeMs, kept.next, past);
    // From there on all are kept.
    keep(kept, from, Math.min(past, newest));
    if (past > newest) break;
  }
  keep(kept, newest, n);
  return kept.to - from;
}

/** What is kept of the scratch: nothing before `next` again. */
function keep(kept: { block: Block; to: number; next: number }, first: number, past: number): void {
  const from = Math.max(first, kept.next);
  if (past <= from) return;
  const { at, value } = kept.block;
  for (let i = from; i < past; i++, kept.to++) {
    at[kept.to] = scratch.at[i] as number;
    value[kept.to] = scratch.value[i] as number;
  }
  kept.next = past;
}

/** The first of [low, high) later than `t`; steps are near each other, so it is looked for near `low` first. */
function after(at: Float64Array, t: number, low: number, high: number): number {
  let reach = 1;
  while (low + reach < high && (at[low + reach] as number) <= t) reach *= 2;
  let [a, b] = [low, Math.min(high, low + reach)];
  while (a < b) {
    const middle = (a + b) >> 1;
    if ((at[middle] as number) <= t) a = middle + 1;
    else b = middle;
  }
  return a;
}

/** The first of [low, high) at or after `t`. */
function onOrAfter(at: Float64Array, t: number, low: number, high: number): number {
  let [a, b] = [low, high];
  while (a < b) {
    const middle = (a + b) >> 1;
    if ((at[middle] as number) < t) a = middle + 1;
    else b = middle;
  }
  return a;
}
