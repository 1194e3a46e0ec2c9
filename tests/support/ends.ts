// Commands that end by themselves, with their exit code: for stories in which the code is what matters.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { AGENT_FLAGS, buildAgent } from '../../tools/build.ts';

const root = join(import.meta.dirname, '..', '..');

export interface Ended {
  status: number | null;
  /** All that it printed, on both streams. */
  text: string;
}

export type CommandLine = readonly [file: string, ...args: string[]];

export function runToEnd([file, ...args]: CommandLine): Promise<Ended> {
  return new Promise((done, fail) => {
    const child = spawn(file, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (said: string) => (text += said));
    child.stderr.setEncoding('utf8').on('data', (said: string) => (text += said));
    child.on('error', fail);
    child.on('close', (status) => done({ status, text }));
  });
}

export const agentCommand = (...args: string[]): CommandLine => [
  process.execPath,
  ...AGENT_FLAGS,
  buildAgent(),
  ...args,
];

export const collectorCommand = (...args: string[]): CommandLine => [
  process.execPath,
  '--disable-warning=ExperimentalWarning',
  join(root, 'collector', 'main.ts'),
  ...args,
];
