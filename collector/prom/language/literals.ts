// Numbers, durations and strings as PromQL writes them. Promise: what is refused gives undefined.

const UNITS: [string, number][] = [
  ['y', 365 * 86_400_000],
  ['w', 7 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
];
const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

/** Milliseconds of `1h30m`; units fall from left to right, each at most once. */
export function readDuration(text: string): number | undefined {
  const match = text === '' ? null : DURATION.exec(text);
  if (!match) return text === '0' ? 0 : undefined;
  const ms = UNITS.reduce((sum, [, unit], i) => sum + Number(match[i + 1] ?? 0) * unit, 0);
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/** Decimal, hexadecimal, octal with a leading zero, Inf, NaN, with or without a sign. */
export function readNumber(text: string): number | undefined {
  const sign = text.startsWith('-') ? -1 : 1;
  const bare = text.replace(/^[+-]\s*/, '').toLowerCase();
  if (bare === 'inf') return sign * Infinity;
  if (bare === 'nan') return NaN;
  if (/^0x[0-9a-f]+$/.test(bare)) return sign * Number(bare);
  if (/^0[0-7]+$/.test(bare)) return sign * Number.parseInt(bare, 8);
  if (/^(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/.test(bare)) return sign * Number(bare);
  return undefined;
}

const SIMPLE: Record<string, string> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
};
const ESCAPE = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([abfnrtv\\"']))/;

/** The text of a quoted literal. Escapes of single bytes (`\xNN`, octal) join into UTF-8, as in Go. */
export function readString(literal: string): string | undefined {
  const quote = literal[0];
  if (literal.length < 2 || literal.at(-1) !== quote) return undefined;
  const inner = literal.slice(1, -1);
  if (quote === '`') return inner;
  const bytes: Buffer[] = [];
  let i = 0;
  while (i < inner.length) {
    const next = inner.indexOf('\\', i);
    const plain = inner.slice(i, next < 0 ? inner.length : next);
    if (plain.includes(quote as string) || plain.includes('\n')) return undefined;
    bytes.push(Buffer.from(plain));
    if (next < 0) break;
    const escape = ESCAPE.exec(inner.slice(next + 1, next + 10));
    const read = escape && readEscape(escape, quote as string);
    if (!read) return undefined;
    bytes.push(read);
    i = next + 1 + escape[0].length;
  }
  return Buffer.concat(bytes).toString('utf8');
}

function readEscape([, hex, short, long, octal, simple]: RegExpExecArray, quote: string): Buffer | undefined {
  if (hex !== undefined) return Buffer.from([Number.parseInt(hex, 16)]);
  if (octal !== undefined)
    return Number.parseInt(octal, 8) < 256 ? Buffer.from([Number.parseInt(octal, 8)]) : undefined;
  const code = short ?? long;
  if (code !== undefined) {
    const point = Number.parseInt(code, 16);
    return point > 0x10ffff || (point >= 0xd800 && point < 0xe000)
      ? undefined
      : Buffer.from(String.fromCodePoint(point));
  }
  if ((simple === '"' || simple === "'") && simple !== quote) return undefined;
  return Buffer.from(SIMPLE[simple as string] as string);
}
