// LZMA: a range coder over an adaptive model, with a window of what was decoded. Used by LZMA2 (xz, 7z) and LZMA (7z). Promise: matches
// never reach before the beginning; input is one piece at a time, and running out of it is a fault, not a guess.

import { StreamFault } from '../cursor.ts';

const PROBABILITY = 1024;
const STATES = 12;
const POSITIONS = 16;
const LOW = 8;
const END_MARK = 0xffffffff;

const probabilities = (count: number): Uint16Array => new Uint16Array(count).fill(PROBABILITY);

class LengthCoder {
  readonly choice = probabilities(2);
  readonly low = probabilities(POSITIONS * LOW);
  readonly mid = probabilities(POSITIONS * LOW);
  readonly high = probabilities(256);
}

/** Decoded bytes, kept as far back as matches may reach; grows only as far as it is used. */
export class Window {
  readonly size: number;
  bytes: Uint8Array;
  /** Where the next byte goes, and how many are behind. */
  at = 0;
  filled = 0;
  /** Called with each run of bytes before it can be overwritten. */
  #emit: (bytes: Uint8Array) => void;
  #start = 0;

  constructor(size: number, emit: (bytes: Uint8Array) => void) {
    this.size = Math.max(4096, size);
    this.bytes = new Uint8Array(Math.min(this.size, 1024 * 1024));
    this.#emit = emit;
  }

  put(byte: number): void {
    if (this.at === this.bytes.length) this.#turn();
    this.bytes[this.at++] = byte;
    if (this.filled < this.size) this.filled++;
  }

  /** `distance` 0 is the last byte. */
  back(distance: number): number {
    const at = this.at - 1 - distance;
    return this.bytes[at >= 0 ? at : at + this.bytes.length] as number;
  }

  copy(distance: number, length: number): void {
    for (let i = 0; i < length; i++) this.put(this.back(distance));
  }

  flush(): void {
    if (this.at > this.#start) this.#emit(this.bytes.subarray(this.#start, this.at));
    this.#start = this.at;
  }

  reset(): void {
    this.flush();
    this.at = this.#start = this.filled = 0;
  }

  #turn(): void {
    if (this.bytes.length < this.size) {
      const larger = new Uint8Array(Math.min(this.size, this.bytes.length * 2));
      larger.set(this.bytes);
      this.bytes = larger;
      return;
    }
    this.flush();
    this.at = this.#start = 0;
  }
}

export class Lzma {
  readonly window: Window;
  #lc = 0;
  #lpMask = 0;
  #pbMask = 0;
  #literal = probabilities(0);
  #isMatch = probabilities(0);
  #isRep = probabilities(0);
  #isRep0 = probabilities(0);
  #isRep1 = probabilities(0);
  #isRep2 = probabilities(0);
  #isRep0Long = probabilities(0);
  #slots = probabilities(0);
  #special = probabilities(0);
  #align = probabilities(0);
  #lengths = new LengthCoder();
  #repLengths = new LengthCoder();
  #state = 0;
  #reps = [0, 0, 0, 0];
  #position = 0;
  #input: Buffer = Buffer.alloc(0);
  #at = 0;
  #range = 0;
  #code = 0;
  /** Bytes of a match that the last limit cut off. */
  #pendingLength = 0;

  constructor(window: Window) {
    this.window = window;
  }

