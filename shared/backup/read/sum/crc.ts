// CRC-32C (WAL records), CRC-64 (xz) and bzip2's CRC-32. CRC-32 itself is node:zlib's. Promise: tables are made once, at first use.

let castagnoli: Int32Array | undefined;

/** Eight tables, so that eight bytes are taken at once. */
function castagnoliTables(): Int32Array {
  if (castagnoli) return castagnoli;
  const tables = new Int32Array(8 * 256);
  for (let i = 0; i < 256; i++) {
    let value = i;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
    tables[i] = value;
  }
  for (let i = 256; i < tables.length; i++) {
    const before = tables[i - 256] ?? 0;
    tables[i] = (before >>> 8) ^ (tables[before & 255] ?? 0);
  }
  castagnoli = tables;
  return tables;
}

/** Goes on from `sum`, which begins as −1; the result is inverted by `~`. */
export function crc32c(bytes: Buffer, sum: number): number {
  const t = castagnoliTables();
  const at = (i: number): number => t[i] as number;
  let crc = sum;
  let i = 0;
  for (; i + 8 <= bytes.length; i += 8) {
    const low = bytes.readInt32LE(i) ^ crc;
    const high = bytes.readInt32LE(i + 4);
    crc =
      at(1792 + (low & 255)) ^
      at(1536 + ((low >>> 8) & 255)) ^
      at(1280 + ((low >>> 16) & 255)) ^
      at(1024 + (low >>> 24)) ^
      at(768 + (high & 255)) ^
      at(512 + ((high >>> 8) & 255)) ^
      at(256 + ((high >>> 16) & 255)) ^
      at(high >>> 24);
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ at((crc ^ (bytes[i] ?? 0)) & 255);
  return crc;
}

let ecma: { low: Int32Array; high: Int32Array } | undefined;

function ecmaTables(): { low: Int32Array; high: Int32Array } {
  if (ecma) return ecma;
  const low = new Int32Array(256);
  const high = new Int32Array(256);
  for (let i = 0; i < 256; i++) {
    let value = BigInt(i);
    for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ 0xc96c5795d7870f42n : value >> 1n;
    low[i] = Number(value & 0xffffffffn) | 0;
    high[i] = Number(value >> 32n) | 0;
  }
  ecma = { low, high };
  return ecma;
}

/** CRC-64 of xz, as its eight bytes little-endian. */
export class Crc64 {
  #low = -1;
  #high = -1;

  update(bytes: Buffer): void {
    const { low, high } = ecmaTables();
    let l = this.#low;
    let h = this.#high;
    for (let i = 0; i < bytes.length; i++) {
      const index = (l ^ (bytes[i] as number)) & 255;
      l = ((l >>> 8) | (h << 24)) ^ (low[index] as number);
      h = (h >>> 8) ^ (high[index] as number);
    }
    this.#low = l;
    this.#high = h;
  }

  digest(): Buffer {
    const out = Buffer.alloc(8);
    out.writeInt32LE(~this.#low, 0);
    out.writeInt32LE(~this.#high, 4);
    return out;
  }
}

let msbFirst: Int32Array | undefined;

/** bzip2 shifts the other way round. Goes on from `sum`, which begins as −1. */
export function crc32msb(bytes: Uint8Array, length: number, sum: number): number {
  if (!msbFirst) {
    msbFirst = new Int32Array(256);
    for (let i = 0; i < 256; i++) {
      let value = i << 24;
      for (let bit = 0; bit < 8; bit++) value = value < 0 ? (value << 1) ^ 0x04c11db7 : value << 1;
      msbFirst[i] = value;
    }
  }
  let crc = sum;
  for (let i = 0; i < length; i++)
    crc = (crc << 8) ^ (msbFirst[((crc >>> 24) ^ (bytes[i] as number)) & 255] as number);
  return crc;
}
