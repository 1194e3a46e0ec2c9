// XXH32, the checksum of LZ4 frames, fed in pieces. Promise: exact 32-bit arithmetic; no more than 16 bytes are held back.

const P1 = 0x9e3779b1;
const P2 = 0x85ebca77;
const P3 = 0xc2b2ae3d;
const P4 = 0x27d4eb2f;
const P5 = 0x165667b1;

const rotate = (value: number, by: number): number => (value << by) | (value >>> (32 - by));
const round = (lane: number, word: number): number =>
  Math.imul(rotate((lane + Math.imul(word, P2)) | 0, 13), P1);

/** A sum that is not finished, as plain data. */
export interface Xxh32State {
  lanes: [number, number, number, number];
  length: number;
  rest: string;
}

const START: Xxh32State = { lanes: [(P1 + P2) | 0, P2 | 0, 0, -P1 | 0], length: 0, rest: '' };

export class Xxh32 {
  #a: number;
  #b: number;
  #c: number;
  #d: number;
  #length: number;
  #rest: Buffer;

  constructor({ lanes, length, rest }: Xxh32State = START) {
    [this.#a, this.#b, this.#c, this.#d] = lanes;
    this.#length = length;
    this.#rest = Buffer.from(rest, 'hex');
  }

  save(): Xxh32State {
    return {
      lanes: [this.#a, this.#b, this.#c, this.#d],
      length: this.#length,
      rest: this.#rest.toString('hex'),
    };
  }

  update(bytes: Buffer): void {
    this.#length += bytes.length;
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let at = 0;
    for (; at + 16 <= all.length; at += 16) {
      this.#a = round(this.#a, all.readInt32LE(at));
      this.#b = round(this.#b, all.readInt32LE(at + 4));
      this.#c = round(this.#c, all.readInt32LE(at + 8));
      this.#d = round(this.#d, all.readInt32LE(at + 12));
    }
    this.#rest = Buffer.from(all.subarray(at));
  }

  digest(): number {
    let sum =
      this.#length >= 16
        ? rotate(this.#a, 1) + rotate(this.#b, 7) + rotate(this.#c, 12) + rotate(this.#d, 18)
        : P5;
    sum = (sum + this.#length) | 0;
    let at = 0;
    for (; at + 4 <= this.#rest.length; at += 4)
      sum = Math.imul(rotate((sum + Math.imul(this.#rest.readInt32LE(at), P3)) | 0, 17), P4);
    for (; at < this.#rest.length; at++)
      sum = Math.imul(rotate((sum + Math.imul(this.#rest[at] ?? 0, P5)) | 0, 11), P1);
    sum = Math.imul(sum ^ (sum >>> 15), P2);
    sum = Math.imul(sum ^ (sum >>> 13), P3);
    return (sum ^ (sum >>> 16)) >>> 0;
  }
}

export function xxh32(bytes: Buffer): number {
  const sum = new Xxh32();
  sum.update(bytes);
  return sum.digest();
}
