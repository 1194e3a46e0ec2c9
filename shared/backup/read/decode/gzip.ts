// gzip: members of header, deflate data, CRC-32 and length. Promise: each member's own checksum and length are recomputed; bytes
// behind the last member are reported, not taken for damage; zeros there are padding.

import { crc32 } from 'node:zlib';
import { type Cursor, StreamFault } from '../cursor.ts';
import type { Codec, Decoded, Place, Resuming } from './codec.ts';
import { type DeflatePlace, openDeflate } from './deflate.ts';
import { isZero } from '../zeros.ts';

const FIXED = 10;
const TRAILER = 8;
const MAX_TEXT = 65_536;

export const GZIP: Codec = {
  name: 'gzip',
  endings: ['.gz', '.tgz'],
  matches: (head) => isMember(head),
  open: openGzip,
};

function isMember(head: Buffer): boolean {
  return (
    head.length >= 3 && head[0] === 0x1f && head[1] === 0x8b && head[2] === 8 && ((head[3] ?? 0) & 0xe0) === 0
  );
}

/** Between two members, or (`member`) inside one. */
interface GzipState {
  parts: number;
  member?: DeflatePlace & Sums;
}

function openGzip(input: Cursor, resuming?: Resuming): Decoded {
  const notices: string[] = [];
  const { from, every } = resuming ?? {};
  const state = from?.state as GzipState | undefined;
  let parts = state?.parts ?? 0;
  let at = from?.at ?? 0;
  let place: Place | undefined;
  let member = state?.member && openMember(input, at, every, state.member);
  const isDue = (): boolean =>
    every !== undefined && input.position - (place?.offset ?? from?.offset ?? 0) >= every;
  return {
    async next() {
      for (;;) {
        if (!member) {
          if (parts > 0 && !(await another(input, notices))) return undefined;
          if (isDue()) place = { at, offset: input.position, state: { parts } };
          await readHeader(input);
          member = openMember(input, at, every);
        }
        const bytes = await member.next();
        const inside = member.place();
        const before = parts;
        if (inside) place = { ...inside, state: () => ({ parts: before, member: inside.state() }) };
        if (bytes) {
          at += bytes.length;
          return bytes;
        }
        member = undefined;
        parts++;
      }
    },
    place: () => place,
    proof: () => ({ checksums: true, parts, notices }),
    close: () => member?.close(),
  };
}

/** Whether a further member follows. */
async function another(input: Cursor, notices: string[]): Promise<boolean> {
  await input.need(FIXED);
  if (input.available === 0 || isMember(input.peek(FIXED))) return input.available > 0;
  let padding = true;
  let count = 0;
  for (let bytes = await input.chunk(); bytes; bytes = await input.chunk()) {
    count += bytes.length;
    padding &&= isZero(bytes);
  }
  notices.push(`${count} ${padding ? 'zero' : 'trailing'} bytes after the gzip stream`);
  return false;
}

async function readHeader(input: Cursor): Promise<void> {
  const at = input.position;
  const head = await input.bytes(FIXED);
  if (!head) throw new StreamFault('cut', `the gzip header at ${at} is cut`);
  const flags = head[3] ?? 0;
  if ((flags & 4) !== 0) {
    const length = await input.bytes(2);
    if (!length || !(await input.skip(length.readUInt16LE(0))))
      throw new StreamFault('cut', 'the gzip header is cut');
  }
  for (const flag of [8, 16]) if ((flags & flag) !== 0) await skipText(input);
  if ((flags & 2) !== 0 && !(await input.skip(2))) throw new StreamFault('cut', 'the gzip header is cut');
}

async function skipText(input: Cursor): Promise<void> {
  for (let i = 0; i < MAX_TEXT; i++) {
    const byte = await input.bytes(1);
    if (!byte) throw new StreamFault('cut', 'the gzip header is cut');
    if (byte[0] === 0) return;
  }
  throw new StreamFault('corrupt', 'the name in the gzip header has no end');
}

interface Sums {
  sum: number;
  length: number;
}

interface Member {
  next(): Promise<Buffer | undefined>;
  /** A place inside, told once. */
  place(): { at: number; offset: number; state(): DeflatePlace & Sums } | undefined;
  close(): void;
}

/** `at`: decoded bytes before it, or before the place inside it from which it goes on. */
function openMember(input: Cursor, at: number, every?: number, from?: DeflatePlace & Sums): Member {
  let sums: Sums = { sum: from?.sum ?? 0, length: from?.length ?? 0 };
  const data = openDeflate(input, { every, from, snapshot: () => sums });
  return {
    async next() {
      const bytes = await data.next();
      if (!bytes) {
        await checkTrailer(input, sums.sum, sums.length);
        return undefined;
      }
      sums = { sum: crc32(bytes, sums.sum), length: (sums.length + bytes.length) % 2 ** 32 };
      return bytes;
    },
    place() {
      const border = data.border();
      if (!border) return undefined;
      const { bit, stored, window, given, offset, snapshot } = border;
      const state = (): DeflatePlace & Sums => ({
        bit,
        stored,
        window: window.toString('base64'),
        ...(snapshot as Sums),
      });
      return { at: at + given, offset, state };
    },
    close: () => data.close(),
  };
}

async function checkTrailer(input: Cursor, sum: number, length: number): Promise<void> {
  const at = input.position;
  const trailer = await input.bytes(TRAILER);
  if (!trailer) throw new StreamFault('cut', `the gzip trailer at ${at} is cut`);
  if (trailer.readUInt32LE(0) !== sum)
    throw new StreamFault('corrupt', 'the CRC-32 of the content does not hold');
  if (trailer.readUInt32LE(4) !== length)
    throw new StreamFault('corrupt', 'the length of the content does not hold');
}
