// Zstandard: frames, decoded by node:zlib, and the walk over their block headers that shows a cut without decoding.
//
//   28 B5 2F FD  descriptor  [window] [dictionary] [content size]  ( last|type|size [3]  data )*  [XXH64 low 32 bits]
//
// Promise: a content checksum, where a frame carries one, is checked by the decoder; a frame without one proves nothing of its content.

import { createZstdDecompress } from 'node:zlib';
import { Cursor, sourceStream, StreamFault } from '../cursor.ts';
import type { ByteSource } from '../../source.ts';
import type { Codec, Decoded, Place, Resuming } from './codec.ts';
import { decode, openPump, type Pump } from './pump.ts';

const MAGIC = 0xfd2fb528;
const MAX_HEADER = 18;
const PIECE = 64 * 1024;

export const ZSTD: Codec = {
  name: 'zstd',
  endings: ['.zst', '.tzst'],
  matches: (head) =>
    head.length >= 4 && (head.readUInt32LE(0) === MAGIC || isSkippable(head.readUInt32LE(0))),
  open: openZstd,
};

const isSkippable = (word: number): boolean => (word & 0xfffffff0) >>> 0 === 0x184d2a50;

interface FrameHeader {
  length: number;
  checksum: boolean;
  contentSize: number | undefined;
}

/** The frame header at the start of `bytes`; undefined when they are too few. */
function readHeader(bytes: Buffer): FrameHeader | undefined {
  const descriptor = bytes[4];
  if (descriptor === undefined) return undefined;
  const sizeFlag = descriptor >> 6;
  const single = (descriptor & 0x20) !== 0;
  const window = single ? 0 : 1;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const size = sizeFlag === 0 ? (single ? 1 : 0) : 1 << sizeFlag;
  const at = 5 + window + dictionary;
  if (bytes.length < at + size) return undefined;
  const contentSize =
    size === 0
      ? undefined
      : size === 8
        ? Number(bytes.readBigUInt64LE(at))
        : bytes.readUIntLE(at, size) + (size === 2 ? 256 : 0);
  return { length: at + size, checksum: (descriptor & 4) !== 0, contentSize };
}

export interface ZstdWalk {
  kind: 'whole' | 'cut' | 'corrupt';
  reason: string;
  frames: number;
  /** Every frame carries a checksum. */
  checksums: boolean;
  contentSize: number | undefined;
}

/** Passes from block to block without decoding. */
export async function walkZstd(source: ByteSource): Promise<ZstdWalk> {
  const input = new Cursor(sourceStream(source, 'skip', 0, 512));
  const walk: ZstdWalk = { kind: 'whole', reason: '', frames: 0, checksums: true, contentSize: 0 };
  while (!(await input.atEnd())) {
    const bad = await walkFrame(input, walk);
    if (bad) return { ...walk, ...bad };
  }
  return walk;
}

type Bad = Pick<ZstdWalk, 'kind' | 'reason'>;

async function walkFrame(input: Cursor, walk: ZstdWalk): Promise<Bad | undefined> {
  const at = input.position;
  const cut: Bad = { kind: 'cut', reason: `the zstd frame at ${at} ends early` };
  await input.need(MAX_HEADER);
  if (input.available < 4) return walk.frames > 0 ? { kind: 'cut', reason: `no frame begins at ${at}` } : cut;
  const magic = input.peek(4).readUInt32LE(0);
  if (isSkippable(magic)) {
    if (input.available < 8) return cut;
    const length = input.peek(4, 4).readUInt32LE(0);
    return (await input.skip(8 + length)) ? undefined : cut;
  }
  if (magic !== MAGIC) return { kind: 'corrupt', reason: `no zstd frame begins at ${at}` };
  const header = readHeader(input.peek(MAX_HEADER));
  if (!header) return cut;
  await input.skip(header.length);
  const bad = await walkBlocks(input, at);
  if (bad) return bad;
  if (header.checksum && !(await input.skip(4))) return cut;
  walk.frames++;
  walk.checksums &&= header.checksum;
  if (header.contentSize === undefined) walk.contentSize = undefined;
  else if (walk.contentSize !== undefined) walk.contentSize += header.contentSize;
  return undefined;
}

