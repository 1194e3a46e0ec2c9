// LZ4 frames: header with its own check byte, blocks that may refer 64 KiB back, optional checksums of blocks and of the content.
// Promise: all checksums that are there are recomputed; matches never reach before the beginning; memory is two blocks and the window.

import { type Cursor, StreamFault } from '../cursor.ts';
import { Xxh32, xxh32, type Xxh32State } from '../sum/xxh32.ts';
import type { Codec, Decoded, Place, Resuming } from './codec.ts';

const MAGIC = 0x184d2204;
const WINDOW = 65_536;
const BLOCK_SIZES: Record<number, number> = { 4: 65_536, 5: 262_144, 6: 1_048_576, 7: 4_194_304 };

export const LZ4: Codec = {
  name: 'lz4',
  endings: ['.lz4'],
  matches: (head) => head.length >= 7 && head.readUInt32LE(0) === MAGIC,
  open: openLz4,
};

interface Frame {
  blockSize: number;
  linked: boolean;
  blockSums: boolean;
  sum: Xxh32 | undefined;
  contentSize: number | undefined;
  length: number;
  window: Buffer;
}

/** Between two blocks of a frame. */
interface Lz4State extends Omit<Frame, 'sum' | 'window'> {
  parts: number;
  checksums: boolean;
  sum: Xxh32State | undefined;
  window: string;
}

function openLz4(input: Cursor, resuming?: Resuming): Decoded {
  const { from, every = Number.POSITIVE_INFINITY } = resuming ?? {};
  const state = from?.state as Lz4State | undefined;
  let frame = state && goOn(state);
  let place: Place | undefined;
  let at = from?.at ?? 0;
  let parts = state?.parts ?? 0;
  let checksums = state?.checksums ?? true;
  const notices: string[] = [];
  const note = ({ sum, window, ...rest }: Frame): void => {
    if (input.position - (place?.offset ?? from?.offset ?? 0) < every) return;
    const kept = { ...rest, parts, checksums, sum: sum?.save() };
    // Of its own: the window is a part of the block that was decoded last.
    const own = Buffer.from(window);
    place = { at, offset: input.position, state: () => ({ ...kept, window: own.toString('base64') }) };
  };
  return {
    async next() {
      for (;;) {
        if (frame) note(frame);
        frame ??= await openFrame(input, parts, notices);
        if (!frame) return undefined;
        const bytes = await nextBlock(input, frame);
        if (bytes) {
          at += bytes.length;
          return bytes;
        }
        checksums &&= frame.sum !== undefined || frame.blockSums;
        await closeFrame(input, frame);
        frame = undefined;
        parts++;
      }
    },
    place: () => place,
    proof: () => ({ checksums, parts, notices }),
  };
}

function goOn({ parts: _parts, checksums: _checksums, sum, window, ...frame }: Lz4State): Frame {
  return {
    ...frame,
    contentSize: frame.contentSize,
    sum: sum && new Xxh32(sum),
    window: Buffer.from(window, 'base64'),
  };
}

async function must(input: Cursor, count: number, what: string): Promise<Buffer> {
  const at = input.position;
  const bytes = await input.bytes(count);
  if (!bytes) throw new StreamFault('cut', `the lz4 ${what} at ${at} is cut`);
  return bytes;
}

