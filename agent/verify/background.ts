// Reading backup files beside the sampling, one at a time, in a process of its own (reader.ts): decoders need a compiler, which the agent
// does without (decisions/0005), and a file that is made to hurt can hurt nobody there. Promise: the process is started for a task and
// ended when none is left; whatever a file does, the task ends within its time, and the agent learns why.
//
//   no word for `silentMs`, no byte read for `stalledMs`, too long altogether, too much memory, a crash → given up, with the reason

import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock, Timer } from '../../shared/clock.ts';
import type { Verified, Verifier, VerifyTask } from '../probes/probe.ts';
import { type FromReader, HEAP_MIB, type ToReader } from './protocol.ts';

export interface Limits {
  /** Its event loop answers once a second; a decoder that spins does not. Of a busy server the lowest priority gets little: minutes. */
  silentMs: number;
  /** A share that hangs, a decoder that makes without end from nothing. */
  stalledMs: number;
  startMs: number;
  leastMs: number;
}

const LIMITS: Limits = { silentMs: 300_000, stalledMs: 600_000, startMs: 300_000, leastMs: 1_800_000 };
/** Below this no decoder of ours was seen: xz makes 4 MB a second, from a fifth of that. */
const SLOWEST_DECODING = 256 * 1024;

export interface BackgroundOptions {
  clock: Clock;
  /** Where verdicts and places are remembered. */
  cacheFile: string;
  limits?: Partial<Limits>;
  /** Starts the process; tests start a hostile one. */
  start?: (cacheFile: string) => ChildProcess;
}

export function openBackground(options: BackgroundOptions): Verifier {
  const limits = { ...LIMITS, ...options.limits };
  const start = options.start ?? startReader;
  let child: ChildProcess | undefined;
  const end = (): void => {
    child?.kill('SIGKILL');
    child = undefined;
  };
  return {
    async run(task, signal) {
      signal.throwIfAborted();
      child ??= start(options.cacheFile);
      const result = await attend(child, task, { clock: options.clock, limits, signal });
      if (result === 'aborted' || result.givenUp !== undefined) end();
      if (result === 'aborted') throw signal.reason;
      return result;
    },
    rest: end,
  };
}

const READER = fileURLToPath(new URL(`./reader${extname(import.meta.filename)}`, import.meta.url));

function startReader(cacheFile: string): ChildProcess {
  // The agent's own limits are for the agent; types are stripped where they are.
  const kept = process.execArgv.filter((flag) => !/^--(jitless|max-|inspect|test)/.test(flag));
  return fork(READER, [cacheFile], {
    execArgv: [...kept, `--max-old-space-size=${HEAP_MIB}`],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}

interface Attendance {
  clock: Clock;
  limits: Limits;
  signal: AbortSignal;
}

function attend(
  child: ChildProcess,
  task: VerifyTask,
  { clock, limits, signal }: Attendance,
): Promise<Verified | 'aborted'> {
  return new Promise((resolve) => {
    const startedAt = clock.monotonic();
    let readBytes = 0;
    const timers: Timer[] = [];
    const settle = (result: Verified | 'aborted'): void => {
      for (const timer of timers) timer.cancel();
      child.removeAllListeners();
      // Without a listener a late error of the channel would end the agent.
      child.on('error', () => {});
      signal.removeEventListener('abort', onAbort);
      resolve(result);
    };
    const giveUp = (why: string): void => {
      const seconds = (clock.monotonic() - startedAt) / 1000;
      settle({ bytes: -1, modifiedAt: -1, readBytes, seconds, givenUp: why });
    };
    const onAbort = (): void => settle('aborted');
    const watch = watchdog(clock, limits, giveUp);
    timers.push(watch);
    timers.push(
      clock.after(longest(task, limits), () => giveUp('reading it took too long altogether; it was stopped')),
    );
    child.on('message', (message: FromReader) => {
      if (message.t === 'done') return settle(message.result);
      if (message.t === 'memory')
        return giveUp(`reading it took ${message.bytes} bytes of memory; it was stopped`);
      if (message.t === 'alive') readBytes = message.readBytes;
      watch.heard(readBytes);
    });
    child.on('error', (error) => giveUp(`the reading process failed: ${error.message}`));
    child.on('exit', (code, by) => giveUp(`the reading process ended by itself (${by ?? code})`));
    signal.addEventListener('abort', onAbort);
    child.send({ t: 'read', task } satisfies ToReader, (error) => {
      if (error) giveUp(`the reading process cannot be reached: ${error.message}`);
    });
  });
}

function longest({ bytesPerSecond, bytes }: VerifyTask, { leastMs }: Limits): number {
  return leastMs + 1000 * ((3 * bytes) / bytesPerSecond + bytes / SLOWEST_DECODING);
}

/** Gives up when nothing is heard, or when it is heard that nothing is read. */
function watchdog(
  clock: Clock,
  limits: Limits,
  giveUp: (why: string) => void,
): Timer & { heard(readBytes: number): void } {
  let [heardAt, readAt, read] = [clock.monotonic(), clock.monotonic(), -1];
  let silentMs = limits.startMs;
  const timer = clock.every(Math.min(1000, limits.silentMs / 4), () => {
    const now = clock.monotonic();
    if (now - heardAt > silentMs) giveUp('reading it never came to an end of one step; it was stopped');
    else if (now - readAt > limits.stalledMs)
      giveUp(`no byte was read for ${limits.stalledMs / 1000} s; it was stopped`);
  });
  return {
    cancel: timer.cancel,
    heard(readBytes) {
      heardAt = clock.monotonic();
      silentMs = limits.silentMs;
      if (readBytes === read) return;
      read = readBytes;
      readAt = heardAt;
    },
  };
}