async function walkBlocks(input: Cursor, frame: number): Promise<Bad | undefined> {
  for (;;) {
    const at = input.position;
    const head = await input.bytes(3);
    if (!head)
      return { kind: 'cut', reason: `the zstd frame at ${frame} ends early, at ${at + input.available}` };
    const word = head.readUIntLE(0, 3);
    const type = (word >> 1) & 3;
    const size = type === 1 ? 1 : word >> 3;
    if (type === 3 || size > 131_072)
      return { kind: 'corrupt', reason: `the zstd block at ${at} has an impossible header` };
    if (!(await input.skip(size))) return { kind: 'cut', reason: `the zstd block at ${at} ends early` };
    if ((word & 1) === 1) return undefined;
  }
}

/** Hands the decoder exactly one frame: it would go on into the next by itself, whose checksum flag may differ. */
class FrameFeed {
  readonly #input: Cursor;
  readonly #checksum: boolean;
  #left: number;
  #last = false;
  #fed = 0;

  constructor(input: Cursor, header: FrameHeader) {
    this.#input = input;
    this.#checksum = header.checksum;
    this.#left = header.length;
  }

  /** Bytes that stay valid until the next call; undefined at the end of the frame or of the input. */
  async next(): Promise<Buffer | undefined> {
    this.settle();
    if (this.#left === 0 && !(await this.#openBlock())) return undefined;
    if (!(await this.#input.need(1))) return undefined;
    this.#fed = Math.min(PIECE, this.#left, this.#input.available);
    this.#left -= this.#fed;
    return this.#input.peek(this.#fed);
  }

  /** Consumes what was handed over. */
  settle(): void {
    if (this.#fed > 0) this.#input.take(this.#fed);
    this.#fed = 0;
  }

  async #openBlock(): Promise<boolean> {
    if (this.#last) return false;
    await this.#input.need(3);
    if (this.#input.available < 3) {
      // The decoder itself shall see that it is cut.
      this.#left = this.#input.available;
      return this.#left > 0;
    }
    const word = this.#input.peek(3).readUIntLE(0, 3);
    this.#last = (word & 1) === 1;
    this.#left = 3 + (((word >> 1) & 3) === 1 ? 1 : word >> 3) + (this.#last && this.#checksum ? 4 : 0);
    return true;
  }
}

/** Between two frames. */
interface ZstdState {
  parts: number;
  checksums: boolean;
}

function openZstd(input: Cursor, resuming?: Resuming): Decoded {
  const { from, every = Number.POSITIVE_INFINITY } = resuming ?? {};
  const state = from?.state as ZstdState | undefined;
  let pump: Pump | undefined;
  let feed: FrameFeed | undefined;
  let place: Place | undefined;
  let at = from?.at ?? 0;
  let parts = state?.parts ?? 0;
  let checksums = state?.checksums ?? true;
  const notices: string[] = [];
  return {
    async next() {
      for (;;) {
        if (!pump || !feed) {
          if (input.position - (place?.offset ?? from?.offset ?? 0) >= every)
            place = { at, offset: input.position, state: { parts, checksums } satisfies ZstdState };
          const header = await beginFrame(input, parts, notices);
          if (!header) return undefined;
          checksums &&= header.checksum;
          feed = new FrameFeed(input, header);
          pump = openPump(createZstdDecompress());
        }
        const frame = feed;
        const bytes = await decode(pump, () => frame.next());
        if (bytes) {
          at += bytes.length;
          return bytes;
        }
        feed.settle();
        pump.close();
        pump = undefined;
        parts++;
      }
    },
    place: () => place,
    proof: () => ({ checksums: checksums && parts > 0, parts, notices }),
    close: () => pump?.close(),
  };
}

/** The next frame's header, not consumed; skippable frames are passed over. */
async function beginFrame(input: Cursor, parts: number, notices: string[]): Promise<FrameHeader | undefined> {
  for (;;) {
    await input.need(MAX_HEADER);
    if (input.available === 0) return undefined;
    const magic = input.available >= 4 ? input.peek(4).readUInt32LE(0) : 0;
    if (isSkippable(magic) && input.available >= 8) {
      const length = 8 + input.peek(4, 4).readUInt32LE(0);
      if (!(await input.skip(length))) throw new StreamFault('cut', 'a skippable zstd frame is cut');
      continue;
    }
    if (magic !== MAGIC) {
      if (parts === 0) throw new StreamFault('corrupt', 'no zstd frame begins');
      notices.push(`${await input.drain()} trailing bytes after the zstd frame`);
      return undefined;
    }
    const header = readHeader(input.peek(MAX_HEADER));
    if (!header) throw new StreamFault('cut', 'the zstd frame header is cut');
    return header;
  }
}
