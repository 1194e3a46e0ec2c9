// The SHA-256 of a file, taken while it is read for another reason. Promise: a digest only when every byte passed once, in order;
// looks ahead do not disturb it.

import { createHash } from 'node:crypto';
import type { ByteSource } from '../source.ts';

export function hashing(source: ByteSource): {
  source: ByteSource;
  digest(): string | undefined;
  reached(): number;
} {
  const hash = createHash('sha256');
  let next = 0;
  return {
    source: {
      size: source.size,
      async read(offset, length) {
        const bytes = await source.read(offset, length);
        const end = offset + bytes.length;
        if (offset <= next && end > next) {
          hash.update(bytes.subarray(next - offset));
          next = end;
        }
        return bytes;
      },
    },
    /** Up to here every byte has passed. */
    reached: () => next,
    digest: () => (next === source.size ? hash.copy().digest('hex') : undefined),
  };
}
