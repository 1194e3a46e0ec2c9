// Microsoft Tape Format, little-endian: blocks of a 52-byte header and streams of a 22-byte header each.
//
//   block   type[4] attributes[4] firstStream u16@8 … string type @48  XOR of the 25 words before it: u16@50
//   stream  id[4] …  length u64@8 …                                    XOR of the 10 words before it: u16@20
//   a stream's data follow it; the next stream starts at a multiple of four; SPAD fills the block up
//
// Promise: pure functions; a header whose checksum does not hold is no header.

export const BLOCK_HEADER = 52;
export const STREAM_HEADER = 22;
export const BLOCK_TYPES = ['TAPE', 'SFMB', 'SSET', 'VOLB', 'MSCI', 'MSDA', 'MSTL', 'MSLS', 'ESET'] as const;
export type BlockType = (typeof BLOCK_TYPES)[number];

function holds(bytes: Buffer, words: number): boolean {
  let sum = 0;
  for (let i = 0; i < words; i++) sum ^= bytes.readUInt16LE(i * 2);
  return sum === bytes.readUInt16LE(words * 2);
}

export interface Block {
  type: BlockType;
  /** Where its first stream begins, or where the next block does for a file mark. */
  firstStream: number;
}

/** The header at the start of `bytes`, or why there is none. */
export function readBlock(bytes: Buffer): Block | 'zeros' | 'unknown' | 'checksum' {
  const type = bytes.toString('latin1', 0, 4);
  if (!(BLOCK_TYPES as readonly string[]).includes(type))
    return bytes.subarray(0, BLOCK_HEADER).every((byte) => byte === 0) ? 'zeros' : 'unknown';
  if (!holds(bytes, 25)) return 'checksum';
  return { type: type as BlockType, firstStream: bytes.readUInt16LE(8) };
}

export interface Stream {
  id: string;
  length: number;
}

export function readStream(bytes: Buffer): Stream | undefined {
  if (!holds(bytes, 10)) return undefined;
  const id = bytes.toString('latin1', 0, 4);
  if (!/^[A-Z0-9 ]{4}$/.test(id)) return undefined;
  return { id, length: Number(bytes.readBigUInt64LE(8)) };
}

/** The file mark's list of the file marks before it, newest first; SQL Server 2005 begins it earlier. */
export function readMarks(bytes: Buffer): number[] {
  const used = bytes.readUInt32LE(56);
  const from = bytes.readUInt32LE(60) === 0x48 ? 72 : 60;
  const offsets: number[] = [];
  for (let i = 0; i < used && from + i * 8 + 8 <= bytes.length; i++)
    offsets.push(Number(bytes.readBigUInt64LE(from + i * 8)));
  return offsets;
}

/** Text of UTF-16 that a {size, offset} pair points to. */
export function pointedText(bytes: Buffer, pair: number): string | undefined {
  if (pair + 4 > bytes.length) return undefined;
  const size = bytes.readUInt16LE(pair);
  const at = bytes.readUInt16LE(pair + 2);
  if (size === 0 || at + size > bytes.length) return undefined;
  return bytes.toString('utf16le', at, at + size - (size % 2));
}

export function readGuid(bytes: Buffer, at: number): string | undefined {
  const part = (from: number, to: number): string => bytes.subarray(at + from, at + to).toString('hex');
  const swapped = (from: number, to: number): string =>
    Buffer.from(bytes.subarray(at + from, at + to))
      .reverse()
      .toString('hex');
  const guid = `${swapped(0, 4)}-${swapped(4, 6)}-${swapped(6, 8)}-${part(8, 10)}-${part(10, 16)}`;
  return /^[0-]+$/.test(guid) ? undefined : guid.toUpperCase();
}
