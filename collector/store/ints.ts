// Lossless coding of a list of whole numbers (|x| < 2^50). The list is taken as it is or as differences, whichever spreads
// less; powers of two that all differences share are divided away; then the cheapest of these codings is used:
//
//   flat      every symbol is the base
//   uniform   base + a number below N in truncated binary: for noise without a shape
//   classes   Huffman code of the bit length of zigzag(symbol − base), then its low bits: for bell shapes and outliers
//   rising    the same of symbol − base, of which none is negative: for what often stands still and else goes up
//   sparse    almost every symbol is the base; the others by distance and value
//   plain     each symbol by itself: for a few that have nothing in common
//
//   list      head byte (coding · 1 delta flag · 1 shift flag) · [shift] · least or (delta) first value · base, unless plain ·
//             coding's own
//
// Cost is what decides; the estimate need not be exact, the coding always is. Rising and plain came with version 2 of chunks
// and rollup windows.

import { bitLength, malformed, unzigzag, zigzag, type ByteReader, type Writer } from './bits.ts';
import { codeLengths, codes, Decoder, getLengths, putLengths } from './huffman.ts';

const FLAT = 0;
const UNIFORM = 1;
const CLASSES = 2;
const SPARSE = 3;
const RISING = 4;
const PLAIN = 5;
const DELTA = 8;
const SHIFT = 16;
const CLASS_COUNT = 56;
const SAMPLES = 9;
/** Lists of so few may be cheapest without any order. */
const FEW = 16;
/** 2^k, which `**` takes long to find. */
const TWO = Float64Array.from({ length: CLASS_COUNT }, (_, k) => 2 ** k);

/** What one pass over the list tells. */
interface Spread {
  min: number;
  max: number;
  minDelta: number;
  maxDelta: number;
  /** Power of two that every difference is a multiple of. */
  shift: number;
}

interface Coding {
  kind: number;
  base: number;
}

let symbols = new Float64Array(4096);
const zigzags = new Float64Array(CLASS_COUNT);
const rises = new Float64Array(CLASS_COUNT);
const sample = new Float64Array(SAMPLES);

/** `as`: `values` skips the question whether differences would cost less, for lists that are differences already. */
export function encodeInts(w: Writer, x: Float64Array, n: number, as: 'values' | 'either' = 'either'): void {
  w.reserve(64 + n * 10);
  if (symbols.length < n) symbols = new Float64Array(n * 2);
  const s = spread(x, n);
  if (s.min === s.max) {
    w.byte(FLAT);
    w.signed(s.min);
    return;
  }
  const isDelta = as === 'either' && chooseDelta(x, n, s);
  const unit = 2 ** s.shift;
  const count = isDelta ? n - 1 : n;
  if (!isDelta) for (let i = 0; i < n; i++) symbols[i] = ((x[i] as number) - s.min) / unit;
  else if (unit > 1) for (let i = 0; i < count; i++) symbols[i] = (symbols[i] as number) / unit;
  const min = isDelta ? s.minDelta / unit : 0;
  const max = isDelta ? s.maxDelta / unit : (s.max - s.min) / unit;
  const coding = choose(count, min, max);
  w.byte(coding.kind | (isDelta ? DELTA : 0) | (s.shift > 0 ? SHIFT : 0));
  if (s.shift > 0) w.byte(s.shift);
  w.signed(isDelta ? (x[0] as number) : s.min);
  if (coding.kind !== PLAIN) w.signed(coding.base);
  putSymbols(w, coding, count, max);
}

