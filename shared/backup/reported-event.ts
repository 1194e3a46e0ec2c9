// A backup record as an event's data and back: short texts only, so its JSON goes in pieces. Promise: decode(encode(x)) is x; what
// is not such a record, or is too long to travel, gives undefined.
//
//   {"n":2,"0":"{\"of\":\"file\",…","1":"…"}

import { EVENT_OF, type BackupRecord } from './reported.ts';

/** Below LIMITS.textLength of the frame; a piece may not split a surrogate pair. */
const PIECE = 1_900;
/** Thirty pieces: 57,000 characters, far below a frame. */
const PIECES = 30;

export function encodeRecord(record: BackupRecord): Record<string, number | string> | undefined {
  // Escaped to ASCII, so that no cut falls inside a character.
  const json = JSON.stringify(record).replaceAll(
    /[\u007F-\uFFFF]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const n = Math.ceil(json.length / PIECE);
  if (n > PIECES) return undefined;
  const data: Record<string, number | string> = { n };
  for (let i = 0; i < n; i++) data[i] = json.slice(i * PIECE, (i + 1) * PIECE);
  return data;
}

export function decodeRecord(
  kind: string,
  data: Readonly<Record<string, number | string>> | undefined,
): BackupRecord | undefined {
  const n = data?.n;
  if (typeof n !== 'number' || !Number.isInteger(n) || n < 1 || n > PIECES) return undefined;
  let json = '';
  for (let i = 0; i < n; i++) json += String(data?.[i] ?? '');
  try {
    const record = JSON.parse(json) as BackupRecord | null;
    if (typeof record !== 'object' || record === null || typeof record.set !== 'string') return undefined;
    return Object.hasOwn(EVENT_OF, record.of) && EVENT_OF[record.of] === kind ? record : undefined;
  } catch {
    return undefined;
  }
}
