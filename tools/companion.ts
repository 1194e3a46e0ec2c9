// A program that runs as long as the one that started it: its log goes to a file, its standard output is read line by line, and it
// is told by the end of its standard input when its starter is gone, however that went.

import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';

const STOP_WITHIN_MS = 15_000;
const LOG_BYTES = 16 * 1024 ** 2;
const LAST_LINES = 12;

export interface Companion {
  /** What it told people since it was started, and where to read on. */
  lastWords(): string;
  /** SIGTERM, and SIGKILL for one that does not end by itself. */
  end(): Promise<void>;
}

export interface CompanionOptions {
  name: string;
  command: readonly string[];
  folder: string;
  log: string;
  onLine(line: string): void;
  onEnd(how: string): void;
}

export function startCompanion(options: CompanionOptions): Companion {
  const [file, ...args] = options.command as [string, ...string[]];
  const from = startLog(options.log);
  // A file and not a pipe: a log line must not fail because the reader is gone.
  const log = openSync(options.log, 'a', 0o600);
  // In a group of its own: Ctrl-C reaches the starter alone, which then chooses the order in which they end.
  const child = spawn(file, args, {
    cwd: options.folder,
    stdio: ['pipe', 'pipe', log],
    detached: true,
    env: { ...process.env, NISWATCH_PARENT: 'stdin' },
  }) as ChildProcessByStdio<Writable, Readable, null>;
  closeSync(log);
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(options.onLine);
  });
  // The program may end before it reads that its input is closed.
  child.stdin.on('error', () => {});
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  child.on('error', (error) => options.onEnd(error.message));
  child.on('exit', (code, signal) => options.onEnd(signal ?? `exit code ${code}`));
  return {
    lastWords: () => `${wordsOf(readFileSync(options.log).subarray(from).toString())}\n(${options.log})`,
    async end() {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
      await ended;
      clearTimeout(force);
    },
  };
}

/** Where this run's lines begin. A log that grew large makes room first; one older log is kept. */
function startLog(path: string): number {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= LOG_BYTES) return size;
  renameSync(path, `${path}.old`);
  return 0;
}

/** What was written for people; without any, the messages of the log's errors. */
function wordsOf(text: string): string {
  const lines = text.split('\n').filter((line) => line !== '');
  const plain = lines.filter((line) => !line.startsWith('{'));
  const words = plain.length > 0 ? plain : lines.filter(isError);
  return words.slice(-LAST_LINES).join('\n');
}

function isError(line: string): boolean {
  try {
    const { level } = JSON.parse(line) as { level?: unknown };
    return level === 'error' || Number(level) >= 50;
  } catch {
    return true;
  }
}
