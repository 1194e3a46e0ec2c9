// Decoding and checksums need a compiler, which the agent's own process does without (--jitless): a command that reads backups goes on
// in a child of its own (decisions/0005).

import { spawn } from 'node:child_process';
import type { ExitCode } from './command.ts';

/** The same command in a process that may compile; undefined: this one may. */
export function inCompilingChild(): Promise<ExitCode> | undefined {
  if (!process.execArgv.includes('--jitless')) return undefined;
  const flags = process.execArgv.filter((flag) => flag !== '--jitless');
  const child = spawn(process.execPath, [...flags, ...process.argv.slice(1)], { stdio: 'inherit' });
  // The child puts things in order and tells how it ended.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve((code ?? 2) as ExitCode));
  });
}
