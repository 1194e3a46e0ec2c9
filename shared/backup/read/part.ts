// A bounded part of a cursor as a cursor of its own: a member of an archive, judged by whichever format it is.

import { type ChunkStream, Cursor } from './cursor.ts';

/** The next `length` bytes. What is not consumed stays with the outer cursor. */
export function part(input: Cursor, length: number): Cursor {
  let left = length;
  const stream: ChunkStream = {
    async next() {
      if (left <= 0) return undefined;
      const bytes = await input.chunk(left);
      left -= bytes?.length ?? 0;
      return bytes && Buffer.from(bytes);
    },
  };
  return new Cursor(stream);
}
