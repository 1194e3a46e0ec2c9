// gzip: members of header, deflate data, CRC-32 and length. Promise: each member's own checksum and length are recomputed; bytes
// behind the last member are reported, not taken for damage; zeros there are padding.

import { createInflateRaw, crc32 } from 'node:zlib';
import { type Cursor, StreamFault } from '../cursor.ts';
import type { Codec, Decoded } from './codec.ts';
import { decode, openPump } from './pump.ts';
import { isZero } from '../zeros.ts';

const FIXED = 10;
const TRAILER = 8;
const PIECE = 64 * 1024;
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

function openGzip(input: Cursor): Decoded {
  const notices: string[] = [];
  let parts = 0;
  let member: Member | undefined;
  return {
    async next() {
      for (;;) {
        if (!member) {
          if (parts > 0 && !(await another(input, notices))) return undefined;
          await readHeader(input);
          member = openMember(input);
        }
        const bytes = await member.next();
        if (bytes) return bytes;
        member = undefined;
        parts++;
      }
    },
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

interface Member {
  next(): Promise<Buffer | undefined>;
  close(): void;
}

function openMember(input: Cursor): Member {
  const start = input.position;
  const pump = openPump(createInflateRaw({ chunkSize: 128 * 1024 }));
  let sum = 0;
  let length = 0;
  let fed = 0;
  return {
    async next() {
      const bytes = await decode(pump, async () => {
        // Fed without consuming: what lies behind the end of the deflate data is the trailer's.
        if (fed > 0) input.take(fed);
        fed = 0;
        if (!(await input.need(1))) return undefined;
        fed = Math.min(PIECE, input.available);
        return input.peek(fed);
      });
      if (bytes) {
        sum = crc32(bytes, sum);
        length = (length + bytes.length) % 2 ** 32;
        return bytes;
      }
      const before = input.position - start;
      input.take(pump.consumed - before);
      pump.close();
      await checkTrailer(input, sum, length);
      return undefined;
    },
    close: () => pump.close(),
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
