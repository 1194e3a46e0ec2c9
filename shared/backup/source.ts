// The only door through which a reader sees a backup file. Promise: a source has no way to write; a read returns fewer bytes than
// asked only at the end of the file. Throttling, cancelling and opening files live behind it (node-source.ts).

export interface ByteSource {
  readonly size: number;
  /** Up to `length` bytes from `offset`. The bytes are the caller's until its next read. */
  read(offset: number, length: number): Promise<Buffer>;
}

export function memorySource(bytes: Uint8Array): ByteSource {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    size: buffer.length,
    read: async (offset, length) => buffer.subarray(offset, offset + length),
  };
}

/** A part of a source as a source of its own. */
export function slice(source: ByteSource, offset: number, size: number): ByteSource {
  const length = Math.max(0, Math.min(size, source.size - offset));
  return {
    size: length,
    read: (at, count) => source.read(offset + at, Math.max(0, Math.min(count, length - at))),
  };
}

/** The volumes of one archive, one behind the other. */
export function joined(sources: readonly ByteSource[]): ByteSource {
  const size = sources.reduce((sum, source) => sum + source.size, 0);
  return {
    size,
    async read(offset, length) {
      const parts: Buffer[] = [];
      let at = offset;
      let left = Math.min(length, size - offset);
      let start = 0;
      for (const source of sources) {
        if (left > 0 && at < start + source.size) {
          const part = Buffer.from(await source.read(at - start, Math.min(left, start + source.size - at)));
          parts.push(part);
          at += part.length;
          left -= part.length;
        }
        start += source.size;
      }
      return Buffer.concat(parts);
    },
  };
}