/** Fills `symbols` with the differences. */
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
    symbols[i - 1] = d;
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
  const middleDelta = median(symbols, n - 1);
  const step = Math.max(1, n >> 5);
  for (let i = 0; i < n - 1; i += step) {
    direct += bitLength(Math.abs((x[i] as number) - middle));
    delta += bitLength(Math.abs((symbols[i] as number) - middleDelta));
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

function choose(count: number, min: number, max: number): Coding {
  if (min === max) return { kind: FLAT, base: min };
  const middle = median(symbols, count);
  let best: Coding = { kind: UNIFORM, base: min };
  let cost = count * Math.log2(max - min + 1) + varintBits(zigzag(min)) + varintBits(max - min + 1);
  const consider = (kind: number, base: number, bits: number): void => {
    if (bits >= cost) return;
    cost = bits;
    best = { kind, base };
  };
  const low = tally(zigzags, count, middle, true);
  const base = varintBits(zigzag(middle));
  consider(CLASSES, middle, base + low + entropy(zigzags, count));
  consider(SPARSE, middle, base + low + (count - (zigzags[0] as number)) * 12);
  if (isOften(min)) {
    const bits = tally(rises, count, min, false) + entropy(rises, count);
    consider(RISING, min, varintBits(zigzag(min)) + bits);
  }
  if (count <= FEW) consider(PLAIN, 0, plainBits(count));
  return best;
}

const varintBits = (v: number): number => 8 * Math.max(1, Math.ceil(bitLength(v) / 7));

/** Counts the symbols by class; returns how many low bits they have together. */
function tally(histogram: Float64Array, count: number, base: number, isSigned: boolean): number {
  histogram.fill(0);
  let bits = 0;
  for (let i = 0; i < count; i++) {
    const d = (symbols[i] as number) - base;
    const c = bitLength(isSigned ? zigzag(d) : d);
    histogram[c] = (histogram[c] as number) + 1;
    if (c > 0) bits += c - 1;
  }
  return bits;
}

/** Bits of the classes' codes and of the table that says them. */
function entropy(histogram: Float64Array, count: number): number {
  let bits = 16;
  let used = 0;
  for (let c = 0; c < CLASS_COUNT; c++) {
    const h = histogram[c] as number;
    if (h === 0) continue;
    bits += h * Math.max(1, Math.log2(count / h));
    used = c;
  }
  return bits + 4 * used;
}

/** Whether the few symbols that `median` looked at last say that this one is frequent. */
function isOften(symbol: number): boolean {
  return sample[0] === symbol && sample[1] === symbol;
}

function plainBits(count: number): number {
  let bits = 0;
  for (let i = 0; i < count; i++) bits += varintBits(zigzag(symbols[i] as number));
  return bits;
}

function putSymbols(w: Writer, { kind, base }: Coding, count: number, max: number): void {
  if (kind === UNIFORM) putUniform(w, count, base, max - base + 1);
  else if (kind === CLASSES) putClasses(w, count, base, zigzags, true);
  else if (kind === RISING) putClasses(w, count, base, rises, false);
  else if (kind === SPARSE) putSparse(w, count, base);
  else if (kind === PLAIN) for (let i = 0; i < count; i++) w.signed(symbols[i] as number);
}

function putUniform(w: Writer, count: number, min: number, size: number): void {
  w.varint(size);
  const b = bitLength(size) - 1;
  const short = 2 ** (b + 1) - size;
  for (let i = 0; i < count; i++) {
    const v = (symbols[i] as number) - min;
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

function putClasses(
  w: Writer,
  count: number,
  base: number,
  histogram: Float64Array,
  isSigned: boolean,
): void {
  const lengths = codeLengths(histogram);
  const code = codes(lengths);
  putLengths(w, lengths);
  for (let i = 0; i < count; i++) {
    const d = (symbols[i] as number) - base;
    const z = isSigned ? zigzag(d) : d;
    const c = bitLength(z);
    w.bits(code[c] as number, lengths[c] as number);
    if (c > 1) w.bits(z - (TWO[c - 1] as number), c - 1);
  }
  w.flushBits();
}

function putSparse(w: Writer, count: number, base: number): void {
  w.varint(count - (zigzags[0] as number));
  let last = 0;
  for (let i = 0; i < count; i++) {
    const d = symbols[i] as number;
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
  const kind = head & 7;
  const base = kind === PLAIN ? 0 : r.signed();
  const isDelta = (head & DELTA) !== 0;
  const from = isDelta ? 1 : 0;
  getSymbols(r, kind, base, out, from, n);
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
  else if (kind === CLASSES || kind === RISING) getClasses(r, kind === CLASSES, base, out, from, n);
  else if (kind === PLAIN) {
    if (!r.hasBits((n - from) * 8)) malformed('a list');
    for (let i = from; i < n; i++) out[i] = r.signed();
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

function getClasses(
  r: ByteReader,
  isSigned: boolean,
  base: number,
  out: Float64Array,
  from: number,
  n: number,
): void {
  const decoder = new Decoder(getLengths(r));
  if (!r.hasBits(n - from)) malformed('a list');
  for (let i = from; i < n; i++) {
    const c = decoder.read(r);
    if (c >= CLASS_COUNT) malformed('a class');
    const z = c < 2 ? c : (TWO[c - 1] as number) + r.bits(c - 1);
    out[i] = base + (isSigned ? unzigzag(z) : z);
  }
  r.alignBits();
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
