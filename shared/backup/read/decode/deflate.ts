// One deflate stream, decoded by node:zlib, with places inside it at which decoding can be taken up again.
//
//   fed … │ fed up to a likely border │ the rest ahead          at the border: all that the bytes before it give has been given, so
//                                     └ trial ─┐               that its place among the decoded bytes is known, and the 32 KiB before it
//   given …            │ what comes next must be the same      as well; the place counts once what came is what the trial said
//
// Promise: the stream is decoded by the same means with and without places; a border that was none is dropped.

import { createInflateRaw } from 'node:zlib';
import type { Cursor } from '../cursor.ts';
import { type Border, findBorder, leadIn, LOOK_BEHIND, trial, WINDOW } from './deflate-border.ts';
import { decode, openPump, type Pump } from './pump.ts';

const PIECE = 64 * 1024;
/** Bytes ahead of which a trial is made; more than the longest stored block. */
const AHEAD = 96 * 1024;

export interface DeflatePlace {
  bit: number;
  stored: boolean;
  window: string;
}

/** A border that decoding has passed; `given`: decoded bytes of this stream before it. */
export interface PassedBorder extends Border {
  given: number;
  offset: number;
  window: Buffer;
  /** What `Options.snapshot` said then. */
  snapshot: unknown;
}

export interface Deflate {
  next(): Promise<Buffer | undefined>;
  /** Told once, after the piece with which it was proved. */
  border(): PassedBorder | undefined;
  close(): void;
}

export interface DeflateOptions {
  /** Stored bytes between borders; without it none is looked for. */
  every?: number | undefined;
  from?: DeflatePlace | undefined;
  /** What the caller has made of the bytes given so far. */
  snapshot(): unknown;
}

export function openDeflate(input: Cursor, options: DeflateOptions): Deflate {
  return new Stream(input, options);
}

interface Candidate extends PassedBorder {
  expected: Buffer;
  matched: number;
}

class Stream implements Deflate {
  readonly #input: Cursor;
  readonly #pump: Pump;
  readonly #every: number;
  readonly #start: number;
  readonly #snapshot: () => unknown;
  /** Bytes that the decoder got and the file has not. */
  #extra = 0;
  #lead: DeflatePlace | undefined;
  #fed = 0;
  #given = 0;
  #window: Buffer;
  /** A border up to which everything was fed. */
  #likely: Border | undefined;
  #candidate: Candidate | undefined;
  #proved: PassedBorder | undefined;
  #dueAt: number;
  /** The byte in which the likely border lies. */
  #last = 0;

  constructor(input: Cursor, { every = Number.POSITIVE_INFINITY, from, snapshot }: DeflateOptions) {
    this.#input = input;
    this.#snapshot = snapshot;
    this.#start = input.position;
    this.#every = every;
    this.#dueAt = input.position + every;
    this.#lead = from;
    this.#window = Buffer.from(from?.window ?? '', 'base64');
    this.#pump = openPump(
      createInflateRaw({ chunkSize: 128 * 1024, ...(from && { dictionary: this.#window }) }),
    );
  }

  async next(): Promise<Buffer | undefined> {
    const bytes = await decode(this.#pump, () => this.#feed());
    if (bytes) {
      this.#given += bytes.length;
      if (this.#every !== Number.POSITIVE_INFINITY) this.#look(bytes);
      return bytes;
    }
    const before = this.#input.position - this.#start;
    this.#input.take(this.#pump.consumed - this.#extra - before);
    this.#pump.close();
    return undefined;
  }

  border(): PassedBorder | undefined {
    const proved = this.#proved;
    this.#proved = undefined;
    return proved;
  }

  close(): void {
    this.#pump.close();
  }

  /** Fed without consuming: what lies behind the end of the deflate data is the trailer's. */
  async #feed(): Promise<Buffer | undefined> {
    const input = this.#input;
    if (this.#fed > 0) input.take(this.#fed);
    this.#fed = 0;
    if (!(await input.need(1))) return undefined;
    if (this.#lead) {
      const lead = this.#feedLead(this.#lead);
      if (lead.length > 0) return lead;
    }
    if (this.#likely) await this.#try(this.#likely);
    this.#likely = undefined;
    this.#fed = Math.min(PIECE, input.available);
    if (input.position >= this.#dueAt && !this.#candidate) await this.#approach();
    return input.peek(this.#fed);
  }

  #feedLead(place: DeflatePlace): Buffer {
    const lead = leadIn(place, this.#input.peek(1)[0] ?? 0);
    if (lead.merged) this.#input.take(1);
    this.#extra = lead.bytes.length - (lead.merged ? 1 : 0);
    this.#lead = undefined;
    return lead.bytes;
  }

  /** Feeds only up to a likely border when one lies ahead. */
  async #approach(): Promise<void> {
    const input = this.#input;
    await input.need(PIECE + LOOK_BEHIND);
    const border = findBorder(input.peek(PIECE + LOOK_BEHIND), 1);
    if (!border) {
      // Blocks that show no border, such as those of fixed codes, would be searched from end to end.
      this.#dueAt = input.position + this.#every / 8;
      return;
    }
    this.#fed = border.byte + (border.bit > 0 ? 1 : 0);
    // The byte with the border in it is fed; as seen from the next call it lies one behind.
    this.#likely = { ...border, byte: border.bit > 0 ? -1 : 0 };
    this.#last = border.bit > 0 ? (input.peek(1, border.byte)[0] ?? 0) : 0;
  }

  /** Everything before the border has been given. */
  async #try(border: Border): Promise<void> {
    const input = this.#input;
    await input.need(AHEAD);
    const ahead = Buffer.concat([
      border.bit > 0 ? Buffer.from([this.#last]) : Buffer.alloc(0),
      input.peek(AHEAD),
    ]);
    const window = Buffer.from(this.#window.subarray(-WINDOW));
    const expected = window.length < WINDOW ? undefined : trial({ ...border, byte: 0 }, ahead, window);
    if (!expected) return;
    const offset = input.position + border.byte;
    const snapshot = this.#snapshot();
    this.#candidate = { ...border, given: this.#given, offset, window, snapshot, expected, matched: 0 };
  }

  #look(bytes: Buffer): void {
    this.#window =
      bytes.length >= WINDOW
        ? bytes.subarray(-WINDOW)
        : Buffer.concat([this.#window.subarray(-(WINDOW - bytes.length)), bytes]);
    const candidate = this.#candidate;
    if (!candidate) return;
    const { expected, matched, ...place } = candidate;
    const count = Math.min(bytes.length, expected.length - matched);
    if (expected.compare(bytes, 0, count, matched, matched + count) !== 0) {
      this.#candidate = undefined;
      return;
    }
    candidate.matched += count;
    if (candidate.matched < expected.length) return;
    this.#proved = place;
    this.#candidate = undefined;
    this.#dueAt = this.#input.position + this.#every;
  }
}
