// Reading forward through a file or through what a decoder makes of it. Promise: memory is bounded by what a reader asks for at
// once (at most MAX_AT_ONCE); skipping in a file costs nothing; a decoder's fault ends the bytes and is kept in `fault`, so that
// a reader needs no handling of its own and still tells what it saw before.

import type { ByteSource } from '../source.ts';

/** No reader needs more in one piece. */
export const MAX_AT_ONCE = 16 * 1024 * 1024;
const CHUNK = 256 * 1024;

/** `cut`: the bytes end inside something · `corrupt`: they contradict themselves · `limit`: our own bound was reached. */
export type FaultKind = 'cut' | 'corrupt' | 'limit';

export class StreamFault extends Error {
  readonly kind: FaultKind;
  constructor(kind: FaultKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Where bytes come from, in order. */
export interface ChunkStream {
  /** The next bytes, valid until the next call; undefined at the end. May throw StreamFault. */
  next(): Promise<Buffer | undefined>;
  /** Passes over bytes without reading them; absent where they must be decoded. Returns how many it passed: the rest is read. */
  skip?(bytes: number): number;
  close?(): void;
}

/** `skip` passes over what nobody looks at; `read` reads it all, for a digest. */
export function sourceStream(
  source: ByteSource,
  passing: 'skip' | 'read' = 'skip',
  from = 0,
  chunk = CHUNK,
): ChunkStream {
  let offset = from;
  const stream: ChunkStream = {
    async next() {
      if (offset >= source.size) return undefined;
      const bytes = await source.read(offset, Math.min(chunk, source.size - offset));
      offset += bytes.length;
      return bytes.length === 0 ? undefined : bytes;
    },
  };
  if (passing === 'read') return stream;
  stream.skip = (bytes) => {
    const passed = Math.min(bytes, Math.max(0, source.size - offset));
    offset += passed;
    return passed;
  };
  return stream;
}

export class Cursor {
  /** How many bytes lie behind. */
  position: number;
  /** Why the bytes ended before their time. */
  fault: StreamFault | undefined;
  readonly #stream: ChunkStream;
  #buffer: Buffer = Buffer.alloc(0);
  #ended = false;

  constructor(stream: ChunkStream, position = 0) {
    this.#stream = stream;
    this.position = position;
  }

  /** Bytes that can be looked at without reading. */
  get available(): number {
    return this.#buffer.length;
  }

  /** Whether `count` bytes lie ahead; they are buffered then. */
  async need(count: number): Promise<boolean> {
    if (count > MAX_AT_ONCE)
      throw new RangeError(`${count} bytes at once are more than a reader may ask for`);
    let room = this.#buffer;
    let used = room.length;
    while (used < count) {
      const bytes = await this.#next();
      if (!bytes) break;
      if (used === 0) {
        [room, used] = [bytes, bytes.length];
        continue;
      }
      // Once for all pieces: joining each to those before it would copy them over and over.
      if (used + bytes.length > room.length) room = larger(room, used, Math.max(count, used) + bytes.length);
      used += bytes.copy(room, used);
    }
    this.#buffer = room.subarray(0, used);
    return used >= count;
  }

  /** Up to `count` buffered bytes, not consumed. */
  peek(count: number, from = 0): Buffer {
    return this.#buffer.subarray(from, from + count);
  }

  /** Consumes buffered bytes; call `need` before. */
  take(count: number): Buffer {
    const bytes = this.#buffer.subarray(0, count);
    this.#buffer = this.#buffer.subarray(count);
    this.position += bytes.length;
    return bytes;
  }

  /** The next `count` bytes, or undefined when fewer are left. */
  async bytes(count: number): Promise<Buffer | undefined> {
    return this.#buffer.length >= count || (await this.need(count)) ? this.take(count) : undefined;
  }

  /** Whatever comes next, at most `max` bytes; undefined at the end. */
  async chunk(max = Number.POSITIVE_INFINITY): Promise<Buffer | undefined> {
    if (this.#buffer.length === 0 && !(await this.#fill())) return undefined;
    return this.take(Math.min(max, this.#buffer.length));
  }

  /** Whether all `count` bytes were there. */
  async skip(count: number): Promise<boolean> {
    let left = count;
    while (left > 0) {
      if (this.#buffer.length > 0) left -= this.take(Math.min(left, this.#buffer.length)).length;
      else if (this.#stream.skip && !this.#ended) {
        const passed = this.#stream.skip(left);
        this.position += passed;
        left -= passed;
        if (left > 0 && !(await this.#fill())) return false;
      } else if (!(await this.#fill())) return false;
    }
    return true;
  }

  async atEnd(): Promise<boolean> {
    return !(await this.need(1));
  }

  /** Reads to the end; returns how many bytes were left. */
  async drain(): Promise<number> {
    let count = 0;
    for (let bytes = await this.chunk(); bytes; bytes = await this.chunk()) count += bytes.length;
    return count;
  }

  close(): void {
    this.#stream.close?.();
  }

  async #fill(): Promise<boolean> {
    return this.need(this.#buffer.length + 1);
  }

  async #next(): Promise<Buffer | undefined> {
    if (this.#ended) return undefined;
    try {
      const bytes = await this.#stream.next();
      this.#ended = bytes === undefined;
      return bytes;
    } catch (error) {
      if (!(error instanceof StreamFault)) throw error;
      this.fault = error;
      this.#ended = true;
      return undefined;
    }
  }
}

function larger(room: Buffer, used: number, size: number): Buffer {
  const next = Buffer.allocUnsafeSlow(size);
  room.copy(next, 0, 0, used);
  return next;
}
