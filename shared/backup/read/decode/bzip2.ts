// bzip2: blocks of up to 900 kB, each sorted, Huffman-coded and with its own CRC; the CRC of the stream binds them. Streams may follow
// one another. Promise: every CRC is recomputed; tables are bounded by the format; memory is one block.

import { type Cursor, StreamFault } from '../cursor.ts';
import { crc32msb } from '../sum/crc.ts';
import type { Codec, Decoded, Place, Resuming } from './codec.ts';

const BLOCK_MAGIC = 0x314159265359;
const END_MAGIC = 0x177245385090;
const GROUP = 50;
const OUT = 256 * 1024;
const HEADER = 14;

export const BZIP2: Codec = {
  name: 'bzip2',
  endings: ['.bz2', '.tbz2', '.tbz'],
  matches: (head) =>
    head.length >= 10 &&
    head.toString('latin1', 0, 3) === 'BZh' &&
    /[1-9]/.test(String.fromCharCode(head[3] ?? 0)) &&
    [BLOCK_MAGIC, END_MAGIC].includes(head.readUIntBE(4, 6)),
  open: openBzip2,
};

/** Bits, most significant first. A block's bytes are fetched ahead, so that reading a bit never waits. */
class Bits {
  readonly input: Cursor;
  #held = Buffer.alloc(0);
  #at = 0;
  #word = 0;
  #count = 0;

  constructor(input: Cursor) {
    this.input = input;
  }

  /** Makes sure that `count` bytes can be read, or as many as there are. */
  async fetch(count: number): Promise<void> {
    while (this.#held.length - this.#at < count) {
      const bytes = await this.input.chunk();
      if (!bytes) return;
      this.#held = Buffer.concat([this.#held.subarray(this.#at), bytes]);
      this.#at = 0;
    }
  }

