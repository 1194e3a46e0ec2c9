// Canonical Huffman codes for the few classes of the integer codec. Code lengths are at most 15, so that one fits four bits.

import type { ByteReader, Writer } from './bits.ts';

const MAX_LENGTH = 15;

/** Code length per symbol (0 = unused). */
export function codeLengths(counts: readonly number[] | Float64Array): Uint8Array {
  let weights = Array.from(counts);
  for (;;) {
    const lengths = treeDepths(weights);
    if (lengths.every((l) => l <= MAX_LENGTH)) return lengths;
    // Flatter weights make a shallower tree; the loss is far below a bit per symbol.
    weights = weights.map((w) => (w === 0 ? 0 : Math.ceil(w / 4) + 1));
  }
}

function treeDepths(weights: readonly number[]): Uint8Array {
  const used = weights
    .flatMap((w, s) => (w > 0 ? [s] : []))
    .sort((a, b) => (weights[a] ?? 0) - (weights[b] ?? 0));
  const lengths = new Uint8Array(weights.length);
  if (used.length < 2) {
    for (const s of used) lengths[s] = 1;
    return lengths;
  }
  // Leaves by weight, then the inner nodes, which come out by weight too: two queues instead of sorting again and again.
  const n = used.length;
  const weight = Float64Array.from({ length: 2 * n - 1 }, (_, i) =>
    i < n ? (weights[used[i] as number] as number) : 0,
  );
  const parent = new Uint16Array(2 * n - 1);
  let [leaf, inner] = [0, n];
  for (let next = n; next < 2 * n - 1; next++) {
    for (let k = 0; k < 2; k++) {
      const isLeaf = leaf < n && (inner >= next || (weight[leaf] as number) <= (weight[inner] as number));
      const child = isLeaf ? leaf++ : inner++;
      weight[next] = (weight[next] as number) + (weight[child] as number);
      parent[child] = next;
    }
  }
  const depth = new Uint8Array(2 * n - 1);
  for (let i = 2 * n - 3; i >= 0; i--) depth[i] = (depth[parent[i] as number] as number) + 1;
  used.forEach((s, i) => (lengths[s] = depth[i] as number));
  return lengths;
}

/** Code per symbol, with its bits reversed: the bit writer puts the lowest bit first. */
export function codes(lengths: Uint8Array): Uint16Array {
  const out = new Uint16Array(lengths.length);
  let code = 0;
  for (let length = 1; length <= MAX_LENGTH; length++) {
    for (let s = 0; s < lengths.length; s++) if (lengths[s] === length) out[s] = reverse(code++, length);
    code <<= 1;
  }
  return out;
}

function reverse(code: number, length: number): number {
  let out = 0;
  for (let i = 0; i < length; i++) out |= ((code >> i) & 1) << (length - 1 - i);
  return out;
}

export function putLengths(w: Writer, lengths: Uint8Array): void {
  let first = 0;
  while (first < lengths.length && lengths[first] === 0) first++;
  let end = lengths.length;
  while (end > first && lengths[end - 1] === 0) end--;
  w.byte(first);
  w.byte(end);
  for (let s = first; s < end; s++) w.bits(lengths[s] ?? 0, 4);
  w.flushBits();
}

export function getLengths(r: ByteReader): Uint8Array {
  const first = r.byte();
  const end = r.byte();
  const lengths = new Uint8Array(Math.max(end, first));
  for (let s = first; s < end; s++) lengths[s] = r.bits(4);
  r.alignBits();
  return lengths;
}

/** Reads one symbol at a time, bit by bit: canonical codes of one length are consecutive. */
export class Decoder {
  private readonly symbols: number[] = [];
  private readonly counts = new Uint16Array(MAX_LENGTH + 1);

  constructor(lengths: Uint8Array) {
    for (let length = 1; length <= MAX_LENGTH; length++)
      for (let s = 0; s < lengths.length; s++)
        if (lengths[s] === length) {
          this.symbols.push(s);
          this.counts[length] = (this.counts[length] ?? 0) + 1;
        }
  }

  read(r: ByteReader): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= MAX_LENGTH; length++) {
      code |= r.bits(1);
      const count = this.counts[length] as number;
      if (code - first < count) return this.symbols[index + code - first] as number;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return 0;
  }
}
