// The first fields of a report's record, read without parsing the rest: that is what a segment is indexed by. Promise: it says what
// JSON would say of a record that `append` wrote, and undefined of any other.
//
//   {"t":"report","stream":"<32 hex>","seq":<number>,"series":"<id>","at":<number>,…

export interface ReportHead {
  seq: number;
  series: string;
  at: number;
}

/** Reads heads of one stream's reports in `text`. */
export function headReader(
  stream: string,
): (text: Buffer, start: number, end: number) => ReportHead | undefined {
  const opening = `{"t":"report","stream":"${stream}","seq":`;
  return (text, start, end) => {
    if (!startsWith(text, start, end, opening)) return undefined;
    const at = { place: start + opening.length };
    const seq = readWhole(text, at);
    if (!startsWith(text, at.place, end, SERIES)) return undefined;
    const from = at.place + SERIES.length;
    const to = text.indexOf(QUOTE, from);
    if (to < 0 || to >= end || hasBackslash(text, from, to)) return undefined;
    if (!startsWith(text, to + 1, end, AT)) return undefined;
    const instant = readNumber(text, to + 1 + AT.length, end);
    return seq < 0 || !Number.isSafeInteger(seq) || Number.isNaN(instant)
      ? undefined
      : { seq, series: text.toString('latin1', from, to), at: instant };
  };
}

const SERIES = ',"series":"';
const AT = ',"at":';
const QUOTE = 34;
const BACKSLASH = 92;
const MINUS = 45;
const ZERO = 48;

/** `part` is of ASCII alone. */
function startsWith(text: Buffer, start: number, end: number, part: string): boolean {
  if (start + part.length > end) return false;
  for (let i = 0; i < part.length; i++) if (text[start + i] !== part.charCodeAt(i)) return false;
  return true;
}

function hasBackslash(text: Buffer, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (text[i] === BACKSLASH) return true;
  return false;
}

/** Digits; below 0 when there are none. Leaves `at.place` behind them. */
function readWhole(text: Buffer, at: { place: number }): number {
  const first = at.place;
  let value = 0;
  for (let digit = digitAt(text, first); digit >= 0; digit = digitAt(text, at.place)) {
    value = value * 10 + digit;
    at.place++;
  }
  return at.place === first ? -1 : value;
}

function digitAt(text: Buffer, place: number): number {
  const digit = (text[place] ?? 0) - ZERO;
  return digit >= 0 && digit <= 9 ? digit : -1;
}

/** Up to the comma behind it; NaN when it is no number. */
function readNumber(text: Buffer, start: number, end: number): number {
  const isBelow = text[start] === MINUS;
  const at = { place: isBelow ? start + 1 : start };
  const whole = readWhole(text, at);
  // What does not fit has lost digits on the way.
  if (whole >= 0 && whole <= Number.MAX_SAFE_INTEGER && text[at.place] === COMMA)
    return isBelow ? -whole : whole;
  // A fraction or an exponent is rare: times are whole milliseconds.
  const comma = text.indexOf(COMMA, start);
  return comma < 0 || comma > end || comma === start
    ? Number.NaN
    : Number(text.toString('latin1', start, comma));
}

const COMMA = 44;
