// What the bytes of a WebSocket pass before ws sees them: whole text frames that are plain reports are taken out and read in
// place; everything else goes on to ws byte for byte as it came. Promise: ws always stands at the beginning of a frame when it
// gets something, so it can refuse, answer and close as ever; from the first frame on that is no whole and masked one within the
// limit, ws gets all.
//
//   chunk ─▶ frame by frame ─┬─ a plain report: taken (unmasked in place)
//                            ├─ any other whole frame ─▶ ws
//                            ├─ the beginning of a frame: kept until the rest of it comes
//                            └─ fragments, unmasked, too long ─▶ ws, and all that follows

/** Final, text, and the reserved bits clear. */
const TEXT = 0x81;
const CLOSE = 0x88;
const MASKED = 0x80;
const LONGEST_HEAD = 14;
/** Where a report differs from other frames: `{"t":"r`. */
const KIND_PLACE = 6;
const KIND = 'r'.charCodeAt(0);

const UNFINISHED = 0;
const FOREIGN = -1;

export interface SieveOptions {
  /** Payload bytes; longer frames are left to ws, which refuses them. */
  longest: number;
  /** Whether bytes[from..to), the unmasked payload of a text frame, were taken. */
  take(bytes: Buffer, from: number, to: number): boolean;
  /** Asked before each whole frame but a closing one: it is dropped unseen, for next to nothing. */
  drops(): boolean;
  /** For ws. */
  pass(bytes: Buffer): void;
}

export class Sieve {
  readonly #options: SieveOptions;
  /** The beginning of a frame: of its head, or (in a buffer of the frame's size) of all of it. */
  #head: Buffer | undefined;
  #frame: Buffer | undefined;
  #filled = 0;
  #isOpen = false;

  constructor(options: SieveOptions) {
    this.#options = options;
  }

  push(chunk: Buffer): void {
    if (this.#isOpen) return this.#options.pass(chunk);
    let bytes = chunk;
    if (this.#head) {
      bytes = Buffer.concat([this.#head, chunk]);
      this.#head = undefined;
    }
    let at = this.#frame ? this.#fill(this.#frame, bytes) : 0;
    while (at < bytes.length) {
      const size = frameSize(bytes, at, this.#options.longest);
      if (size === FOREIGN) return this.#open(bytes.subarray(at));
      if (size === UNFINISHED || at + size > bytes.length) return this.#keep(bytes.subarray(at), size);
      this.#sift(bytes, at, size);
      at += size;
    }
  }

  #open(rest: Buffer): void {
    this.#isOpen = true;
    this.#options.pass(rest);
  }

  #keep(rest: Buffer, size: number): void {
    if (size === UNFINISHED) {
      this.#head = Buffer.from(rest);
      return;
    }
    this.#frame = Buffer.allocUnsafeSlow(size);
    this.#filled = rest.copy(this.#frame);
  }

  /** Takes what belongs to the unfinished frame; returns how much that was. */
  #fill(frame: Buffer, bytes: Buffer): number {
    const count = bytes.copy(frame, this.#filled);
    this.#filled += count;
    if (this.#filled === frame.length) {
      this.#frame = undefined;
      this.#sift(frame, 0, frame.length);
    }
    return count;
  }

  #sift(bytes: Buffer, at: number, size: number): void {
    if (bytes[at] !== CLOSE && this.#options.drops()) return;
    if (bytes[at] === TEXT) {
      const from = at + headLength(bytes, at);
      const to = at + size;
      const key = bytes.readInt32LE(from - 4);
      if (to - from > KIND_PLACE && ((bytes[from + KIND_PLACE] as number) ^ ((key >>> 16) & 255)) === KIND) {
        mask(bytes, from, to, key);
        if (this.#options.take(bytes, from, to)) return;
        mask(bytes, from, to, key);
      }
    }
    this.#options.pass(bytes.subarray(at, at + size));
  }
}

function headLength(bytes: Buffer, at: number): number {
  const short = (bytes[at + 1] as number) & 127;
  if (short < 126) return 6;
  return short === 126 ? 8 : LONGEST_HEAD;
}

/** Of the whole frame; UNFINISHED when its head is not, FOREIGN when ws must see what follows. */
function frameSize(bytes: Buffer, at: number, longest: number): number {
  const first = bytes[at] as number;
  // Whole frames only: final, no reserved bit, no continuation of another.
  if ((first & 0xf0) !== 0x80 || (first & 0x0f) === 0) return FOREIGN;
  if (at + 2 > bytes.length) return UNFINISHED;
  if (((bytes[at + 1] as number) & MASKED) === 0) return FOREIGN;
  const head = headLength(bytes, at);
  if (at + head > bytes.length) return UNFINISHED;
  let length = (bytes[at + 1] as number) & 127;
  if (head === 8) length = bytes.readUInt16BE(at + 2);
  if (head === LONGEST_HEAD) length = bytes.readUInt32BE(at + 2) * 2 ** 32 + bytes.readUInt32BE(at + 6);
  return length > longest ? FOREIGN : head + length;
}

let words: Int32Array = new Int32Array(0);

/** Masks or unmasks in place. `key` is the frame's four bytes, lowest first. */
function mask(bytes: Buffer, from: number, to: number, key: number): void {
  if (words.buffer !== bytes.buffer) words = new Int32Array(bytes.buffer, 0, bytes.buffer.byteLength >> 2);
  let k = key;
  let i = from;
  for (; i < to && ((bytes.byteOffset + i) & 3) !== 0; i++) {
    bytes[i] = (bytes[i] as number) ^ (k & 255);
    k = (k >>> 8) | (k << 24);
  }
  const end = bytes.byteOffset + to;
  let w = (bytes.byteOffset + i) >> 2;
  for (; w < end >> 2; w++) words[w] = (words[w] as number) ^ k;
  for (i = Math.max(i, w * 4 - bytes.byteOffset); i < to; i++) {
    bytes[i] = (bytes[i] as number) ^ (k & 255);
    k = (k >>> 8) | (k << 24);
  }
}
