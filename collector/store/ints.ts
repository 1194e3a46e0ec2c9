// Lossless coding of a list of whole numbers (|x| < 2^50). The list is taken as it is or as differences, whichever spreads
// less; powers of two that all differences share are divided away; then the cheapest of four codings is used:
//
//   flat      every symbol is the base
//   uniform   base + a number below N in truncated binary: for noise without a shape
//   classes   Huffman code of the bit length of zigzag(symbol − base), then its low bits: for bell shapes and outliers
//   sparse    almost every symbol is the base; the others by distance and value
//
//   list      head byte (coding · 1 delta flag · 1 shift flag) · [shift] · [first value, when delta] · base · coding's own
//
// Cost is what decides; the estimate need not be exact, the coding always is.

import { bitLength, malformed, unzigzag, zigzag, type ByteReader, type Writer } from './bits.ts';
import { codeLengths, codes, Decoder, getLengths, putLengths } from './huffman.ts';

const FLAT = 0;
const UNIFORM = 1;
const CLASSES = 2;
const SPARSE = 3;
const DELTA = 8;
const SHIFT = 16;
const CLASS_COUNT = 56;
const SAMPLES = 9;

/** What one pass over the list tells. */
interface Spread {
  min: number;
  max: number;
  minDelta: number;
  maxDelta: number;
  /** Power of two that every difference is a multiple of. */
  shift: number;
}

let deltas = new Float64Array(4096);
const histogram = new Float64Array(CLASS_COUNT);
const sample = new Float64Array(SAMPLES);

/** `as`: `values` skips the question whether differences would cost less, for lists that are differences already. */
export function encodeInts(w: Writer, x: Float64Array, n: number, as: 'values' | 'either' = 'either'): void {
  w.reserve(64 + n * 10);
  if (deltas.length < n) deltas = new Float64Array(n * 2);
  const s = spread(x, n);
  if (s.min === s.max) {
    w.byte(FLAT);
    w.signed(s.min);
    return;
  }
  const isDelta = as === 'either' && chooseDelta(x, n, s);
  const unit = 2 ** s.shift;
  const count = isDelta ? n - 1 : n;
  if (!isDelta) for (let i = 0; i < n; i++) deltas[i] = ((x[i] as number) - s.min) / unit;
  else for (let i = 0; i < count; i++) deltas[i] = (deltas[i] as number) / unit;
  const [min, max] = isDelta ? [s.minDelta / unit, s.maxDelta / unit] : [0, (s.max - s.min) / unit];
  const coding = choose(count, min, max);
  w.byte(coding.kind | (isDelta ? DELTA : 0) | (s.shift > 0 ? SHIFT : 0));
  if (s.shift > 0) w.byte(s.shift);
  w.signed(isDelta ? (x[0] as number) : s.min);
  w.signed(coding.base);
  if (coding.kind === UNIFORM) putUniform(w, count, min, max - min + 1);
  else if (coding.kind === CLASSES) putClasses(w, count, coding.base);
  else if (coding.kind === SPARSE) putSparse(w, count, coding.base);
}

/** Fills `deltas`. */
function spread(x: Float64Array, n: number): Spread {
  let before = x[0] as number;
  let min = before;
  let max = before;
  let minDelta = Infinity;
  let maxDelta = -Infinity;
  let low = 0;
  for (let i = 1; i < n; i++) {
    const v = x[i] as number;
    const d = v - before;
    before = v;
    deltas[i - 1] = d;
    if (v < min) min = v;
    else if (v > max) max = v;
    if (d < minDelta) minDelta = d;
    if (d > maxDelta) maxDelta = d;
    low |= d;
  }
  return { min, max, minDelta, maxDelta, shift: low === 0 ? 0 : 31 - Math.clz32(low & -low) };
}

/** Whether differences cost less than the values: by their distance from the middle, so that one jump does not decide. */
function chooseDelta(x: Float64Array, n: number, s: Spread): boolean {
  if (n < 3 || s.minDelta === s.maxDelta) return true;
  if (s.maxDelta - s.minDelta > (s.max - s.min) * 1.4) return false;
  let direct = 0;
  let delta = 0;
  const middle = median(x, n);
  const middleDelta = median(deltas, n - 1);
  const step = Math.max(1, n >> 5);
  for (let i = 0; i < n - 1; i += step) {
    direct += bitLength(Math.abs((x[i] as number) - middle));
    delta += bitLength(Math.abs((deltas[i] as number) - middleDelta));
  }
  return delta <= direct;
}

/** The middle of a few: near enough to the median. */
function median(x: Float64Array, n: number): number {
  const step = (n - 1) / (SAMPLES - 1);
  for (let i = 0; i < SAMPLES; i++) {
    const v = x[Math.floor(i * step)] as number;
    let k = i;
    for (; k > 0 && (sample[k - 1] as number) > v; k--) sample[k] = sample[k - 1] as number;
    sample[k] = v;
  }
  return sample[SAMPLES >> 1] as number;
}

