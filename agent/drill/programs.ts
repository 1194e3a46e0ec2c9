// Starts the programs of a drill. Promise: each in a process group of its own that ends with the drill, whatever ends it; none
// inherits the caller's environment, so that no PGHOST or ~/.my.cnf leads to a live database.

import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { NamedError } from '../../shared/errors.ts';

export interface RunOptions {
  /** As ourselves where it must read what only we may read; else as the unprivileged user. */
  as?: 'self' | 'server';
  cwd?: string;
  /** File that becomes its standard input: opened by us, so that the user need not be able to read it. */
  stdin?: string;
  /** Written to its standard input. */
  input?: string;
  env?: Record<string, string>;
  /** The exit code says something else than success or failure. */
  anyExit?: boolean;
}

export interface Done {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Server {
  readonly pid: number;
  /** Its exit code or signal once it has ended. */
  ended(): string | undefined;
  /** Asks, and after a while insists. */
  stop(signal: NodeJS.Signals): Promise<void>;
}

export interface Programs {
  /** Throws DRILL_FAILED with what the program said last. */
  run(program: string, args: readonly string[], options?: RunOptions): Promise<Done>;
  start(program: string, args: readonly string[], options: RunOptions & { log: string }): Server;
  stopAll(): Promise<void>;
}

export interface ProgramsOptions {
  user?: { uid: number; gid: number };
  home: string;
  signal: AbortSignal;
  path: string;
  /** Called with the file while it is fed to a program, so that its position can be shown. */
  onFeed?(descriptor: number, path: string): () => void;
}

/** Of what a program prints, its end is kept. */
const KEEP = 8 * 1024 * 1024;
const PATIENCE_MS = 30_000;

export function openPrograms(options: ProgramsOptions): Programs {
  const running = new Set<ChildProcess>();
  const launch = (program: string, args: readonly string[], how: RunOptions, stdio: StdioOptions) => {
    options.signal.throwIfAborted();
    const child = spawn(program, args, {
      ...(how.as === 'self' ? {} : options.user),
      cwd: how.cwd ?? options.home,
      env: { PATH: options.path, HOME: options.home, LC_ALL: 'C.UTF-8', LC_MESSAGES: 'C', ...how.env },
      stdio,
      detached: true,
    });
    running.add(child);
    child.once('close', () => running.delete(child));
    return child;
  };
  return {
    run: (program, args, how = {}) => runProgram(program, args, { how, options, launch }),
    start: (program, args, how) => startServer(program, args, { how, launch }),
    async stopAll() {
      await Promise.all([...running].map((child) => end(child, 'SIGTERM', 5_000)));
    },
  };
}

type Launch = (
  program: string,
  args: readonly string[],
  how: RunOptions,
  stdio: StdioOptions,
) => ChildProcess;

async function runProgram(
  program: string,
  args: readonly string[],
  { how, options, launch }: { how: RunOptions; options: ProgramsOptions; launch: Launch },
): Promise<Done> {
  const stdin = how.stdin === undefined ? undefined : openSync(how.stdin, 'r');
  try {
    const child = launch(program, args, how, [
      stdin ?? (how.input === undefined ? 'ignore' : 'pipe'),
      'pipe',
      'pipe',
    ]);
    const shown = stdin === undefined ? undefined : options.onFeed?.(stdin, how.stdin ?? '');
    const onAbort = (): void => void end(child, 'SIGTERM', 5_000);
    options.signal.addEventListener('abort', onAbort, { once: true });
    const done = await collect(child, program, how.input).finally(() => {
      options.signal.removeEventListener('abort', onAbort);
      shown?.();
    });
    options.signal.throwIfAborted();
    if (done.code !== 0 && how.anyExit !== true) throw failure(program, done);
    return done;
  } finally {
    if (stdin !== undefined) closeSync(stdin);
  }
}

function collect(child: ChildProcess, program: string, input: string | undefined): Promise<Done> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout = (stdout + text).slice(-KEEP)));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-KEEP)));
  // A program that ends before it has read everything says so by its exit code.
  child.stdin?.on('error', () => {}).end(input);
  return new Promise((resolve, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) => reject(cannotStart(program, cause)));
    child.once('close', (code, by) =>
      resolve({ code, stdout, stderr: by ? `${stderr}ended by ${by}` : stderr }),
    );
  });
}

export function cannotStart(program: string, cause: NodeJS.ErrnoException): NamedError {
  return new NamedError('DRILL_IMPOSSIBLE', `${program} cannot be started: ${cause.code ?? cause.message}`, {
    cause,
    mend: 'Install the database programs of the version of the backup, or set programs: FOLDER under drills.',
  });
}

function failure(program: string, { code, stdout, stderr }: Done): NamedError {
  const said = lastLines(stderr.trim() === '' ? stdout : stderr);
  return new NamedError(
    'DRILL_FAILED',
    `${program.split('/').at(-1)} ended with ${code ?? 'a signal'}: ${said}`,
  );
}

/** The last few lines, as one. */
export function lastLines(text: string, count = 4): string {
  return text
    .trim()
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .slice(-count)
    .join(' | ')
    .slice(-900);
}

function startServer(
  program: string,
  args: readonly string[],
  { how, launch }: { how: RunOptions & { log: string }; launch: Launch },
): Server {
  const log = openSync(how.log, 'a');
  const child = launch(program, args, how, ['ignore', log, log]);
  closeSync(log);
  let ended: string | undefined;
  child.once('exit', (code, by) => (ended = by ?? `exit ${code}`));
  child.once('error', (cause: NodeJS.ErrnoException) => (ended = cannotStart(program, cause).message));
  return {
    pid: child.pid ?? 0,
    ended: () => ended,
    stop: (signal) => end(child, signal, PATIENCE_MS),
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals, patienceMs: number): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  // To the server itself first: its own children are its own to end.
  signalTo(signal === 'SIGKILL' ? -child.pid : child.pid, signal);
  const insist = setTimeout(() => signalTo(-(child.pid ?? 0), 'SIGKILL'), patienceMs);
  await gone;
  clearTimeout(insist);
  // What it left behind in its group: the other programs of a pipe.
  signalTo(-child.pid, 'SIGKILL');
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended already.
  }
}
