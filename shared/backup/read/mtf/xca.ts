// MS-XCA LZ77+Huffman, the compression inside MSSQLBAK containers: 512 code lengths of 4 bits, then codes in 16-bit words; symbols from
// 256 on are matches. Promise: output never passes `size`, matches never reach before the beginning, missing input reads as zero bits.

const SYMBOLS = 512;
const TABLE_BITS = 15;
const CHUNK = 65_536;
const LENGTHS = 256;

/** The content, or undefined when the bytes are no such stream. */
export function expandXca(packed: Buffer, size: number): Buffer | undefined {
  const out = Buffer.alloc(size);
  let from = 0;
  let to = 0;
  while (to < size) {
    const table = from + LENGTHS <= packed.length ? buildTable(packed, from) : undefined;
    if (!table) return undefined;
    const bits = new Words(packed, from + LENGTHS);
    const end = expandChunk(bits, table, out, to, Math.min(size, to + CHUNK));
    if (end === undefined) return undefined;
    to = end;
    from = bits.at;
  }
  return out;
}

/** For each 15 bits: symbol · 16 + length of its code. Undefined unless the codes fill the space exactly. */
function buildTable(packed: Buffer, from: number): Uint16Array | undefined {
  const table = new Uint16Array(1 << TABLE_BITS);
  const lengths = new Uint8Array(SYMBOLS);
  for (let i = 0; i < SYMBOLS; i++) {
    const byte = packed[from + (i >> 1)] ?? 0;
    lengths[i] = (i & 1) === 0 ? byte & 15 : byte >> 4;
  }
  let at = 0;
  for (let length = 1; length <= 15; length++) {
    const span = 1 << (TABLE_BITS - length);
    for (let symbol = 0; symbol < SYMBOLS; symbol++) {
      if (lengths[symbol] !== length) continue;
      if (at + span > table.length) return undefined;
      table.fill((symbol << 4) | length, at, at + span);
      at += span;
    }
  }
  return at === table.length ? table : undefined;
}

class Words {
  at: number;
  readonly #bytes: Buffer;
  #bits = 0;
  #count = 0;

  constructor(bytes: Buffer, from: number) {
    this.#bytes = bytes;
    this.at = from;
    this.#fill();
    this.#fill();
  }

  #fill(): void {
    const word = this.at + 2 <= this.#bytes.length ? this.#bytes.readUInt16LE(this.at) : 0;
    this.at += 2;
    this.#bits |= word << (16 - this.#count);
    this.#count += 16;
  }

  peek(count: number): number {
    return count === 0 ? 0 : this.#bits >>> (32 - count);
  }

  drop(count: number): void {
    this.#bits <<= count;
    this.#count -= count;
    if (this.#count < 16) this.#fill();
  }

  byte(): number {
    return this.#bytes[this.at++] ?? 0;
  }

  word(): number {
    return this.byte() | (this.byte() << 8);
  }
}

function expandChunk(
  bits: Words,
  table: Uint16Array,
  out: Buffer,
  start: number,
  end: number,
): number | undefined {
  let to = start;
  while (to < end) {
    const entry = table[bits.peek(TABLE_BITS)] as number;
    bits.drop(entry & 15);
    const symbol = entry >> 4;
    if (symbol < 256) {
      out[to++] = symbol;
      continue;
    }
    const extra = (symbol >> 4) & 15;
    let length = symbol & 15;
    // The bytes of a long length come before the bits of the distance are refilled.
    if (length === 15) {
      length += bits.byte();
      if (length === 270) length = bits.word();
    }
    const distance = (1 << extra) | bits.peek(extra);
    bits.drop(extra);
    length += 3;
    if (distance > to) return undefined;
    const stop = Math.min(end, to + length);
    for (; to < stop; to++) out[to] = out[to - distance] as number;
  }
  return to;
}