function choose(count: number, min: number, max: number): { kind: number; base: number } {
  if (min === max) return { kind: FLAT, base: min };
  const uniform = count * Math.log2(max - min + 1) + 8;
  const middle = median(deltas, count);
  histogram.fill(0);
  let values = 0;
  for (let i = 0; i < count; i++) {
    const c = bitLength(zigzag((deltas[i] as number) - middle));
    histogram[c] = (histogram[c] as number) + 1;
    if (c > 0) values += c - 1;
  }
  let entropy = 16;
  let used = 0;
  for (let c = 0; c < CLASS_COUNT; c++) {
    const h = histogram[c] as number;
    if (h === 0) continue;
    entropy += h * Math.max(1, Math.log2(count / h));
    used = c;
  }
  const others = count - (histogram[0] as number);
  const classes = entropy + values + 4 * used;
  const sparse = others * 12 + values;
  if (uniform <= classes && uniform <= sparse) return { kind: UNIFORM, base: min };
  return { kind: classes <= sparse ? CLASSES : SPARSE, base: middle };
}

function putUniform(w: Writer, count: number, min: number, size: number): void {
  w.varint(size);
  const b = bitLength(size) - 1;
  const short = 2 ** (b + 1) - size;
  for (let i = 0; i < count; i++) {
    const v = (deltas[i] as number) - min;
    if (v < short) w.bits(v, b);
    else {
      const z = v + short;
      const half = Math.floor(z / 2);
      w.bits(half, b);
      w.bits(z - half * 2, 1);
    }
  }
  w.flushBits();
}

function putClasses(w: Writer, count: number, base: number): void {
  const lengths = codeLengths(histogram);
  const code = codes(lengths);
  putLengths(w, lengths);
  for (let i = 0; i < count; i++) {
    const z = zigzag((deltas[i] as number) - base);
    const c = bitLength(z);
    w.bits(code[c] as number, lengths[c] as number);
    if (c > 1) w.bits(z - 2 ** (c - 1), c - 1);
  }
  w.flushBits();
}

function putSparse(w: Writer, count: number, base: number): void {
  w.varint(count - (histogram[0] as number));
  let last = 0;
  for (let i = 0; i < count; i++) {
    const d = deltas[i] as number;
    if (d === base) continue;
    w.varint(i - last);
    w.signed(d - base);
    last = i;
  }
}

/** Beyond, products would leave what doubles hold exactly. */
const MAX_SHIFT = 52;

/** Fills `out[0..n)` with finite numbers; throws STORE_CORRUPT where the input is none of `encodeInts`. */
export function decodeInts(r: ByteReader, out: Float64Array, n: number): void {
  const head = r.byte();
  if (head === FLAT) {
    out.fill(r.signed(), 0, n);
    r.within('a list');
    return;
  }
  const shift = (head & SHIFT) === 0 ? 0 : r.byte();
  if (shift > MAX_SHIFT) malformed('a shift');
  const unit = 2 ** shift;
  const first = r.signed();
  const base = r.signed();
  const isDelta = (head & DELTA) !== 0;
  const from = isDelta ? 1 : 0;
  getSymbols(r, head & 7, base, out, from, n);
  r.within('a list');
  if (!isDelta) for (let i = 0; i < n; i++) out[i] = first + (out[i] as number) * unit;
  else {
    out[0] = first;
    for (let i = 1; i < n; i++) out[i] = (out[i - 1] as number) + (out[i] as number) * unit;
  }
}

function getSymbols(
  r: ByteReader,
  kind: number,
  base: number,
  out: Float64Array,
  from: number,
  n: number,
): void {
  if (kind === UNIFORM) getUniform(r, base, out, from, n);
  else if (kind === CLASSES) {
    const decoder = new Decoder(getLengths(r));
    if (!r.hasBits(n - from)) malformed('a list');
    for (let i = from; i < n; i++) {
      const c = decoder.read(r);
      if (c >= CLASS_COUNT) malformed('a class');
      out[i] = base + unzigzag(c < 2 ? c : 2 ** (c - 1) + r.bits(c - 1));
    }
    r.alignBits();
  } else {
    out.fill(base, from, n);
    if (kind === FLAT) return;
    if (kind !== SPARSE) malformed('a coding');
    let i = from;
    for (let left = r.count(n); left > 0; left--) {
      i += r.varint();
      if (i >= n) malformed('a distance');
      out[i] = base + r.signed();
    }
  }
}

function getUniform(r: ByteReader, base: number, out: Float64Array, from: number, n: number): void {
  const size = r.varint();
  const b = bitLength(size) - 1;
  if (b < 0 || !r.hasBits((n - from) * b)) malformed('a list');
  const short = 2 ** (b + 1) - size;
  for (let i = from; i < n; i++) {
    const v = r.bits(b);
    out[i] = base + (v < short ? v : v * 2 + r.bits(1) - short);
  }
  r.alignBits();
}
