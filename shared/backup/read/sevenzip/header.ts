// The header of a 7z archive: streams, folders of coders, checksums. Promise: numbers are checked against the bytes that are there; lists
// are bounded by what they take; what is not understood ends the reading.

export interface Coder {
  /** Method id as hex, such as `21` (LZMA2) or `06f10701` (AES). */
  method: string;
  properties: Buffer;
}

export interface PackedFolder {
  coders: Coder[];
  packed: { offset: number; size: number }[];
  /** Decoded size of the last coder's output. */
  size: number;
  crc: number | undefined;
  /** Sizes and CRCs of the files inside, one behind the other. */
  files: { size: number; crc: number | undefined }[];
}

export interface SevenHeader {
  folders: PackedFolder[];
  files: number;
}

const END = 0;
const HEADER = 1;
const PROPERTIES = 2;
const MAIN_STREAMS = 4;
const FILES = 5;
const PACK = 6;
const UNPACK = 7;
const SUB = 8;
const SIZE = 9;
const CRC = 10;
const FOLDER = 11;
const UNPACK_SIZE = 12;
const COUNT = 13;
export const ENCODED = 23;
const MAX_ITEMS = 2_000_000;

export class HeaderFault extends Error {}

class Reader {
  readonly bytes: Buffer;
  at = 0;
  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new HeaderFault('the header ends early');
    return byte;
  }

  take(count: number): Buffer {
    if (count < 0 || this.at + count > this.bytes.length) throw new HeaderFault('the header ends early');
    const bytes = this.bytes.subarray(this.at, this.at + count);
    this.at += count;
    return bytes;
  }

  /** The first byte says how many follow. */
  number(): number {
    const first = this.byte();
    let mask = 0x80;
    let value = 0;
    for (let i = 0; i < 8; i++) {
      if ((first & mask) === 0) return value + (first & (mask - 1)) * 2 ** (8 * i);
      value += this.byte() * 2 ** (8 * i);
      mask >>= 1;
    }
    return value;
  }

  count(): number {
    const value = this.number();
    if (value > MAX_ITEMS || value > this.bytes.length * 8) throw new HeaderFault('an impossible count');
    return value;
  }

  bits(count: number): boolean[] {
    const bits: boolean[] = [];
    let byte = 0;
    for (let i = 0; i < count; i++) {
      if (i % 8 === 0) byte = this.byte();
      bits.push((byte & (0x80 >> (i % 8))) !== 0);
    }
    return bits;
  }

  /** CRCs for the items that have one. */
  crcs(count: number): (number | undefined)[] {
    const has = this.byte() !== 0 ? Array.from({ length: count }, () => true) : this.bits(count);
    return has.map((yes) => (yes ? this.take(4).readUInt32LE(0) : undefined));
  }
}

export function parseHeader(bytes: Buffer): SevenHeader | { encoded: PackedFolder } {
  const reader = new Reader(bytes);
  const id = reader.byte();
  if (id === ENCODED) {
    const [folder] = readStreams(reader);
    if (!folder) throw new HeaderFault('an encoded header without a stream');
    return { encoded: folder };
  }
  if (id !== HEADER) throw new HeaderFault('no header');
  const header: SevenHeader = { folders: [], files: 0 };
  for (let part = reader.byte(); part !== END; part = reader.byte()) {
    if (part === PROPERTIES) skipProperties(reader);
    else if (part === MAIN_STREAMS) header.folders = readStreams(reader);
    else if (part === FILES) {
      header.files = reader.number();
      break;
    } else throw new HeaderFault(`an unknown part ${part}`);
  }
  return header;
}

function skipProperties(reader: Reader): void {
  while (reader.byte() !== END) reader.take(reader.number());
}

function readStreams(reader: Reader): PackedFolder[] {
  let position = 0;
  let packed: number[] = [];
  let folders: PackedFolder[] = [];
  let streams: number[] = [];
  for (let id = reader.byte(); id !== END; id = reader.byte()) {
    if (id === PACK) ({ position, packed } = readPack(reader));
    else if (id === UNPACK) ({ folders, streams } = readUnpack(reader));
    else if (id === SUB) readSub(reader, folders);
    else throw new HeaderFault(`an unknown part ${id}`);
  }
  let next = 0;
  let offset = position;
  for (const [i, folder] of folders.entries()) {
    for (let n = 0; n < (streams[i] ?? 0); n++) {
      const size = packed[next++];
      if (size === undefined) throw new HeaderFault('too few packed streams');
      folder.packed.push({ offset, size });
      offset += size;
    }
    if (folder.files.length === 0) folder.files = [{ size: folder.size, crc: folder.crc }];
  }
  return folders;
}

