// Borders between the blocks of a deflate stream, found and used without a decoder of our own: zlib tells neither where a block begins
// nor lets itself be started in the middle of a byte. A border is looked for by what a block's beginning must look like; a decoder that
// is to begin there gets the 32 KiB before it as its dictionary, and empty blocks in front until the bits fit.
//
// Promise: a border that is found is only likely; `trial` decodes from it, and whoever keeps it compares that with what the stream
// itself goes on to say.

import { constants, inflateRawSync } from 'node:zlib';

export const WINDOW = 32_768;
/** What a look ahead must hold behind a place that is looked at: the longest header. */
export const LOOK_BEHIND = 512;

export interface Border {
  /** The byte in which it lies. */
  byte: number;
  /** Its bit in there, the lowest first. */
  bit: number;
  /** A stored block: `byte` is where its length stands, its three bits before are left out. */
  stored: boolean;
}

/** The first likely border of a block that is not the last, at or behind `from`. */
export function findBorder(bytes: Buffer, from: number): Border | undefined {
  for (let byte = from; byte + LOOK_BEHIND <= bytes.length; byte++) {
    if (isStored(bytes, byte)) return { byte, bit: 0, stored: true };
    const word = bytes.readUInt32LE(byte);
    // Dynamic, not the last: the bits 0 0 1, then at most 29 of each kind.
    for (let bit = 0; bit < 8; bit++) {
      const head = word >>> bit;
      if ((head & 7) === 4 && ((head >>> 3) & 31) <= 29 && ((head >>> 8) & 31) <= 29)
        if (isDynamic(bytes, byte * 8 + bit)) return { byte, bit, stored: false };
    }
  }
  return undefined;
}

function isStored(bytes: Buffer, at: number): boolean {
  const length = bytes.readUInt16LE(at);
  return length > 0 && (length ^ bytes.readUInt16LE(at + 2)) === 0xffff;
}

const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Whether the codes that a block declares are whole. */
function isDynamic(bytes: Buffer, start: number): boolean {
  let at = start + 3;
  const read = (count: number): number => {
    let value = 0;
    for (let i = 0; i < count; i++, at++) value |= (((bytes[at >> 3] ?? 0) >> (at & 7)) & 1) << i;
    return value;
  };
  const [literals, distances, sizes] = [read(5) + 257, read(5) + 1, read(4) + 4];
  const meta = Array.from({ length: ORDER.length }, () => 0);
  for (let i = 0; i < sizes; i++) meta[ORDER[i] ?? 0] = read(3);
  if (missing(meta, 7) !== 0) return false;
  const symbols = decoder(meta, read);
  const lengths: number[] = [];
  while (lengths.length < literals + distances) {
    const symbol = symbols();
    if (symbol === undefined) return false;
    if (symbol < 16) lengths.push(symbol);
    else {
      const last = lengths.at(-1);
      if (symbol === 16 && last === undefined) return false;
      const count = symbol === 16 ? 3 + read(2) : symbol === 17 ? 3 + read(3) : 11 + read(7);
      for (let i = 0; i < count; i++) lengths.push(symbol === 16 ? (last ?? 0) : 0);
    }
  }
  const [of, to] = [lengths.slice(0, literals), lengths.slice(literals)];
  const single = to.filter((length) => length > 0).length <= 1;
  return (
    lengths.length === literals + distances &&
    lengths[256] !== 0 &&
    missing(of, 15) === 0 &&
    (single || missing(to, 15) === 0)
  );
}

/** What is missing of a whole code, in its smallest parts; negative when there is too much. */
function missing(lengths: readonly number[], most: number): number {
  return lengths.reduce((left, length) => (length > 0 ? left - 2 ** (most - length) : left), 2 ** most);
}

/** Reads one symbol of a canonical code. */
function decoder(lengths: readonly number[], read: (count: number) => number): () => number | undefined {
  const codes = new Map<number, number>();
  let code = 0;
  for (let size = 1; size <= 7; size++, code <<= 1)
    for (const [symbol, length] of lengths.entries())
      if (length === size) codes.set((1 << size) | code++, symbol);
  return () => {
    let path = 1;
    for (let size = 1; size <= 7; size++) {
      path = (path << 1) | read(1);
      const symbol = codes.get(path);
      if (symbol !== undefined) return symbol;
    }
    return undefined;
  };
}

/** An empty block with fixed codes: ten bits. */
const EVEN = '0100000000';
/** An empty block with codes of its own: 93 bits. Lengths of the code of lengths: 18, 0 and 1 have 2, 2 and 1 bits. */
const ODD = [
  '001',
  '00000',
  '00000',
  '0111',
  ...ORDER.slice(0, 18).map((symbol) =>
    symbol === 18 || symbol === 0 ? '010' : symbol === 1 ? '100' : '000',
  ),
  // 138 and 118 times no code, one of one bit, and none for distances; then the end.
  '111111111',
  '111101011',
  '0',
  '10',
  '0',
].join('');

/** What stands in front of the first byte (`merged`: that byte's upper bits are in it) so that a decoder may begin at the border. */
export function leadIn(
  border: Pick<Border, 'bit' | 'stored'>,
  first: number,
): { bytes: Buffer; merged: boolean } {
  if (border.stored) return { bytes: Buffer.alloc(1), merged: false };
  let bits = border.bit % 2 === 1 ? ODD : '';
  while (bits.length % 8 !== border.bit) bits += EVEN;
  const bytes = Buffer.alloc(Math.ceil(bits.length / 8));
  for (let i = 0; i < bits.length; i++)
    if (bits[i] === '1') bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (1 << (i & 7));
  const merged = border.bit > 0;
  if (merged) bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | (first & (0xff << border.bit));
  return { bytes, merged };
}

const MOST = 2 * 1024 * 1024;
const LEAST = 4096;

/** What a decoder that begins at the border makes of the bytes from there on; undefined when that tells nothing. */
export function trial(border: Border, bytes: Buffer, dictionary: Buffer): Buffer | undefined {
  const lead = leadIn(border, bytes[border.byte] ?? 0);
  const rest = bytes.subarray(border.byte + (lead.merged ? 1 : 0));
  for (const length of [rest.length, 8192, 1024]) {
    try {
      const out = inflateRawSync(Buffer.concat([lead.bytes, rest.subarray(0, length)]), {
        dictionary,
        finishFlush: constants.Z_SYNC_FLUSH,
        maxOutputLength: MOST,
      });
      return out.length < LEAST ? undefined : out;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') return undefined;
    }
  }
  return undefined;
}
