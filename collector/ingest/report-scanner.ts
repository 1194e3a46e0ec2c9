// Reads a plain report (no checks, no events, as JSON.stringify writes it) straight from the bytes of its frame: numbers go from
// digits into doubles, and no object, array or string is made that the connection has already. Promise: what it accepts, the
// decoder of shared/frame.ts accepts with the same outcome, every double bit for bit; whatever else there is it leaves to that one.
//
//   {"t":"report","stream":"<32 hex>","seq":N,"series":"<16 characters>","at":N,"off":N|null,"boot":"…","v":[N|null,…]}

import { LIMITS } from '../../shared/frame.ts';

const [HEAD, SEQ, SERIES, AT, OFF, BOOT, VALUES] = [
  '{"t":"report","stream":"',
  '","seq":',
  ',"series":"',
  '","at":',
  ',"off":',
  ',"boot":"',
  '","v":[',
].map((text) => Buffer.from(text, 'latin1')) as [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer, Buffer];
const NULL = Buffer.from('null', 'latin1');
const STREAM_LENGTH = 32;
const SERIES_LENGTH = 16;
const BOOT_LENGTH = 64;

const [QUOTE, COMMA, DOT, ZERO, BACKSLASH, DELETE] = [34, 44, 46, 48, 92, 127];
const [CLOSE, LOWER_E, UPPER_E, LOWER_N] = [93, 101, 69, 110];

/** So many digits are a whole number below 2^53; divided by an exact power of ten that is the nearest double. */
const EXACT_DIGITS = 15;
/** So many fit a 32-bit whole number. */
const WORD_DIGITS = 9;
const POWERS = Float64Array.from({ length: EXACT_DIGITS + 1 }, (_, k) => 10 ** k);
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const NUMBER_LENGTH = 40;

export class ReportScanner {
  stream = '';
  seq = 0;
  series = '';
  /** Agent's clock and its offset. */
  at = 0;
  off: number | null = 0;
  /** Values are in `values[0..width)`, NaN for null. The next report overwrites them. */
  width = 0;
  readonly values = new Float64Array(LIMITS.columns);
  readonly #fields = new Float64Array(3);
  /** Copies the values out; whether none of them is missing. */
  readonly copyTo = (into: Float64Array): boolean => {
    const { values, width } = this;
    let isWhole = true;
    for (let i = 0; i < width; i++) {
      const value = values[i] as number;
      into[i] = value;
      if (Number.isNaN(value)) isWhole = false;
    }
    return isWhole;
  };

  /** Whether bytes[from..to) are a plain report. Names equal to `stream` and `series` are not made anew. */
  scan(bytes: Buffer, from: number, to: number, stream: string, series: string): boolean {
    // What ends in `]}` stops every loop below in time.
    if (to - from > LIMITS.frameBytes || bytes[to - 1] !== 125 || bytes[to - 2] !== CLOSE) return false;
    const fields = this.#fields;
    let i = skip(bytes, from, HEAD);
    if (i < 0 || !isHex(bytes, i, STREAM_LENGTH)) return false;
    this.stream = nameAt(bytes, i, STREAM_LENGTH, stream);
    i = skip(bytes, i + STREAM_LENGTH, SEQ);
    if (i < 0 || (i = scanWhole(bytes, i, fields, 0)) < 0 || (i = skip(bytes, i, SERIES)) < 0) return false;
    if (!isPlain(bytes, i, SERIES_LENGTH)) return false;
    this.series = nameAt(bytes, i, SERIES_LENGTH, series);
    i = skip(bytes, i + SERIES_LENGTH, AT);
    if (i < 0 || (i = scanWhole(bytes, i, fields, 1)) < 0 || (i = skip(bytes, i, OFF)) < 0) return false;
    i = bytes[i] === LOWER_N ? readValue(bytes, i, fields, 2) : scanWhole(bytes, i, fields, 2);
    if (i < 0 || (i = skip(bytes, i, BOOT)) < 0) return false;
    const boot = i;
    while (bytes[i] !== QUOTE && i < to) i++;
    if (i - boot > BOOT_LENGTH || !isPlain(bytes, boot, i - boot) || (i = skip(bytes, i, VALUES)) < 0)
      return false;
    if (!this.#takeFields() || !this.#scanValues(bytes, i, to - 2)) return false;
    return true;
  }

  #takeFields(): boolean {
    this.seq = this.#fields[0] as number;
    this.at = this.#fields[1] as number;
    const off = this.#fields[2] as number;
    this.off = Number.isNaN(off) ? null : off;
    if (!(this.seq >= 0) || !Number.isSafeInteger(this.seq) || !isInstant(this.at)) return false;
    return this.off === null || isInstant(off);
  }

