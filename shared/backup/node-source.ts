// A file of this machine as a ByteSource. Promise: opened for reading only, its access time left alone where the system allows it
// (Linux, own files); never faster than the throttle; a signal ends a long reading at its next read.

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import type { ByteSource } from './source.ts';

export interface OpenSource extends ByteSource {
  close(): Promise<void>;
}

export interface Throttle {
  /** Waits until `bytes` more may be read. */
  take(bytes: number): Promise<void>;
}

/** No bound. */
export const fullSpeed: Throttle = { take: async () => {} };

/** Of what may be read so much is: the rest makes up for what a pause saves up, so that no second holds more than it may. */
const SHARE = 0.95;
const SAVED_SECONDS = 0.04;

/** At most so many bytes in any second, but for one read; what a pause saved up is spent at once, a twenty-fifth of a second of it at most. */
export function throttle(most: number, clock: Pick<Clock, 'monotonic' | 'after'>): Throttle {
  const bytesPerSecond = most * SHARE;
  const burst = bytesPerSecond * SAVED_SECONDS;
  let saved = 0;
  let at = clock.monotonic();
  return {
    async take(bytes) {
      const now = clock.monotonic();
      saved = Math.min(burst, saved + ((now - at) / 1000) * bytesPerSecond) - bytes;
      at = now;
      if (saved >= 0) return;
      const waitMs = (-saved / bytesPerSecond) * 1000;
      await new Promise<void>((resolve) => void clock.after(waitMs, resolve));
    },
  };
}

const NO_ATIME = process.platform === 'linux' ? (constants.O_NOATIME ?? 0) : 0;

async function openForReading(path: string): Promise<FileHandle> {
  const flags = constants.O_RDONLY;
  if (NO_ATIME === 0) return open(path, flags);
  try {
    return await open(path, flags | NO_ATIME);
  } catch (error) {
    // Another owner's file does not allow it.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
    return open(path, flags);
  }
}

export interface OpenOptions {
  throttle?: Throttle;
  signal?: AbortSignal;
  onRead?(bytes: number): void;
}

export async function openSource(path: string, options: OpenOptions = {}): Promise<OpenSource> {
  const { throttle: pace = fullSpeed, signal, onRead } = options;
  const file = await openForReading(path);
  const { size } = await file.stat();
  return {
    size,
    async read(offset, length) {
      signal?.throwIfAborted();
      const wanted = Math.max(0, Math.min(length, size - offset));
      if (wanted === 0) return Buffer.alloc(0);
      await pace.take(wanted);
      const buffer = Buffer.allocUnsafeSlow(wanted);
      let got = 0;
      while (got < wanted) {
        const { bytesRead } = await file.read(buffer, got, wanted - got, offset + got);
        if (bytesRead === 0) break;
        got += bytesRead;
      }
      onRead?.(got);
      return buffer.subarray(0, got);
    },
    close: () => file.close(),
  };
}
