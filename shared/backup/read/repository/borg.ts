// Segments of a borg repository: BORG_SEG, then entries of CRC-32[4] size[4] tag[1] and what belongs to it. Promise: the CRC of every entry
// is recomputed; contents are encrypted or deduplicated pieces that nothing else can be said of.

import { crc32 } from 'node:zlib';
import type { Cursor } from '../cursor.ts';
import type { Finding, Format } from '../format.ts';

const MAGIC = Buffer.from('BORG_SEG');
const HEAD = 9;
const TAGS = ['PUT', 'DELETE', 'COMMIT', 'PUT2'];
const MAX_ENTRY = 64 * 1024 * 1024;
const HASHED = 8;

export const BORG_SEGMENT: Format = {
  name: 'borg-segment',
  matches: (head) => head.subarray(0, 8).equals(MAGIC),
  async read(input) {
    await input.skip(MAGIC.length);
    const seen = { entries: 0, commits: 0 };
    let end: Pick<Finding, 'content' | 'reason'> | undefined;
    while (!end && !(await input.atEnd())) end = await readEntry(input, seen);
    if (!end && seen.entries === 0)
      end = { content: 'INCOMPLETE', reason: 'no entry behind the magic number' };
    const verdict = end ?? {
      content: 'VERIFIED' as const,
      reason: `CRC-32 of all ${seen.entries} entries recomputed`,
    };
    const facts = { engine: 'files' as const, kind: 'copy' as const, checksums: true };
    return { format: 'borg-segment', ...verdict, layer: 'L2', facts };
  },
};

async function readEntry(
  input: Cursor,
  seen: { entries: number; commits: number },
): Promise<Pick<Finding, 'content' | 'reason'> | undefined> {
  const at = input.position;
  const cut = { content: 'INCOMPLETE' as const, reason: `the segment ends inside the entry at ${at}` };
  const head = await input.bytes(HEAD);
  if (!head) return cut;
  const stored = head.readUInt32LE(0);
  const size = head.readUInt32LE(4);
  const tag = head.readUInt8(8);
  const frame = Buffer.from(head.subarray(4));
  if (size < HEAD || size > MAX_ENTRY || tag >= TAGS.length)
    return { content: 'CORRUPT', reason: `no entry begins at ${at}` };
  // The newer kind covers only its key and a hash of the rest by the CRC.
  const covered = TAGS[tag] === 'PUT2' ? Math.min(size - HEAD, 32 + HASHED) : size - HEAD;
  let sum = crc32(frame);
  let left = covered;
  while (left > 0) {
    const bytes = await input.chunk(left);
    if (!bytes) return cut;
    sum = crc32(bytes, sum);
    left -= bytes.length;
  }
  if (!(await input.skip(size - HEAD - covered))) return cut;
  if (sum !== stored) return { content: 'CORRUPT', reason: `the CRC-32 of the entry at ${at} does not hold` };
  seen.entries++;
  if (TAGS[tag] === 'COMMIT') seen.commits++;
  return undefined;
}
