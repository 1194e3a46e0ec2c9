// One record = one line of text that a person can read, guarded by a length and a checksum:
//
//   0000004f 9c1d02aa {"t":"report",…}\n
//   └ bytes   └ CRC32  └ JSON text, never a raw newline
//
// Promise: `scanRecords` never throws and never passes on a damaged record. After damage it finds the next record by the
// length when that still leads to a newline, else by the newline, so that one bad byte costs one record.

import { crc32 } from 'node:zlib';

const HEAD = 18;
const NEWLINE = 10;
const SPACE = 32;

/** What was found, in order: a record's JSON text between `start` and `end`, or one damaged record. */
export interface Visitor {
  record(start: number, end: number): void;
  damaged(): void;
}

/** `length`: of the text in bytes, where the caller knows it. */
export function encodeRecord(json: string, length = Buffer.byteLength(json)): Buffer {
  const line = Buffer.allocUnsafe(HEAD + length + 1);
  line.write(json, HEAD, 'utf8');
  writeHex(line, 0, length);
  writeHex(line, 9, crc32(line.subarray(HEAD, HEAD + length)));
  line[8] = line[17] = SPACE;
  line[HEAD + length] = NEWLINE;
  return line;
}

/** The record whose JSON text lies between `start` and `end`, as it was written. */
export function recordAt(bytes: Buffer, start: number, end: number): Buffer {
  // The last byte of a torn tail may be missing.
  if (bytes[end] !== NEWLINE) return encodeRecord(bytes.toString('utf8', start, end));
  return bytes.subarray(start - HEAD, end + 1);
}

/** The same bytes as a Buffer. */
export function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Walks over all records from `from` on; returns where the last whole line ends (what follows is a torn tail). */
export function scanRecords(bytes: Uint8Array, visit: Visitor, from = 0): number {
  const view = viewOf(bytes);
  let at = from;
  let damagedBefore = false;
  while (at < view.length) {
    const end = recordEnd(view, at);
    if (end !== undefined && isIntact(view, at, end)) {
      visit.record(at + HEAD, end);
      at = Math.min(end + 1, view.length);
      damagedBefore = false;
      continue;
    }
    const newline = end !== undefined && view[end] === NEWLINE ? end : view.indexOf(NEWLINE, at);
    if (newline < 0) return at;
    // A damaged head may hold a false newline: what does not begin like a record belongs to the damage before it.
    if (!damagedBefore || looksLikeHead(view, at)) visit.damaged();
    damagedBefore = true;
    at = newline + 1;
  }
  return at;
}

function recordEnd(view: Buffer, at: number): number | undefined {
  if (!looksLikeHead(view, at)) return undefined;
  const end = at + HEAD + readHex(view, at);
  return end <= view.length ? end : undefined;
}

function isIntact(view: Buffer, at: number, end: number): boolean {
  return crc32(view.subarray(at + HEAD, end)) === readHex(view, at + 9);
}

function looksLikeHead(view: Buffer, at: number): boolean {
  return (
    at + HEAD <= view.length &&
    view[at + 8] === SPACE &&
    view[at + 17] === SPACE &&
    readHex(view, at) >= 0 &&
    readHex(view, at + 9) >= 0
  );
}

const DIGITS = Buffer.from('0123456789abcdef');
const ZERO = 48;
const LETTER_A = 97;

function writeHex(line: Buffer, at: number, value: number): void {
  for (let i = at + 7, rest = value; i >= at; i--, rest >>>= 4) line[i] = DIGITS[rest & 15] ?? ZERO;
}

/** Eight lower-case digits; below 0 when they are not. */
function readHex(view: Buffer, at: number): number {
  let value = 0;
  for (let i = at; i < at + 8; i++) {
    const code = view[i] ?? 0;
    const digit =
      code >= LETTER_A ? code - LETTER_A + 10 : code >= ZERO && code < ZERO + 10 ? code - ZERO : -1;
    if (digit < 0 || digit > 15) return -1;
    value = value * 16 + digit;
  }
  return value;
}
