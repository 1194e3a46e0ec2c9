// Judges what a target does with one input: it may end well or with one of the named errors that it may refuse with; anything
// else, more than LIMITS.ms of processor time or more than LIMITS.bytes allocated is a failure. Time and memory count only when
// each of three tries is over, since compiling, or a garbage collection, takes now and then what no input asked for.

import { getHeapStatistics } from 'node:v8';
import { ERRORS, isNamedError } from '../../shared/errors.ts';
import type { Target } from './target.ts';

export const LIMITS = {
  /** 100 ms is the promise, measured in the long run; the short form, on any machine under any load, only tells a hang from work. */
  ms: process.env.NISWATCH_LONG ? 100 : 1000,
  /** Everything allocated while one input is read, garbage included: an upper bound of how far memory can grow. */
  bytes: 64 * 1024 ** 2,
};
const TRIES = 3;

export interface Verdict {
  kind: 'throws' | 'slow' | 'memory';
  /** For people, with the stack where there is one. */
  what: string;
  /** Equal for findings that are most likely one bug. */
  key: string;
  /** Milliseconds or bytes, where there is too much of them. */
  cost?: number;
}

/** undefined when the input is dealt with as promised. */
export async function judge(
  target: Target,
  input: Uint8Array,
  limits: { ms: number } = LIMITS,
): Promise<Verdict | undefined> {
  const mostBytes = target.bytes ?? LIMITS.bytes;
  let cpuMs = Infinity;
  let bytes = Infinity;
  for (let tries = 0; tries < TRIES; tries++) {
    const before = allocated();
    const start = process.threadCpuUsage();
    const failure = await attempt(target, input);
    const used = process.threadCpuUsage(start);
    if (failure) return failure;
    cpuMs = Math.min(cpuMs, (used.user + used.system) / 1000);
    bytes = Math.min(bytes, allocated() - before);
    if (cpuMs <= limits.ms && bytes <= mostBytes) return undefined;
  }
  if (cpuMs > limits.ms) {
    const what = `took ${cpuMs.toFixed(0)} ms of processor time; the limit is ${limits.ms}`;
    return { kind: 'slow', what, key: 'slow', cost: cpuMs };
  }
  return {
    kind: 'memory',
    what: `allocated ${bytes} bytes; the limit is ${mostBytes}`,
    key: 'memory',
    cost: bytes,
  };
}

/** Bytes ever allocated on the heap, and those outside it that are not yet given back. */
export function allocated(): number {
  const { total_allocated_bytes, external_memory } = getHeapStatistics();
  return Number(total_allocated_bytes ?? 0) + external_memory;
}

/** Runs it once; what it throws is judged, how long it took is not. */
export async function attempt(target: Target, input: Uint8Array): Promise<Verdict | undefined> {
  try {
    // A copy of its own: some decoders read in place and need the alignment.
    const done = target.run(Buffer.from(new Uint8Array(input).buffer));
    if (done) await done;
    return undefined;
  } catch (error) {
    return verdictOn(target, error);
  }
}

function verdictOn({ refuses }: Target, error: unknown): Verdict | undefined {
  if (isNamedError(error) && Object.hasOwn(ERRORS, error.code)) {
    if (refuses.includes(error.code)) return undefined;
    return {
      kind: 'throws',
      what: `refuses with ${error.code}: ${error.message}`,
      key: `refuses ${error.code}`,
    };
  }
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { kind: 'throws', what, key: keyOf(what) };
}

/** The kind of error and the place of the first frame in our own code; of a broken promise its words, without numbers and texts. */
function keyOf(stack: string): string {
  const [message = '', ...frames] = stack.split('\n');
  const place = frames.find((frame) => /\/(agent|collector|shared|planted)\//.test(frame)) ?? '';
  const at = /([\w.-]+\.ts:\d+)/.exec(place)?.[1];
  const name = /^[\w ]*Error/.exec(message)?.[0];
  if (at !== undefined && name !== undefined && name !== 'AssertionError') return `${name} ${at}`;
  return message.replaceAll(/"[^"]*"|'[^']*'|\d+/g, '·').slice(0, 80);
}
