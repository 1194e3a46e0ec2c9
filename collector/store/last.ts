// The newest value of each column of a series: what is shown after a restart before anything new has arrived. Promise: damage is
// found by checksum before anything is decoded.
//
//   u32 crc32 of all that follows · version 2 · varint columns · times as a column (column.ts) · per value: its decimals and
//   number, or 255 and 8 bytes
//
// Version 1 had neither checksum nor version byte; the archive seals what it finds of it when it is opened (archive.ts).

import { ByteReader, malformed, Writer } from './bits.ts';
import { decodeColumn, encodeColumn } from './column.ts';
import { toDecimals } from './decimals.ts';
import { isSealed, MAX_COLUMNS, withChecksum } from './sealed.ts';
import { decimalScale, POWERS, type Rows } from './tail.ts';

/** NaN where a column had no value yet. */
export interface LastValues {
  ats: Float64Array;
  values: Float64Array;
}

const VERSION = 2;
const HEAD_BYTES = 5;
const RAW = 255;
const out = new Writer();

export function noLast(width: number): LastValues {
  return { ats: new Float64Array(width).fill(Number.NaN), values: new Float64Array(width).fill(Number.NaN) };
}

/** Takes in rows sorted by time. */
export function foldLast(last: LastValues, rows: Rows): void {
  last.ats.forEach((before, c) => {
    const x = rows.columns[c] as Float64Array;
    let r = rows.count - 1;
    while (r >= 0 && Number.isNaN(x[r])) r--;
    if (r < 0 || (rows.at[r] as number) < before) return;
    last.ats[c] = rows.at[r] as number;
    last.values[c] = x[r] as number;
  });
}

export function encodeLast({ ats, values }: LastValues): Uint8Array {
  const n = ats.length;
  out.reset();
  out.reserve(32 + n * 20);
  out.length = HEAD_BYTES - 1;
  out.byte(VERSION);
  out.varint(n);
  if (n > 0) encodeColumn(out, ats, n, toDecimals(ats, n, new Float64Array(n)));
  out.reserve(n * 10);
  for (const v of values) {
    const scale = decimalScale(v, 0);
    out.byte(scale < 0 ? RAW : scale);
    if (scale < 0) out.double(v);
    else out.signed(Math.round(v * (POWERS[scale] as number)));
  }
  return withChecksum(out);
}

/** undefined when its checksum does not hold. Throws STORE_CORRUPT where a right checksum covers what makes no sense. */
export function decodeLast(bytes: Uint8Array): LastValues | undefined {
  return isSealed(VERSION, bytes) ? decodeBody(bytes.subarray(HEAD_BYTES)) : undefined;
}

/** Version 1: what is damaged can only be told by its not adding up. Throws STORE_CORRUPT. */
export function decodeUnsealed(bytes: Uint8Array): LastValues {
  return decodeBody(bytes);
}

function decodeBody(bytes: Uint8Array): LastValues {
  const r = new ByteReader(bytes);
  const n = r.count(MAX_COLUMNS);
  const ats = n > 0 ? decodeColumn(r, n) : new Float64Array(0);
  const values = new Float64Array(n);
  for (let c = 0; c < n; c++) {
    const scale = r.byte();
    values[c] = scale === RAW ? r.double() : r.signed() / (POWERS[scale] ?? malformed('a scale'));
  }
  r.within('newest values');
  if (r.offset < bytes.length) malformed('newest values');
  return { ats, values };
}