function readPack(reader: Reader): { position: number; packed: number[] } {
  const position = reader.number();
  const count = reader.count();
  let packed: number[] = [];
  for (let id = reader.byte(); id !== END; id = reader.byte()) {
    if (id === SIZE) packed = Array.from({ length: count }, () => reader.number());
    else if (id === CRC) reader.crcs(count);
    else throw new HeaderFault(`an unknown part ${id}`);
  }
  return { position, packed };
}

function readUnpack(reader: Reader): { folders: PackedFolder[]; streams: number[] } {
  if (reader.byte() !== FOLDER) throw new HeaderFault('no folders');
  const count = reader.count();
  if (reader.byte() !== 0) throw new HeaderFault('folders lie elsewhere');
  const read = Array.from({ length: count }, () => readFolder(reader));
  if (reader.byte() !== UNPACK_SIZE) throw new HeaderFault('no sizes');
  for (const { folder, outputs, main } of read) {
    const sizes = Array.from({ length: outputs }, () => reader.number());
    folder.size = sizes[main] ?? 0;
  }
  for (let id = reader.byte(); id !== END; id = reader.byte()) {
    if (id !== CRC) throw new HeaderFault(`an unknown part ${id}`);
    for (const [i, crc] of reader.crcs(count).entries()) {
      const folder = read[i]?.folder;
      if (folder) folder.crc = crc;
    }
  }
  return { folders: read.map((each) => each.folder), streams: read.map((each) => each.streams) };
}

function readFolder(reader: Reader): {
  folder: PackedFolder;
  outputs: number;
  main: number;
  streams: number;
} {
  const folder: PackedFolder = { coders: [], packed: [], size: 0, crc: undefined, files: [] };
  const count = reader.count();
  if (count === 0 || count > 32) throw new HeaderFault('an impossible number of coders');
  let inputs = 0;
  let outputs = 0;
  for (let i = 0; i < count; i++) {
    const flags = reader.byte();
    const method = reader.take(flags & 15).toString('hex');
    const complex = (flags & 0x10) !== 0;
    inputs += complex ? reader.count() : 1;
    outputs += complex ? reader.count() : 1;
    folder.coders.push({
      method,
      properties: (flags & 0x20) !== 0 ? reader.take(reader.number()) : Buffer.alloc(0),
    });
  }
  const bound = new Set<number>();
  for (let i = 0; i < outputs - 1; i++) {
    reader.number();
    bound.add(reader.number());
  }
  const streams = inputs - (outputs - 1);
  if (streams > 1) for (let i = 0; i < streams; i++) reader.number();
  const main = Array.from({ length: outputs }, (_, i) => i).find((i) => !bound.has(i)) ?? 0;
  return { folder, outputs, main, streams };
}

function readSub(reader: Reader, folders: PackedFolder[]): void {
  let counts = folders.map(() => 1);
  let id = reader.byte();
  if (id === COUNT) {
    counts = folders.map(() => reader.count());
    id = reader.byte();
  }
  for (const [i, folder] of folders.entries()) {
    const count = counts[i] ?? 0;
    let left = folder.size;
    for (let n = 0; n + 1 < count; n++) {
      const size = id === SIZE ? reader.number() : 0;
      folder.files.push({ size, crc: undefined });
      left -= size;
    }
    if (count > 0) folder.files.push({ size: left, crc: undefined });
  }
  if (id === SIZE) id = reader.byte();
  if (id === CRC) {
    const open = folders.flatMap((folder) =>
      folder.files.length === 1 && folder.crc !== undefined ? [] : folder.files,
    );
    for (const [i, crc] of reader.crcs(open.length).entries()) {
      const file = open[i];
      if (file) file.crc = crc;
    }
    id = reader.byte();
  }
  for (const folder of folders) {
    const [only] = folder.files;
    if (folder.files.length === 1 && only && only.crc === undefined) only.crc = folder.crc;
  }
  if (id !== END) throw new HeaderFault(`an unknown part ${id}`);
}
