// Text of an answer as bytes, written once: a matrix has a hundred thousand points, and as strings each would be made, joined and
// encoded. Promise: numbers look as `showValue` shows them.

import { showValue } from '../evaluate/show.ts';

const QUOTE = 34;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
/** The longest number with its sign and exponent, and what stands around it. */
const NUMBER_BYTES = 32;
const FIRST_BYTES = 64 * 1024;
/** Below it a value with one or two decimals is told by whole numbers. */
const SCALED_MAX = 1e9;

export class Bytes {
  private buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  private used = 0;

  /** What was written; nothing may be written after it. */
  done(): Buffer {
    return this.buffer.subarray(0, this.used);
  }

  text(text: string): void {
    this.need(3 * text.length);
    this.used += this.buffer.write(text, this.used, 'utf8');
  }

  byte(byte: number): void {
    this.need(1);
    this.buffer[this.used++] = byte;
  }

  /** Bytes that were made before. */
  raw(bytes: Uint8Array): void {
    this.need(bytes.length);
    const { buffer } = this;
    // Few: a loop is faster than a call.
    for (let i = 0; i < bytes.length; i++) buffer[this.used++] = bytes[i] as number;
  }

  /** `"12.5"` */
  quoted(value: number): void {
    this.need(NUMBER_BYTES);
    this.buffer[this.used++] = QUOTE;
    if (!this.short(value)) {
      const text = showValue(value);
      for (let i = 0; i < text.length; i++) this.buffer[this.used++] = text.charCodeAt(i);
    }
    this.buffer[this.used++] = QUOTE;
  }

  /** Whole numbers and those of one or two decimals, as most readings are; false: it is none of them. */
  private short(value: number): boolean {
    const scaled = Math.round(value * 100);
    if (!(Math.abs(scaled) < SCALED_MAX) || scaled / 100 !== value || Object.is(value, -0)) return false;
    if (scaled < 0) this.buffer[this.used++] = MINUS;
    const size = Math.abs(scaled);
    const whole = Math.floor(size / 100);
    const rest = size - whole * 100;
    this.digits(whole);
    if (rest === 0) return true;
    this.buffer[this.used++] = POINT;
    this.buffer[this.used++] = ZERO + Math.floor(rest / 10);
    if (rest % 10 !== 0) this.buffer[this.used++] = ZERO + (rest % 10);
    return true;
  }

  private digits(value: number): void {
    let size = 1;
    for (let limit = 10; value >= limit; limit *= 10) size++;
    for (let i = this.used + size - 1, left = value; i >= this.used; i--) {
      const next = Math.floor(left / 10);
      this.buffer[i] = ZERO + (left - next * 10);
      left = next;
    }
    this.used += size;
  }

  private need(bytes: number): void {
    if (this.used + bytes <= this.buffer.length) return;
    const wider = Buffer.allocUnsafeSlow(Math.max(2 * this.buffer.length, this.used + bytes));
    this.buffer.copy(wider, 0, 0, this.used);
    this.buffer = wider;
  }
}
