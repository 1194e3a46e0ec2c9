// One of node:zlib's decoders, driven by hand: so much in, so much out, so that memory stays bounded and the exact end of a member is
// known. Promise: `next` returns decoded bytes until the stream's own end; `consumed` then tells how many input bytes were its own.

import type { InflateRaw, ZstdDecompress } from 'node:zlib';
import { StreamFault } from '../cursor.ts';

type Engine = InflateRaw | ZstdDecompress;
type State = { ended: boolean; error: Error | undefined; writing: boolean };

export interface Pump {
  /** Decoded bytes; `hungry` when it wants input; undefined at the end of the stream. Throws the decoder's error. */
  next(): Promise<Buffer | 'hungry' | undefined>;
  feed(bytes: Buffer): void;
  /** Says that no more input comes. */
  finish(): void;
  readonly consumed: number;
  close(): void;
}

export function openPump(engine: Engine): Pump {
  const state: State = { ended: false, error: undefined, writing: false };
  let wake: () => void = () => {};
  let fed = 0;
  let settled = true;
  engine.on('error', (error) => {
    state.error = error;
    wake();
  });
  engine.on('end', () => {
    state.ended = true;
    wake();
  });
  engine.on('readable', () => wake());
  return {
    async next() {
      for (;;) {
        const bytes = engine.read() as Buffer | null;
        if (bytes) return bytes;
        if (state.error) throw state.error;
        if (state.ended) return undefined;
        if (!state.writing && engine.bytesWritten === fed && settled) return 'hungry';
        // The end of the stream shows only a turn after its last input was taken.
        if (!state.writing) await new Promise<void>((resolve) => setImmediate(resolve));
        if (!state.writing) {
          settled = true;
          continue;
        }
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    feed(bytes) {
      state.writing = true;
      settled = false;
      fed += bytes.length;
      engine.write(bytes, () => {
        state.writing = false;
        wake();
      });
    },
    finish() {
      state.writing = true;
      engine.end();
    },
    get consumed() {
      return engine.bytesWritten;
    },
    close: () => engine.destroy(),
  };
}

/** Drives the pump until it yields or ends. */
export async function decode(
  pump: Pump,
  more: () => Promise<Buffer | undefined>,
): Promise<Buffer | undefined> {
  for (;;) {
    let out: Buffer | 'hungry' | undefined;
    try {
      out = await pump.next();
    } catch (error) {
      throw faultOf(error as NodeJS.ErrnoException);
    }
    if (out !== 'hungry') return out;
    const bytes = await more();
    if (bytes) pump.feed(bytes);
    else pump.finish();
  }
}

function faultOf(error: NodeJS.ErrnoException): StreamFault {
  if (error.code === 'Z_BUF_ERROR' || error.code === 'ZSTD_error_srcSize_wrong')
    return new StreamFault('cut', 'the compressed data end early');
  return new StreamFault('corrupt', `the compressed data do not decode: ${error.message}`);
}
