// The body of a closed segment: zstd blocks, each with its own checksum, so that one bad byte costs one block. The block heads
// are zstd skippable frames: the file is an ordinary .zst file (`zstdcat` shows the records).
//
//   ┌ 50 2a 4d 18 │ 0c 00 00 00 │ packed bytes u32 │ CRC32 u32 │ plain bytes u32 ┐┌ zstd frame ┐ … repeated
//
// Promise: `unpackBlocks` never throws; what is damaged is left out, the rest is found again by the next head.

import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { viewOf } from './record.ts';

const MAGIC = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 12, 0, 0, 0]);
const HEAD = 20;
const MAX_BLOCK_BYTES = 16 * 1024 * 1024;

export interface Compressor {
  compress(plain: Uint8Array): Uint8Array;
  /** Throws when it cannot. */
  decompress(packed: Uint8Array, plainBytes: number): Uint8Array;
}

export const zstd: Compressor = {
  compress: (plain) => zstdCompressSync(plain, { params: { [constants.ZSTD_c_compressionLevel]: 6 } }),
  decompress(packed, plainBytes) {
    // One buffer of the right size: many small ones tripled the agent's memory while it drained a backlog.
    const chunkSize = Math.min(MAX_BLOCK_BYTES, Math.max(64, plainBytes));
    return zstdDecompressSync(packed, { chunkSize, maxOutputLength: MAX_BLOCK_BYTES });
  },
};

export function packBlock(plain: Uint8Array, compressor: Compressor): Buffer {
  const packed = compressor.compress(plain);
  const head = Buffer.alloc(HEAD);
  MAGIC.copy(head);
  head.writeUInt32LE(packed.length, 8);
  head.writeUInt32LE(crc32(packed), 12);
  head.writeUInt32LE(plain.length, 16);
  return Buffer.concat([head, packed]);
}

/** The plain text of every intact block, joined. */
export function unpackBlocks(bytes: Uint8Array, compressor: Compressor): Buffer {
  const view = viewOf(bytes);
  const plain: Uint8Array[] = [];
  let at = view.indexOf(MAGIC);
  while (at >= 0) {
    const block = unpackBlock(view, at, compressor);
    if (block) plain.push(block.plain);
    at = view.indexOf(MAGIC, block ? block.end : at + 1);
  }
  const [only] = plain;
  return only && plain.length === 1 ? viewOf(only) : Buffer.concat(plain);
}

function unpackBlock(
  view: Buffer,
  at: number,
  compressor: Compressor,
): { plain: Uint8Array; end: number } | undefined {
  if (at + HEAD > view.length) return undefined;
  const end = at + HEAD + view.readUInt32LE(at + 8);
  if (end > view.length) return undefined;
  const packed = view.subarray(at + HEAD, end);
  if (crc32(packed) !== view.readUInt32LE(at + 12)) return undefined;
  try {
    return { plain: compressor.decompress(packed, view.readUInt32LE(at + 16)), end };
  } catch {
    return undefined;
  }
}
