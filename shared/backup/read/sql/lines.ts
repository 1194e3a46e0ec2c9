// Passing over SQL text: lines where it matters, rows of INSERT counted with their quotes understood, data of COPY counted by line.
// Promise: constant memory whatever the length of a line; the state is plain data, so that a reading can be taken up again.

/** What of a line is kept. Everything that a rule looks at stands at its beginning. */
const LINE_KEPT = 4096;
const NEWLINE = 10;

export interface Scan {
  /** `line`: at or in a line · `rows`: inside an INSERT · `copy`: data up to a line `\.` */
  mode: 'line' | 'rows' | 'copy';
  /** Kept beginning of the line that is not finished, as latin1. */
  line: string;
  lineBytes: number;
  /** Inside INSERT. */
  quote: number;
  escaped: boolean;
  nested: number;
  tuples: number;
  /** Counted so far. */
  rows: number;
  inserts: number;
  copies: number;
  /** PostgreSQL: a backslash inside quotes is only a character. */
  backslash: boolean;
}

export function beginScan(): Scan {
  return {
    mode: 'line',
    line: '',
    lineBytes: 0,
    quote: 0,
    escaped: false,
    nested: 0,
    tuples: 0,
    rows: 0,
    inserts: 0,
    copies: 0,
    backslash: true,
  };
}

/** `line` is what is kept of it, without its end; `whole` says whether it was finished by a newline. */
export type OnLine = (line: string, whole: boolean) => void;

export function scanBytes(scan: Scan, bytes: Buffer, onLine: OnLine): void {
  let at = 0;
  while (at < bytes.length) {
    if (scan.mode === 'rows') at = scanRows(scan, bytes, at);
    else at = scanLine(scan, bytes, at, onLine);
  }
}

/** The last line, when it has no newline. */
export function endScan(scan: Scan, onLine: OnLine): void {
  if (scan.mode === 'line' && scan.lineBytes > 0) onLine(scan.line, false);
}

function scanLine(scan: Scan, bytes: Buffer, from: number, onLine: OnLine): number {
  const found = bytes.indexOf(NEWLINE, from);
  const end = found < 0 ? bytes.length : found;
  if (scan.mode === 'line' && scan.lineBytes === 0 && startsInsert(bytes, from)) {
    beginRows(scan);
    return from;
  }
  if (scan.mode === 'line' && scan.lineBytes > 0 && scan.lineBytes < LONGEST_WORD) {
    const taken = completeWord(scan, bytes, from, end);
    if (taken !== undefined) return taken;
  }
  const room = Math.min(end - from, LINE_KEPT - scan.line.length);
  if (room > 0) scan.line += bytes.toString('latin1', from, from + room);
  scan.lineBytes += end - from;
  if (found < 0) return bytes.length;
  const line = scan.line.endsWith('\r') ? scan.line.slice(0, -1) : scan.line;
  scan.line = '';
  scan.lineBytes = 0;
  if (scan.mode === 'copy') noteCopyLine(scan, line);
  else onLine(line, true);
  return found + 1;
}

function noteCopyLine(scan: Scan, line: string): void {
  if (line === '\\.') scan.mode = 'line';
  else scan.rows++;
}

export function beginCopy(scan: Scan): void {
  scan.mode = 'copy';
  scan.copies++;
}

const INSERT = Buffer.from('INSERT ');
const REPLACE = Buffer.from('REPLACE ');
const LONGEST_WORD = 8;

function startsInsert(bytes: Buffer, at: number): boolean {
  const first = bytes[at];
  if (first === 73) return bytes.length - at >= 7 && bytes.compare(INSERT, 0, 7, at, at + 7) === 0;
  return first === 82 && bytes.length - at >= 8 && bytes.compare(REPLACE, 0, 8, at, at + 8) === 0;
}

/** A word whose beginning was the end of the last piece: where to go on when it begins an INSERT. */
function completeWord(scan: Scan, bytes: Buffer, from: number, end: number): number | undefined {
  const more = bytes.toString('latin1', from, Math.min(end, from + LONGEST_WORD - scan.lineBytes));
  const kept = scan.line + more;
  if (!/^(?:INSERT|REPLACE) /.test(kept)) return undefined;
  beginRows(scan);
  scanRows(scan, Buffer.from(kept, 'latin1'), 0);
  return from + more.length;
}

function beginRows(scan: Scan): void {
  scan.mode = 'rows';
  scan.inserts++;
  scan.line = '';
  scan.lineBytes = 0;
  scan.quote = scan.nested = scan.tuples = 0;
  scan.escaped = false;
}

/** Counts the parenthesised rows of an INSERT up to its semicolon; a list of columns before VALUES does not count. */
function scanRows(scan: Scan, bytes: Buffer, from: number): number {
  let { quote, escaped, nested, tuples } = scan;
  const { backslash } = scan;
  let at = from;
  for (; at < bytes.length; at++) {
    const byte = bytes[at];
    if (quote !== 0) {
      if (escaped) escaped = false;
      else if (byte === quote) quote = 0;
      else if (byte === 92 && backslash) escaped = true;
    } else if (byte === 39 || byte === 34 || byte === 96) quote = byte;
    else if (byte === 40) {
      if (nested++ === 0) tuples++;
    } else if (byte === 41) nested--;
    else if (nested === 0) {
      if (byte === 86 || byte === 118) tuples = 0;
      else if (byte === 59) {
        Object.assign(scan, { mode: 'line', quote: 0, escaped: false, nested: 0, tuples: 0, lineBytes: 1 });
        scan.rows += tuples;
        return at + 1;
      }
    }
  }
  Object.assign(scan, { quote, escaped, nested, tuples });
  return at;
}
