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

/** What was found, in order: a record's JSON text between `start` and `end`, or one damaged record. */
export interface Visitor {
  record(start: number, end: number): void;
  damaged(): void;
}

export function encodeRecord(json: string): Buffer {
  const length = Buffer.byteLength(json);
  const line = Buffer.allocUnsafe(HEAD + length + 1);
  line.write(json, HEAD, 'utf8');
  line[HEAD + length] = NEWLINE;
  line.write(`${hex8(length)} ${hex8(crc32(line.subarray(HEAD, HEAD + length)))} `, 0, 'latin1');
  return line;
}

/** Walks over all records; returns where the last whole line ends (what follows is a torn tail). */
export function scanRecords(bytes: Uint8Array, visit: Visitor): number {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
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
  const end = at + HEAD + Number.parseInt(view.toString('latin1', at, at + 8), 16);
  return end <= view.length ? end : undefined;
}

function isIntact(view: Buffer, at: number, end: number): boolean {
  return (
    crc32(view.subarray(at + HEAD, end)) === Number.parseInt(view.toString('latin1', at + 9, at + 17), 16)
  );
}

function looksLikeHead(view: Buffer, at: number): boolean {
  return (
    at + HEAD <= view.length && /^[0-9a-f]{8} [0-9a-f]{8} $/.test(view.toString('latin1', at, at + HEAD))
  );
}

function hex8(value: number): string {
  return value.toString(16).padStart(8, '0');
}