async function openFrame(input: Cursor, parts: number, notices: string[]): Promise<Frame | undefined> {
  if (await input.atEnd()) return undefined;
  if (parts > 0 && (!(await input.need(4)) || input.peek(4).readUInt32LE(0) !== MAGIC)) {
    notices.push(`${await input.drain()} trailing bytes after the lz4 frame`);
    return undefined;
  }
  await must(input, 4, 'header');
  const flags = (await must(input, 2, 'header')).readUInt16LE(0);
  const flg = flags & 0xff;
  const more = ((flg & 8) !== 0 ? 8 : 0) + ((flg & 1) !== 0 ? 4 : 0);
  const rest = Buffer.from(await must(input, more + 1, 'header'));
  const described = Buffer.concat([Buffer.from([flg, flags >> 8]), rest.subarray(0, more)]);
  const blockSize = BLOCK_SIZES[(flags >> 12) & 7];
  if (flg >> 6 !== 1 || blockSize === undefined || ((xxh32(described) >>> 8) & 0xff) !== rest[more])
    throw new StreamFault('corrupt', 'the check byte of the lz4 header does not hold');
  return {
    blockSize,
    linked: (flg & 0x20) === 0,
    blockSums: (flg & 0x10) !== 0,
    sum: (flg & 4) !== 0 ? new Xxh32() : undefined,
    contentSize: (flg & 8) !== 0 ? Number(rest.readBigUInt64LE(0)) : undefined,
    length: 0,
    window: Buffer.alloc(0),
  };
}

async function nextBlock(input: Cursor, frame: Frame): Promise<Buffer | undefined> {
  const at = input.position;
  const word = (await must(input, 4, 'block')).readUInt32LE(0);
  if (word === 0) return undefined;
  const size = word & 0x7fffffff;
  if (size > frame.blockSize) throw new StreamFault('corrupt', `the lz4 block at ${at} is too long`);
  const stored = Buffer.from(await must(input, size, 'block'));
  if (frame.blockSums && (await must(input, 4, 'block')).readUInt32LE(0) !== xxh32(stored))
    throw new StreamFault('corrupt', `the checksum of the lz4 block at ${at} does not hold`);
  const isPlain = word >>> 31 === 1;
  const bytes = isPlain ? stored : expand(stored, frame, at);
  frame.sum?.update(bytes);
  frame.length += bytes.length;
  if (frame.linked) frame.window = Buffer.concat([frame.window, bytes.subarray(-WINDOW)]).subarray(-WINDOW);
  return bytes;
}

function expand(stored: Buffer, frame: Frame, at: number): Buffer {
  const before = frame.linked ? frame.window : Buffer.alloc(0);
  const out = Buffer.allocUnsafe(before.length + frame.blockSize);
  before.copy(out);
  const bad = (): StreamFault => new StreamFault('corrupt', `the lz4 block at ${at} does not decode`);
  let from = 0;
  let to = before.length;
  const lengthFrom = (nibble: number): number => {
    let length = nibble;
    if (nibble !== 15) return length;
    for (;;) {
      const more = stored[from++];
      if (more === undefined) throw bad();
      length += more;
      if (more !== 255) return length;
    }
  };
  while (from < stored.length) {
    const token = stored[from++] ?? 0;
    const literals = lengthFrom(token >> 4);
    if (from + literals > stored.length || to + literals > out.length) throw bad();
    stored.copy(out, to, from, from + literals);
    from += literals;
    to += literals;
    if (from >= stored.length) break;
    if (from + 2 > stored.length) throw bad();
    const distance = stored.readUInt16LE(from);
    from += 2;
    const length = lengthFrom(token & 15) + 4;
    if (distance === 0 || distance > to || to + length > out.length) throw bad();
    copyMatch(out, to, distance, length);
    to += length;
  }
  return out.subarray(before.length, to);
}

function copyMatch(out: Buffer, to: number, distance: number, length: number): void {
  if (distance >= length) out.copyWithin(to, to - distance, to - distance + length);
  else for (let i = 0; i < length; i++) out[to + i] = out[to + i - distance] ?? 0;
}

async function closeFrame(input: Cursor, frame: Frame): Promise<void> {
  if (frame.contentSize !== undefined && frame.contentSize !== frame.length)
    throw new StreamFault(
      'corrupt',
      `the lz4 frame promises ${frame.contentSize} bytes and holds ${frame.length}`,
    );
  if (frame.sum && (await must(input, 4, 'trailer')).readUInt32LE(0) !== frame.sum.digest())
    throw new StreamFault('corrupt', 'the XXH32 of the content does not hold');
}