  /** From behind the opening bracket to the closing one at `end`. */
  #scanValues(bytes: Buffer, from: number, end: number): boolean {
    this.width = from === end ? 0 : scanValues(bytes, from, end, this.values);
    return this.width >= 0;
  }
}

const isInstant = (value: number): boolean => Number.isSafeInteger(Math.trunc(value));

/** The place behind `text`, or -1 when something else stands there. */
function skip(bytes: Buffer, from: number, text: Buffer): number {
  for (let k = 0; k < text.length; k++) if (bytes[from + k] !== text[k]) return -1;
  return from + text.length;
}

function isHex(bytes: Buffer, from: number, length: number): boolean {
  for (let i = from; i < from + length; i++) {
    const c = bytes[i] as number;
    if (!((c >= 48 && c <= 57) || (c >= 97 && c <= 102))) return false;
  }
  return true;
}

/** Printable ASCII without quotes and escapes: what it is as bytes it is as text. */
function isPlain(bytes: Buffer, from: number, length: number): boolean {
  for (let i = from; i < from + length; i++) {
    const c = bytes[i] as number;
    if (!(c >= 32 && c < DELETE) || c === QUOTE || c === BACKSLASH) return false;
  }
  return true;
}

function nameAt(bytes: Buffer, from: number, length: number, known: string): string {
  let k = known.length === length ? 0 : -1;
  while (k >= 0 && k < length) k = bytes[from + k] === known.charCodeAt(k) ? k + 1 : -1;
  return k === length ? known : bytes.toString('latin1', from, from + length);
}

/**
 * Numbers and nulls with commas between them, up to `end`, where something that belongs to no number stands; how many there are,
 * or -1 when it is anything else. One loop with few turns, since this is half of what a report costs: the grammar of a number is
 * judged at its end, by where its dot was and how many digits there were.
 */
function scanValues(bytes: Buffer, from: number, end: number, out: Float64Array): number {
  let width = 0;
  // One by one: taken apart from a list they would cost as much as forty values.
  let first = from;
  let digits = 0;
  let dot = -1;
  let low = 0;
  let high = 0;
  for (let i = from; i <= end; i++) {
    const d = (bytes[i] as number) - ZERO;
    if (d >= 0 && d <= 9) {
      low = (Math.imul(low, 10) + d) | 0;
      if (++digits === WORD_DIGITS) {
        high = low;
        low = 0;
      }
    } else if (d === DOT - ZERO && dot < 0) dot = digits;
    else {
      const whole = dot < 0 ? digits : dot;
      const isOdd =
        whole === 0 || digits > EXACT_DIGITS || digits === dot || (whole > 1 && bytes[first] === ZERO);
      if (width === out.length) return -1;
      if (isOdd || (d !== COMMA - ZERO && i !== end)) {
        i = readValue(bytes, first, out, width);
        if (i < 0 || (i !== end && bytes[i] !== COMMA)) return -1;
      } else {
        const value = digits < WORD_DIGITS ? low : high * (POWERS[digits - WORD_DIGITS] as number) + low;
        out[width] = dot < 0 ? value : value / (POWERS[digits - dot] as number);
      }
      width++;
      first = i + 1;
      digits = low = high = 0;
      dot = -1;
    }
  }
  return width;
}

/** Any value: null, a negative number, one with an exponent or with more digits than one division gives exactly. */
function readValue(bytes: Buffer, from: number, out: Float64Array, slot: number): number {
  if (bytes[from] !== LOWER_N) return readNumber(bytes, from, out, slot);
  out[slot] = Number.NaN;
  return skip(bytes, from, NULL);
}

/** Puts the whole number at `from` into out[slot]; the place behind it, or -1 when there is no number. */
function scanWhole(bytes: Buffer, from: number, out: Float64Array, slot: number): number {
  let i = from;
  let value = 0;
  for (let d = (bytes[i] as number) - ZERO; d >= 0 && d <= 9; d = (bytes[++i] as number) - ZERO)
    value = value * 10 + d;
  const digits = i - from;
  const c = bytes[i];
  const isOther = c === DOT || c === LOWER_E || c === UPPER_E || (digits > 1 && bytes[from] === ZERO);
  if (isOther || digits === 0 || digits > EXACT_DIGITS) return readNumber(bytes, from, out, slot);
  out[slot] = value;
  return i;
}

function readNumber(bytes: Buffer, from: number, out: Float64Array, slot: number): number {
  const text = /^[-+.\deE]*/.exec(bytes.toString('latin1', from, from + NUMBER_LENGTH))?.[0] ?? '';
  if (text.length === NUMBER_LENGTH || !JSON_NUMBER.test(text)) return -1;
  const value = Number(text);
  out[slot] = value;
  return Number.isFinite(value) ? from + text.length : -1;
}
