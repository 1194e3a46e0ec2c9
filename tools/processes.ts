// Small pieces that scripts and tests share: running a program to its end, and waiting for a condition instead of sleeping.

import { spawn } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** Runs a program to its end; its standard output, or an error with all that it said. `signal` ends it early. */
export function runOnce(
  command: readonly string[],
  options: { signal?: AbortSignal; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const [file, ...args] = command as [string, ...string[]];
  return new Promise((done, fail) => {
    const child = spawn(file, args, { ...options, cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.on('error', fail);
    child.on('close', (code) => {
      if (code === 0) done(out);
      else fail(new Error(`${args.join(' ')} ended with ${code}:\n${out}${err}`));
    });
  });
}

type Probed<T> = T | undefined | false | null;

/** Polls until `probe` returns something other than undefined, false or null. Throws after `withinMs` with what was last seen. */
export async function until<T>(
  what: string,
  withinMs: number,
  probe: () => Probed<T> | Promise<Probed<T>>,
  pollMs = 50,
): Promise<T> {
  const end = performance.now() + withinMs;
  let lastError: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== false && value !== null) return value;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() > end) {
      const cause = lastError instanceof Error ? `; last: ${lastError.message}` : '';
      throw new Error(`waited ${withinMs} ms in vain for ${what}${cause}`, { cause: lastError });
    }
    await new Promise((done) => setTimeout(done, pollMs));
  }
}
