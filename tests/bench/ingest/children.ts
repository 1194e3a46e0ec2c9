// The processes of a bench: how they are started, asked and awaited.

import { type ChildProcess, fork } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plan } from './plan.ts';

/** Runs with a folder and a list for its processes; both are gone afterwards, however it ends. */
export async function withChildren<T>(
  run: (folder: string, children: ChildProcess[]) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'niswatch-bench-'));
  const children: ChildProcess[] = [];
  try {
    return await run(folder, children);
  } finally {
    for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What `--profile FOLDER` asks of a process. */
export function profiling(args: readonly string[]): string[] {
  const profile = args[args.indexOf('--profile') + 1];
  return args.includes('--profile') && profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [];
}

export function numberOf(args: readonly string[], name: string, otherwise: number): number {
  const i = args.indexOf(`--${name}`);
  return i < 0 ? otherwise : Number(args[i + 1]);
}

export function makeKey(): Plan['keys'][number] {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: publicKey.export({ format: 'jwk' }).x ?? '',
    privateKey: privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64url'),
  };
}

/** A process of a bench; `script` is its path below tests/bench, without the ending. */
export function start(script: string, args: string[], execArgv: string[]): ChildProcess {
  const options = ['--disable-warning=ExperimentalWarning', ...execArgv];
  return fork(join(import.meta.dirname, '..', `${script}.ts`), args, { execArgv: options });
}

/** The next message of that kind; a process that ends before it (`also` included) is an error. */
export function answer<M extends { did: string }, D extends M['did']>(
  child: ChildProcess,
  did: D,
  also?: ChildProcess,
): Promise<Extract<M, { did: D }>> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      child.off('exit', gone).off('message', hear);
      also?.off('exit', gone);
    };
    const gone = (code: number | null): void => {
      settle();
      reject(new Error(`a process of the bench ended with ${code}`));
    };
    const hear = (message: unknown): void => {
      const told = message as M;
      if (told.did !== did) return;
      settle();
      resolve(told as Extract<M, { did: D }>);
    };
    child.once('exit', gone).on('message', hear);
    also?.once('exit', gone);
  });
}
