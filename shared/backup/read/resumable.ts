// A compressed stream that goes on where an interrupted reading stood. Whoever reads the content marks places in it as in a file; each is
// kept together with the last place of the decoder before it and with the head by which the content was known.
//
//   stored   ──────── place ───────────      goes on here, with the decoder's state
//   content  head ─┐    at ──── offset ──    decoded again from `at`, passed over up to `offset`: there the reader goes on, with its own
//                  └ jump ┘
//
// Promise: a reader that does not ask for its mark before it reads on gets the content from the beginning; nothing is jumped over that
// was not read, with its checksums, by the interrupted reading.

import type { Codec, Decoded, Place } from './decode/codec.ts';
import { Cursor, sourceStream } from './cursor.ts';
import { HEAD, type Job, type Marks, noMarks } from './format.ts';

/** Places come at least so many stored bytes apart, and at most so many of them in a file. */
const LEAST_APART = 64 * 1024;
const MOST_PLACES = 256;
/** Those passed last: a reader that holds back 16 MiB marks a place before them. */
const HELD = 32;

interface Kept {
  place: Omit<Place, 'state'> & { state: unknown };
  head: string;
  inner: { format: string; offset: number; state: unknown };
}

export interface Resumable {
  decoded: Decoded;
  /** For the reader of the content. */
  marks: Marks;
}

export function resumable(codec: Codec, input: Cursor, { source, depth, marks: outer }: Job): Resumable {
  if (!source || depth !== 1 || outer === noMarks) return { decoded: codec.open(input), marks: noMarks };
  const every = Math.max(LEAST_APART, source.size / MOST_PLACES);
  const kept = outer.get(codec.name)?.state as Kept | undefined;
  const stream = new Stream({
    kept,
    begin: () => codec.open(input, { every }),
    goOn(from) {
      const rest = new Cursor(sourceStream(source, 'skip', from.offset), from.offset);
      return codec.open(rest, { every, from });
    },
  });
  const marks: Marks = {
    get: (format) => (kept?.inner.format === format && stream.isAtHead ? kept.inner : undefined),
    set(format, offset, state) {
      const place = stream.placeBefore(offset);
      if (!place) return;
      const all = (): Kept => ({
        place: { ...place, state: valueOf(place.state) },
        head: stream.head.toString('base64'),
        inner: { format, offset, state: valueOf(state) },
      });
      outer.set(codec.name, place.offset, all);
    },
  };
  return { decoded: stream, marks };
}

const valueOf = (state: unknown): unknown =>
  typeof state === 'function' ? (state as () => unknown)() : state;

interface Start {
  kept: Kept | undefined;
  begin(): Decoded;
  goOn(from: Place): Decoded;
}

class Stream implements Decoded {
  readonly #start: Start;
  #decoded: Decoded | undefined;
  /** Decoded bytes handed out or jumped over. */
  #position = 0;
  #places: Place[] = [];
  head: Buffer;

  constructor(start: Start) {
    this.#start = start;
    this.head = Buffer.from(start.kept?.head ?? '', 'base64');
    if (!start.kept) this.#decoded = start.begin();
    else if (start.kept.place) this.#places.push(start.kept.place);
  }

  /** Whether it can still be jumped. */
  get isAtHead(): boolean {
    return this.#decoded === undefined;
  }

  async next(): Promise<Buffer | undefined> {
    if (!this.#decoded && this.#position === 0) {
      this.#position = this.head.length;
      return Buffer.from(this.head);
    }
    this.#decoded ??= await this.#fromBeginning();
    const bytes = await this.#decoded.next();
    const place = this.#decoded.place?.();
    if (place && place !== this.#places.at(-1) && place.at >= HEAD) this.#places.push(place);
    if (this.#places.length > HELD) this.#places.shift();
    if (bytes && this.#position < HEAD && this.head.length < HEAD)
      this.head = Buffer.concat([this.head, bytes.subarray(0, HEAD - this.head.length)]);
    this.#position += bytes?.length ?? 0;
    return bytes;
  }

  /** Jumps to the place that was kept, when all before it is passed over. */
  skip(bytes: number): number {
    const place = this.#start.kept?.place;
    if (this.#decoded || !place || place.at < this.#position || place.at > this.#position + bytes) return 0;
    this.#decoded = this.#start.goOn(place);
    const passed = place.at - this.#position;
    this.#position = place.at;
    return passed;
  }

  /** The last place of the decoder that lies at or before this byte of the content. */
  placeBefore(offset: number): Place | undefined {
    return this.#places.findLast(({ at }) => at <= offset);
  }

  proof(): ReturnType<Decoded['proof']> {
    return this.#decoded?.proof() ?? { checksums: false, parts: 0, notices: [] };
  }

  close(): void {
    this.#decoded?.close?.();
  }

  /** Behind the head, which was handed out. */
  async #fromBeginning(): Promise<Decoded> {
    this.#places = [];
    const decoded = this.#start.begin();
    for (let left = this.#position; left > 0;) {
      const bytes = await decoded.next();
      if (!bytes) break;
      if (bytes.length > left) return before(bytes.subarray(left), decoded);
      left -= bytes.length;
    }
    return decoded;
  }
}

/** What is left of a piece, then the rest. */
function before(first: Buffer, decoded: Decoded): Decoded {
  let piece: Buffer | undefined = first;
  return {
    ...decoded,
    async next() {
      const bytes = piece ?? (await decoded.next());
      piece = undefined;
      return bytes;
    },
  };
}
