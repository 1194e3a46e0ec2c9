// Whether bytes are all zero, compared as memory: gigabytes of padding must not be looked at one by one.

import type { Cursor } from './cursor.ts';
import type { Marks } from './format.ts';

const ZEROS = Buffer.alloc(64 * 1024);

export function isZero(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at += ZEROS.length) {
    const end = Math.min(bytes.length, at + ZEROS.length);
    if (bytes.compare(ZEROS, 0, end - at, at, end) !== 0) return false;
  }
  return true;
}

/** The name under which a pass over zeros is marked. */
export const ZEROS_MARK = 'zeros';

/** Passes over zeros to the end, from where an interrupted pass had come; returns the first chunk that holds anything else. */
export async function passZeros(input: Cursor, marks: Marks): Promise<Buffer | undefined> {
  const known = marks.get(ZEROS_MARK);
  if (known && known.offset > input.position) await input.skip(known.offset - input.position);
  for (let bytes = await input.chunk(); bytes; bytes = await input.chunk()) {
    if (!isZero(bytes)) return bytes;
    marks.set(ZEROS_MARK, input.position, null);
  }
  return undefined;
}
