// Judges what a target does with one input: it may end well or with a named error; anything else, more than LIMIT_MS of
// processor time or more than LIMIT_BYTES of memory is a failure. Time and memory count only when each of three tries is over,
// since a machine with other work, or a garbage collection, takes now and then what no input asked for.

import { isNamedError } from '../../shared/errors.ts';
import type { Target } from './target.ts';

/** 100 ms is the promise, measured in the long run; the short form, on any machine under any load, only tells a hang from work. */
export const LIMIT_MS = process.env.NISWATCH_LONG ? 100 : 1000;
export const LIMIT_BYTES = 128 * 1024 ** 2;
const TRIES = 3;

/** Throws what is wrong. */
export async function judge(target: Target, input: Uint8Array): Promise<void> {
  let cpuMs = Infinity;
  let bytes = Infinity;
  for (let tries = 0; tries < TRIES; tries++) {
    const rss = process.memoryUsage.rss();
    const before = process.cpuUsage();
    await attempt(target, input);
    const used = process.cpuUsage(before);
    cpuMs = Math.min(cpuMs, (used.user + used.system) / 1000);
    bytes = Math.min(bytes, process.memoryUsage.rss() - rss);
    if (cpuMs <= LIMIT_MS && bytes <= LIMIT_BYTES) return;
  }
  if (cpuMs > LIMIT_MS)
    throw new Error(`took ${cpuMs.toFixed(0)} ms of processor time; the limit is ${LIMIT_MS}`);
  throw new Error(`took ${bytes} bytes of memory; the limit is ${LIMIT_BYTES}`);
}

async function attempt(target: Target, input: Uint8Array): Promise<void> {
  try {
    // A copy of its own: some decoders read in place and need the alignment.
    await target.run(Buffer.from(new Uint8Array(input).buffer));
  } catch (error) {
    if (!isNamedError(error)) throw error;
  }
}
