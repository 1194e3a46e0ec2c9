// Planted: throws for a content that only a right checksum lets through.

import { crc32 } from 'node:zlib';
import type { Shape } from '../target.ts';

export const sealedShape: Shape = {
  open(input) {
    const bytes = Buffer.from(input);
    return bytes.length >= 4 && bytes.readUInt32LE(0) === crc32(bytes.subarray(4))
      ? [bytes.subarray(4)]
      : undefined;
  },
  close(pieces) {
    const content = Buffer.concat(pieces);
    const head = Buffer.alloc(4);
    head.writeUInt32LE(crc32(content));
    return Buffer.concat([head, content]);
  },
};

export function readSealed(input: Buffer): void {
  const content = sealedShape.open(input)?.[0];
  if (content?.[0] === 0x7b && content[1] === 0x7d) throw new Error('planted: behind the checksum');
}
