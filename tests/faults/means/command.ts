// Runs a tool of the machine to its end; what it printed, or an error with what it said.

import { spawnSync } from 'node:child_process';

export function command(file: string, args: readonly string[], env: Record<string, string> = {}): string {
  const done = spawnSync(file, args, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    timeout: 60_000,
  });
  if (done.error) throw done.error;
  if (done.status !== 0)
    throw new Error(`${file} ${args.join(' ')} ended with ${done.status}: ${done.stderr}${done.stdout}`);
  return done.stdout;
}