  read(count: number): number {
    while (this.#count < count) {
      const byte = this.#held[this.#at++];
      if (byte === undefined) throw new StreamFault('cut', 'the bzip2 stream ends early');
      this.#word = ((this.#word << 8) | byte) & 0x7fffffff;
      this.#count += 8;
    }
    this.#count -= count;
    return (this.#word >>> this.#count) & ((1 << count) - 1);
  }

  read32(): number {
    return ((this.read(16) << 16) | this.read(16)) >>> 0;
  }

  read48(): number {
    return this.read(16) * 2 ** 32 + this.read(16) * 65_536 + this.read(16);
  }

  align(): void {
    this.#count -= this.#count % 8;
  }

  /** Whole bytes that are left, for what follows a stream. */
  rest(count: number): Buffer {
    const held = this.#count / 8;
    return this.#held.subarray(this.#at - held, this.#at - held + count);
  }

  /** The place in the file, in bits. */
  get position(): number {
    return (this.input.position - (this.#held.length - this.#at)) * 8 - this.#count;
  }

  get left(): number {
    return this.#held.length - this.#at + this.#count / 8;
  }
}

const bad = (what: string): StreamFault =>
  new StreamFault('corrupt', `the bzip2 stream does not decode: ${what}`);

interface Stream {
  blockSize: number;
  sum: number;
}

/** Between two blocks: the stream that goes on, and the bits of the first byte that are behind. */
interface Bzip2State {
  parts: number;
  stream: Stream | undefined;
  bit: number;
}

function openBzip2(input: Cursor, resuming?: Resuming): Decoded {
  const bits = new Bits(input);
  const notices: string[] = [];
  const { from, every = Number.POSITIVE_INFINITY } = resuming ?? {};
  const state = from?.state as Bzip2State | undefined;
  let stream = state?.stream && { ...state.stream };
  let parts = state?.parts ?? 0;
  let skipped = state?.bit ?? 0;
  let at = from?.at ?? 0;
  let place: Place | undefined;
  let block: Generator<Buffer> | undefined;
  const note = (): void => {
    const bit = bits.position % 8;
    const offset = (bits.position - bit) / 8;
    if (offset - (place?.offset ?? from?.offset ?? 0) < every) return;
    place = { at, offset, state: { parts, stream: stream && { ...stream }, bit } satisfies Bzip2State };
  };
  return {
    async next() {
      for (;;) {
        const out = block?.next();
        if (out && !out.done) {
          at += out.value.length;
          return out.value;
        }
        if (block) note();
        block = undefined;
        await bits.fetch(HEADER);
        bits.read(skipped);
        skipped = 0;
        if (!stream) {
          stream = openStream(bits, parts, notices);
          if (!stream) return undefined;
        }
        // A block takes at most little more when stored than its own size.
        await bits.fetch(stream.blockSize * 1.25 + 75_000);
        const magic = bits.read48();
        if (magic === BLOCK_MAGIC) block = readBlock(bits, stream);
        else if (magic === END_MAGIC) {
          if (bits.read32() !== stream.sum >>> 0) throw bad('the CRC of the stream does not hold');
          bits.align();
          stream = undefined;
          parts++;
        } else throw bad('no block begins where one should');
      }
    },
    place: () => place,
    proof: () => ({ checksums: true, parts, notices }),
  };
}

function openStream(bits: Bits, parts: number, notices: string[]): Stream | undefined {
  if (bits.left === 0 && parts > 0) return undefined;
  if (parts > 0 && bits.rest(3).toString('latin1') !== 'BZh') {
    notices.push('trailing bytes after the bzip2 stream');
    return undefined;
  }
  if (bits.read(8) !== 66 || bits.read(8) !== 90 || bits.read(8) !== 104) throw bad('no header');
  const level = bits.read(8) - 48;
  if (level < 1 || level > 9) throw bad('an impossible block size');
  return { blockSize: level * 100_000, sum: 0 };
}

function* readBlock(bits: Bits, stream: Stream): Generator<Buffer> {
  const stored = bits.read32();
  if (bits.read(1) === 1) throw bad('a randomised block');
  const origin = bits.read(24);
  const symbols = readSymbols(bits);
  const alphabet = symbols.length + 2;
  const groups = bits.read(3);
  const selectors = readSelectors(bits, groups);
  const tables = Array.from({ length: groups }, () => readTable(bits, alphabet));
  const { data, length } = readData(bits, stream.blockSize, {
    symbols,
    selectors,
    tables,
    end: alphabet - 1,
  });
  if (origin >= length) throw bad('the origin lies outside the block');
  const sum = { value: -1 };
  yield* unsort(data, length, origin, sum);
  const own = ~sum.value;
  if (own >>> 0 !== stored) throw bad('the CRC of a block does not hold');
  stream.sum = ((stream.sum << 1) | (stream.sum >>> 31)) ^ own;
}

function readSymbols(bits: Bits): number[] {
  const used = bits.read(16);
  const symbols: number[] = [];
  for (let i = 0; i < 16; i++) {
    if (((used >> (15 - i)) & 1) === 0) continue;
    const part = bits.read(16);
    for (let j = 0; j < 16; j++) if (((part >> (15 - j)) & 1) === 1) symbols.push(i * 16 + j);
  }
  if (symbols.length === 0) throw bad('a block without symbols');
  return symbols;
}

function readSelectors(bits: Bits, groups: number): number[] {
  if (groups < 2 || groups > 6) throw bad('an impossible number of tables');
  const count = bits.read(15);
  if (count === 0) throw bad('no selectors');
  const order = Array.from({ length: groups }, (_, i) => i);
  const selectors: number[] = [];
  for (let i = 0; i < count; i++) {
    let at = 0;
    while (bits.read(1) === 1) if (++at >= groups) throw bad('a selector outside its tables');
    const [chosen = 0] = order.splice(at, 1);
    order.unshift(chosen);
    selectors.push(chosen);
  }
  return selectors;
}

interface Table {
  /** By code length: the last code, and what to add for the place in `order`. */
  limit: Int32Array;
  base: Int32Array;
  order: number[];
  least: number;
}

function readTable(bits: Bits, alphabet: number): Table {
  const lengths: number[] = [];
  let length = bits.read(5);
  for (let i = 0; i < alphabet; i++) {
    for (;;) {
      if (length < 1 || length > 20) throw bad('an impossible code length');
      if (bits.read(1) === 0) break;
      length += bits.read(1) === 0 ? 1 : -1;
    }
    lengths.push(length);
  }
  const table: Table = {
    limit: new Int32Array(22).fill(-1),
    base: new Int32Array(22),
    order: [],
    least: Math.min(...lengths),
  };
  let code = 0;
  for (let size = 1; size <= 20; size++) {
    table.base[size] = table.order.length - code;
    for (let i = 0; i < alphabet; i++)
      if (lengths[i] === size) {
        table.order.push(i);
        code++;
      }
    table.limit[size] = code - 1;
    code <<= 1;
  }
  return table;
}

function nextSymbol(bits: Bits, table: Table): number {
  let size = table.least;
  let code = bits.read(size);
  while (size <= 20) {
    if (code <= (table.limit[size] as number)) {
      const symbol = table.order[code + (table.base[size] as number)];
      if (symbol !== undefined) return symbol;
      break;
    }
    size++;
    code = (code << 1) | bits.read(1);
  }
  throw bad('a code that is none');
}

interface Coding {
  symbols: number[];
  selectors: number[];
  tables: Table[];
  end: number;
}

/** Huffman codes, runs of zeros, move to front: the sorted block. */
function readData(bits: Bits, blockSize: number, coding: Coding): { data: Uint32Array; length: number } {
  const { symbols, selectors, tables, end } = coding;
  const front = [...symbols];
  const data = new Uint32Array(blockSize);
  let length = 0;
  let run = 0;
  let weight = 1;
  let selector = -1;
  let left = 0;
  let table = tables[0] as Table;
  const flush = (): void => {
    if (run === 0) return;
    if (length + run > blockSize) throw bad('a block that is too long');
    data.fill(front[0] as number, length, length + run);
    length += run;
    run = 0;
    weight = 1;
  };
  for (;;) {
    if (left === 0) {
      const chosen = tables[selectors[++selector] ?? -1];
      if (!chosen) throw bad('too few selectors');
      table = chosen;
      left = GROUP;
    }
    left--;
    const symbol = nextSymbol(bits, table);
    if (symbol <= 1) {
      run += weight << symbol;
      weight <<= 1;
      if (run > blockSize) throw bad('a run that is too long');
      continue;
    }
    flush();
    if (symbol === end) return { data, length };
    if (length >= blockSize) throw bad('a block that is too long');
    const [byte = 0] = front.splice(symbol - 1, 1);
    front.unshift(byte);
    data[length++] = byte;
  }
}

/** Undoes the sorting and the first run-length step. */
function* unsort(
  data: Uint32Array,
  length: number,
  origin: number,
  sum: { value: number },
): Generator<Buffer> {
  const starts = new Int32Array(256);
  for (let i = 0; i < length; i++) (starts[data[i] as number] as number)++;
  let total = 0;
  for (let i = 0; i < 256; i++) {
    const count = starts[i] as number;
    starts[i] = total;
    total += count;
  }
  for (let i = 0; i < length; i++) {
    const byte = (data[i] as number) & 255;
    const place = starts[byte] as number;
    data[place] = (data[place] as number) | (i << 8);
    starts[byte] = place + 1;
  }
  let out = Buffer.allocUnsafe(OUT);
  let filled = 0;
  let at = (data[origin] as number) >>> 8;
  let repeats = 0;
  let last = -1;
  for (let i = 0; i < length; i++) {
    const word = data[at] as number;
    const byte = word & 255;
    at = word >>> 8;
    const times = repeats === 4 ? byte : 1;
    const value = repeats === 4 ? last : byte;
    repeats = repeats === 4 ? 0 : byte === last ? repeats + 1 : 1;
    if (repeats === 0) last = -1;
    else last = byte;
    if (filled + times > OUT) {
      sum.value = crc32msb(out, filled, sum.value);
      yield out.subarray(0, filled);
      out = Buffer.allocUnsafe(OUT);
      filled = 0;
    }
    for (let n = 0; n < times; n++) out[filled++] = value;
  }
  sum.value = crc32msb(out, filled, sum.value);
  if (filled > 0) yield out.subarray(0, filled);
}
