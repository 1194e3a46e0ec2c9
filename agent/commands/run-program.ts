// A program of this machine, run once for what it prints.

import { execFile } from 'node:child_process';

export interface ProgramLimits {
  timeoutMs: number;
  outputBytes: number;
}

/** Rejects when it cannot be started, fails, takes longer or prints more than its limits allow. */
export function runProgram(
  program: string,
  args: readonly string[],
  { timeoutMs, outputBytes }: ProgramLimits,
): Promise<{ printed: string; said: string }> {
  const options = {
    timeout: timeoutMs,
    maxBuffer: outputBytes,
    encoding: 'utf8',
    windowsHide: true,
  } as const;
  return new Promise((resolve, reject) => {
    execFile(program, [...args], options, (error, printed, said) => {
      if (error) reject(error);
      else resolve({ printed, said });
    });
  });
}
