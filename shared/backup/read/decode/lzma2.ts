// LZMA2: chunks of at most 2 MiB, stored or compressed, each saying what it resets. Promise: a chunk is decoded to exactly the size that it
// declares and must use exactly its input.

import { type Cursor, StreamFault } from '../cursor.ts';
import { Lzma, Window } from './lzma.ts';

/** A larger window would take more memory than a check may. */
export const MAX_WINDOW = 256 * 1024 * 1024;

/** The size of the window in the one property byte. */
export function windowOf(property: number): number {
  if (property > 40) throw new StreamFault('corrupt', 'an impossible LZMA2 window');
  return property === 40 ? 0xffffffff : (2 | (property & 1)) * 2 ** (Math.floor(property / 2) + 11);
}

export interface Lzma2 {
  /** Decoded bytes of the next chunk; undefined behind the last. */
  next(): Promise<Buffer | undefined>;
}

export function openLzma2(input: Cursor, windowSize: number): Lzma2 {
  if (windowSize > MAX_WINDOW)
    throw new StreamFault('limit', `decoding would take ${Math.round(windowSize / 2 ** 20)} MiB of memory`);
  let out: Buffer[] = [];
  const lzma = new Lzma(new Window(windowSize, (bytes) => void out.push(Buffer.from(bytes))));
  const ready = { dictionary: false, properties: false, state: false };
  let done = false;
  return {
    async next() {
      if (done) return undefined;
      const control = (await must(input, 1))[0] ?? 0;
      if (control === 0) {
        done = true;
        return undefined;
      }
      out = [];
      if (control >= 0x80) await compressed(input, lzma, control, ready);
      else await stored(input, lzma, control, ready);
      lzma.window.flush();
      return Buffer.concat(out);
    },
  };
}

async function must(input: Cursor, count: number): Promise<Buffer> {
  const bytes = await input.bytes(count);
  if (!bytes) throw new StreamFault('cut', 'the LZMA2 data end early');
  return bytes;
}

interface Ready {
  dictionary: boolean;
  properties: boolean;
  state: boolean;
}

async function stored(input: Cursor, lzma: Lzma, control: number, ready: Ready): Promise<void> {
  if (control > 2) throw new StreamFault('corrupt', 'an impossible LZMA2 chunk');
  if (control === 1) reset(lzma, ready);
  if (!ready.dictionary) throw new StreamFault('corrupt', 'an LZMA2 chunk without a window');
  const size = (await must(input, 2)).readUInt16BE(0) + 1;
  const bytes = await must(input, size);
  for (const byte of bytes) lzma.window.put(byte);
}

function reset(lzma: Lzma, ready: Ready): void {
  lzma.window.reset();
  lzma.resetPosition();
  ready.dictionary = true;
}

async function compressed(input: Cursor, lzma: Lzma, control: number, ready: Ready): Promise<void> {
  const sizes = await must(input, 4);
  const size = (control & 0x1f) * 65_536 + sizes.readUInt16BE(0) + 1;
  const packed = sizes.readUInt16BE(2) + 1;
  const mode = (control >> 5) & 3;
  if (mode === 3) reset(lzma, ready);
  if (mode >= 2) {
    lzma.setProperties((await must(input, 1))[0] ?? 0);
    ready.properties = ready.state = true;
  } else if (mode === 1 && ready.properties) {
    lzma.resetState();
    ready.state = true;
  }
  if (!ready.dictionary || !ready.state)
    throw new StreamFault('corrupt', 'an LZMA2 chunk before its properties');
  lzma.begin(Buffer.from(await must(input, packed)));
  if (lzma.decode(size) === 'end' || lzma.unused !== 0 || !lzma.isFinished)
    throw new StreamFault('corrupt', 'an LZMA2 chunk does not end where it says');
}