  setProperties(byte: number): void {
    if (byte >= 225) throw new StreamFault('corrupt', 'impossible LZMA properties');
    this.#lc = byte % 9;
    const rest = Math.floor(byte / 9);
    this.#lpMask = (1 << (rest % 5)) - 1;
    this.#pbMask = (1 << Math.floor(rest / 5)) - 1;
    if (this.#lc + (rest % 5) > 12) throw new StreamFault('corrupt', 'impossible LZMA properties');
    this.#literal = probabilities(0x300 << (this.#lc + (rest % 5)));
    this.resetState();
  }

  resetState(): void {
    this.#literal.fill(PROBABILITY);
    this.#isMatch = probabilities(STATES * POSITIONS);
    this.#isRep = probabilities(STATES);
    this.#isRep0 = probabilities(STATES);
    this.#isRep1 = probabilities(STATES);
    this.#isRep2 = probabilities(STATES);
    this.#isRep0Long = probabilities(STATES * POSITIONS);
    this.#slots = probabilities(4 * 64);
    this.#special = probabilities(128);
    this.#align = probabilities(16);
    this.#lengths = new LengthCoder();
    this.#repLengths = new LengthCoder();
    this.#state = 0;
    this.#reps = [0, 0, 0, 0];
    this.#pendingLength = 0;
  }

  resetPosition(): void {
    this.#position = 0;
  }

  /** Begins a range coder at the start of `input`. */
  begin(input: Buffer): void {
    if (input.length < 5) throw new StreamFault('cut', 'the LZMA data end early');
    if (input[0] !== 0) throw new StreamFault('corrupt', 'the LZMA data do not begin with zero');
    this.#input = input;
    this.#at = 5;
    this.#range = 0xffffffff;
    this.#code = input.readUInt32BE(1);
  }

  /** How many bytes of the input are not used. */
  get unused(): number {
    return this.#input.length - this.#at;
  }

  /** Whether the range coder ended cleanly. */
  get isFinished(): boolean {
    return this.#code === 0;
  }

  /** Gives further input behind what is left of it. */
  feed(bytes: Buffer): void {
    this.#input = Buffer.concat([this.#input.subarray(this.#at), bytes]);
    this.#at = 0;
  }

  /** Decodes `count` bytes; false when an end mark came before. With `reserve`, stops when less input than that is left; returns undefined then. */
  decode(count: number, reserve = 0): number | 'end' {
    const { window } = this;
    let left = count;
    while (left > 0) {
      if (this.#pendingLength > 0) {
        const length = Math.min(left, this.#pendingLength);
        this.#copy(this.#reps[0] as number, length);
        this.#pendingLength -= length;
        left -= length;
        continue;
      }
      if (reserve > 0 && this.#input.length - this.#at < reserve) return count - left;
      const posState = this.#position & this.#pbMask;
      if (this.#bit(this.#isMatch, this.#state * POSITIONS + posState) === 0) {
        window.put(this.#readLiteral());
        this.#position++;
        left--;
        continue;
      }
      const length = this.#readMatch(posState);
      if (length === 0) {
        // One byte repeated from the last distance.
        this.#copy(this.#reps[0] as number, 1);
        left--;
      } else if (length < 0) return 'end';
      else this.#pendingLength = length;
    }
    return count;
  }

  #copy(distance: number, length: number): void {
    if (distance >= this.window.filled)
      throw new StreamFault('corrupt', 'an LZMA match reaches before the beginning');
    this.window.copy(distance, length);
    this.#position += length;
  }

  #readLiteral(): number {
    const before = this.window.filled > 0 ? this.window.back(0) : 0;
    const context = ((this.#position & this.#lpMask) << this.#lc) + (before >> (8 - this.#lc));
    const base = 0x300 * context;
    let symbol = 1;
    if (this.#state >= 7) {
      if ((this.#reps[0] as number) >= this.window.filled)
        throw new StreamFault('corrupt', 'an LZMA match reaches before the beginning');
      let match = this.window.back(this.#reps[0] as number);
      while (symbol < 0x100) {
        const matchBit = (match >> 7) & 1;
        match <<= 1;
        const bit = this.#bit(this.#literal, base + ((1 + matchBit) << 8) + symbol);
        symbol = (symbol << 1) | bit;
        if (matchBit !== bit) break;
      }
    }
    while (symbol < 0x100) symbol = (symbol << 1) | this.#bit(this.#literal, base + symbol);
    this.#state = this.#state < 4 ? 0 : this.#state < 10 ? this.#state - 3 : this.#state - 6;
    return symbol & 255;
  }

  /** Length of the match at `reps[0]`; 0 a short repeat; −1 the end mark. */
  #readMatch(posState: number): number {
    const state = this.#state;
    const reps = this.#reps;
    if (this.#bit(this.#isRep, state) === 0) {
      this.#reps = [0, reps[0] as number, reps[1] as number, reps[2] as number];
      const length = this.#readLength(this.#lengths, posState);
      this.#state = state < 7 ? 7 : 10;
      const distance = this.#readDistance(length);
      if (distance === END_MARK) return -1;
      this.#reps[0] = distance;
      return length + 2;
    }
    if (this.#bit(this.#isRep0, state) === 0) {
      if (this.#bit(this.#isRep0Long, state * POSITIONS + posState) === 0) {
        this.#state = state < 7 ? 9 : 11;
        return 0;
      }
    } else this.#takeRep(state);
    const length = this.#readLength(this.#repLengths, posState);
    this.#state = state < 7 ? 8 : 11;
    return length + 2;
  }

  #takeRep(state: number): void {
    const [a = 0, b = 0, c = 0, d = 0] = this.#reps;
    if (this.#bit(this.#isRep1, state) === 0) this.#reps = [b, a, c, d];
    else if (this.#bit(this.#isRep2, state) === 0) this.#reps = [c, a, b, d];
    else this.#reps = [d, a, b, c];
  }

  #readLength(coder: LengthCoder, posState: number): number {
    if (this.#bit(coder.choice, 0) === 0) return this.#tree(coder.low, posState * LOW, 3);
    if (this.#bit(coder.choice, 1) === 0) return 8 + this.#tree(coder.mid, posState * LOW, 3);
    return 16 + this.#tree(coder.high, 0, 8);
  }

  #readDistance(length: number): number {
    const slot = this.#tree(this.#slots, Math.min(length, 3) * 64, 6);
    if (slot < 4) return slot;
    const direct = (slot >> 1) - 1;
    const base = ((2 | (slot & 1)) << direct) >>> 0;
    if (slot < 14) return base + this.#reverse(this.#special, base - slot, direct);
    const high = this.#direct(direct - 4);
    return (base + high * 16 + this.#reverse(this.#align, 0, 4)) >>> 0;
  }

  #tree(model: Uint16Array, base: number, bits: number): number {
    let symbol = 1;
    for (let i = 0; i < bits; i++) symbol = (symbol << 1) | this.#bit(model, base + symbol);
    return symbol - (1 << bits);
  }

  #reverse(model: Uint16Array, base: number, bits: number): number {
    let node = 1;
    let symbol = 0;
    for (let i = 0; i < bits; i++) {
      const bit = this.#bit(model, base + node);
      node = (node << 1) | bit;
      symbol |= bit << i;
    }
    return symbol;
  }

  #direct(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) {
      this.#range >>>= 1;
      const bit = this.#code >= this.#range ? 1 : 0;
      if (bit === 1) this.#code = (this.#code - this.#range) >>> 0;
      this.#normalize();
      value = value * 2 + bit;
    }
    return value;
  }

  #bit(model: Uint16Array, index: number): 0 | 1 {
    const probability = model[index] as number;
    const bound = (this.#range >>> 11) * probability;
    if (this.#code < bound) {
      this.#range = bound;
      model[index] = probability + ((2048 - probability) >> 5);
      if (bound < 0x1000000) this.#normalize();
      return 0;
    }
    this.#range = (this.#range - bound) >>> 0;
    this.#code = (this.#code - bound) >>> 0;
    model[index] = probability - (probability >> 5);
    if (this.#range < 0x1000000) this.#normalize();
    return 1;
  }

  #normalize(): void {
    if (this.#range >= 0x1000000) return;
    const byte = this.#input[this.#at++];
    if (byte === undefined) throw new StreamFault('cut', 'the LZMA data end early');
    this.#range = (this.#range << 8) >>> 0;
    this.#code = ((this.#code << 8) | byte) >>> 0;
  }
}
