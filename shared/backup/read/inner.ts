// Choosing the reader for bytes that lie inside something else, or that are a file. Promise: the first format in the list that knows
// the head gets it; bytes that nobody knows are read to their end and called unknown.

import { readCompressed } from './compressed.ts';
import type { Cursor } from './cursor.ts';
import { type Finding, HEAD, type Job } from './format.ts';
import { CODECS, FORMATS } from './list.ts';
import { readText, readUnknown } from './text/text.ts';
import { ZSTD } from './decode/zstd.ts';
import { readZstd } from './zstd-file.ts';

/** Archives in archives are followed so far. */
const MAX_DEPTH = 3;

export async function readInner(input: Cursor, job: Job): Promise<Finding> {
  await input.need(HEAD);
  const head = Buffer.from(input.peek(HEAD));
  if (job.depth <= MAX_DEPTH) {
    const codec = CODECS.find((each) => each.matches(head));
    if (codec === ZSTD) return readZstd(input, job);
    if (codec) return readCompressed(codec, input, job);
    const format = FORMATS.find((each) => each.matches(head, job));
    if (format) return format.read(input, job);
  }
  return isText(head) ? readText(input, job, head) : readUnknown(input, job);
}

function isText(head: Buffer): boolean {
  return (
    head.length > 0 && !head.some((byte) => byte < 9 || (byte > 13 && byte < 27) || (byte > 27 && byte < 32))
  );
}
