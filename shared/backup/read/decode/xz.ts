// xz: streams of blocks (LZMA2), an index and a footer.
//
//   FD '7zXZ' 00 flags[2] CRC-32[4]   ( block header, LZMA2 data, padding, check )*   index   CRC-32[4] indexSize[4] flags[2] 'YZ'
//
// Promise: all CRCs of the structure and the check over each block are recomputed, the index must name exactly the blocks that were
// there. With check "none" a flip is found only when it breaks the LZMA2 data.

import { createHash, type Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type Cursor, StreamFault } from '../cursor.ts';
import { Crc64 } from '../sum/crc.ts';
import type { Codec, Decoded, Place, Resuming } from './codec.ts';
import { type Lzma2, openLzma2, windowOf } from './lzma2.ts';

const MAGIC = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]);
const LZMA2_FILTER = 0x21;
const MAX_BLOCKS = 10_000_000;

export const XZ: Codec = {
  name: 'xz',
  endings: ['.xz', '.txz'],
  matches: (head) => head.subarray(0, 6).equals(MAGIC),
  open: openXz,
};

/** The check of a block, by the number in the stream flags. */
interface Check {
  size: number;
  update(bytes: Buffer): void;
  digest(): Buffer | undefined;
}

const CHECK_SIZES = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];

function openCheck(type: number): Check {
  const size = CHECK_SIZES[type] ?? 0;
  if (type === 1) {
    let sum = 0;
    const digest = (): Buffer => {
      const out = Buffer.alloc(4);
      out.writeUInt32LE(sum);
      return out;
    };
    return { size, update: (bytes) => (sum = crc32(bytes, sum)), digest };
  }
  if (type === 4) {
    const sum = new Crc64();
    return { size, update: (bytes) => sum.update(bytes), digest: () => sum.digest() };
  }
  if (type === 10) {
    const hash: Hash = createHash('sha256');
    return { size, update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
  }
  return { size, update: () => {}, digest: () => undefined };
}

interface Block {
  lzma2: Lzma2;
  check: Check;
  start: number;
  headerSize: number;
  size: number;
}
interface Stream {
  flags: Buffer;
  checkType: number;
  /** Unpadded and uncompressed size of each block. */
  blocks: [number, number][];
}

const bad = (what: string): StreamFault => new StreamFault('corrupt', `xz: ${what}`);

async function must(input: Cursor, count: number): Promise<Buffer> {
  const bytes = await input.bytes(count);
  if (!bytes)
    throw new StreamFault('cut', `the xz stream ends early, at ${input.position + input.available}`);
  return bytes;
}

/** Between two blocks. */
interface XzState {
  parts: number;
  checksums: boolean;
  flags: string;
  blocks: [number, number][];
}

function openXz(input: Cursor, resuming?: Resuming): Decoded {
  const notices: string[] = [];
  const { from, every = Number.POSITIVE_INFINITY } = resuming ?? {};
  const state = from?.state as XzState | undefined;
  let stream = state && goOn(state);
  let block: Block | undefined;
  let place: Place | undefined;
  let at = from?.at ?? 0;
  let parts = state?.parts ?? 0;
  let checksums = state?.checksums ?? true;
  const note = ({ flags, blocks }: Stream): void => {
    if (input.position - (place?.offset ?? from?.offset ?? 0) < every) return;
    const kept = { parts, checksums, flags: flags.toString('hex') };
    const count = blocks.length;
    place = { at, offset: input.position, state: () => ({ ...kept, blocks: blocks.slice(0, count) }) };
  };
  return {
    async next() {
      for (;;) {
        if (!stream) {
          stream = await openStream(input, parts, notices);
          if (!stream) return undefined;
          checksums &&= [1, 4, 10].includes(stream.checkType);
        }
        block ??= await openBlock(input, stream);
        if (block) {
          const bytes = await block.lzma2.next();
          if (bytes) {
            block.check.update(bytes);
            block.size += bytes.length;
            at += bytes.length;
            return bytes;
          }
          stream.blocks.push(await closeBlock(input, block));
          block = undefined;
          note(stream);
        } else {
          await closeStream(input, stream);
          stream = undefined;
          parts++;
        }
      }
    },
    place: () => place,
    proof: () => ({ checksums, parts, notices }),
  };
}

function goOn({ flags: hex, blocks }: XzState): Stream {
  const flags = Buffer.from(hex, 'hex');
  return { flags, checkType: flags[1] ?? 0, blocks: [...blocks] };
}

async function openStream(input: Cursor, parts: number, notices: string[]): Promise<Stream | undefined> {
  if (parts > 0) {
    // Padding between streams: fours of zeros.
    while ((await input.need(4)) && input.peek(4).readUInt32LE(0) === 0) input.take(4);
    if (await input.atEnd()) return undefined;
    await input.need(6);
    if (!input.peek(6).equals(MAGIC)) {
      notices.push(`${await input.drain()} trailing bytes after the xz stream`);
      return undefined;
    }
  }
  const head = await must(input, 12);
  const flags = Buffer.from(head.subarray(6, 8));
  if (!head.subarray(0, 6).equals(MAGIC) || crc32(flags) !== head.readUInt32LE(8))
    throw bad('the CRC of the header does not hold');
  if (flags[0] !== 0 || (flags[1] ?? 0) > 15) throw bad('unknown stream flags');
  return { flags, checkType: flags[1] ?? 0, blocks: [] };
}

/** The next block; undefined where the index begins. */
async function openBlock(input: Cursor, stream: Stream): Promise<Block | undefined> {
  const start = input.position;
  if (!(await input.need(1))) await must(input, 1);
  const first = input.peek(1)[0] ?? 0;
  if (first === 0) return undefined;
  if (stream.blocks.length >= MAX_BLOCKS)
    throw new StreamFault('limit', 'more xz blocks than a check counts');
  const headerSize = (first + 1) * 4;
  const header = Buffer.from(await must(input, headerSize));
  if (crc32(header.subarray(0, -4)) !== header.readUInt32LE(headerSize - 4))
    throw bad(`the CRC of the block header at ${start} does not hold`);
  const property = readFilter(header);
  return {
    lzma2: openLzma2(input, windowOf(property)),
    check: openCheck(stream.checkType),
    start,
    headerSize,
    size: 0,
  };
}

function readFilter(header: Buffer): number {
  const flags = header[1] ?? 0;
  if ((flags & 0x3c) !== 0) throw bad('unknown block flags');
  const at = { value: 2 };
  if ((flags & 0x40) !== 0) readNumber(header, at);
  if ((flags & 0x80) !== 0) readNumber(header, at);
  if ((flags & 3) !== 0 || readNumber(header, at) !== LZMA2_FILTER)
    throw new StreamFault('limit', 'a filter besides LZMA2 is used, which is not decoded here');
  if (readNumber(header, at) !== 1) throw bad('impossible LZMA2 properties');
  return header[at.value] ?? 255;
}

function readNumber(bytes: Buffer, at: { value: number }): number {
  let value = 0;
  for (let i = 0; i < 9; i++) {
    const byte = bytes[at.value++];
    if (byte === undefined) break;
    value += (byte & 127) * 2 ** (7 * i);
    if (byte < 128) return value;
  }
  throw bad('an impossible number');
}

async function closeBlock(input: Cursor, block: Block): Promise<[number, number]> {
  const packed = input.position - block.start;
  const padding = await must(input, -packed & 3);
  if (padding.some((byte) => byte !== 0)) throw bad('padding that is not zero');
  const stored = await must(input, block.check.size);
  const own = block.check.digest();
  if (own && !own.equals(stored)) throw bad('the check of a block does not hold');
  return [packed + block.check.size, block.size];
}

async function closeStream(input: Cursor, stream: Stream): Promise<void> {
  const start = input.position;
  let sum = 0;
  const take = async (count: number): Promise<Buffer> => {
    const bytes = await must(input, count);
    sum = crc32(bytes, sum);
    return bytes;
  };
  const number = async (): Promise<number> => {
    let value = 0;
    for (let i = 0; i < 9; i++) {
      const byte = (await take(1))[0] ?? 0;
      value += (byte & 127) * 2 ** (7 * i);
      if (byte < 128) return value;
    }
    throw bad('an impossible number in the index');
  };
  await take(1);
  if ((await number()) !== stream.blocks.length) throw bad('the index names another number of blocks');
  for (const [unpadded, size] of stream.blocks)
    if ((await number()) !== unpadded || (await number()) !== size)
      throw bad('the index does not fit the blocks');
  if ((await take(-(input.position - start) & 3)).some((byte) => byte !== 0))
    throw bad('padding that is not zero');
  const indexSize = input.position - start + 4;
  if ((await must(input, 4)).readUInt32LE(0) !== sum) throw bad('the CRC of the index does not hold');
  const footer = await must(input, 12);
  const ends = footer.readUInt16LE(10) === 0x5a59 && footer.subarray(8, 10).equals(stream.flags);
  if (
    !ends ||
    crc32(footer.subarray(4, 10)) !== footer.readUInt32LE(0) ||
    (footer.readUInt32LE(4) + 1) * 4 !== indexSize
  )
    throw bad('the footer does not hold');
}
