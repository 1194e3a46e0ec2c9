// `niswatch recover` as a person calls it: the program itself, its JSON, and its commands executed as they are printed.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { sh } from './scratch.ts';

const main = join(import.meta.dirname, '..', '..', 'collector', 'main.ts');

export interface PlanJson {
  possible: boolean;
  why: string | null;
  before: { command?: string }[];
  steps: { file: string; files: { path: string }[]; command: string }[];
  after: { command?: string }[];
  cautions?: unknown[];
  nearest: { before: string | null; after: string | null };
}

export interface SetJson {
  database: string | null;
  method: string;
  windows: [string, string][];
  points: { at: string; files: string[] }[];
  gaps: { from: string; to: string; missing: { file?: string; segment?: string }[] }[];
  excluded: { file: string; reason: string }[];
}

function niswatch(args: readonly string[]): unknown {
  const done = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', main, 'recover', ...args, '--json'],
    {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 ** 2,
    },
  );
  if (done.status === 2 || done.stdout === '') throw new Error(`niswatch ${args.join(' ')}: ${done.stderr}`);
  return JSON.parse(done.stdout);
}

export function windowsOf(folder: string): SetJson[] {
  return (niswatch(['windows', '--files', folder]) as { sets: SetJson[] }).sets;
}

export function planFor(folder: string, at: string, ...options: string[]): PlanJson {
  return niswatch(['plan', '--files', folder, '--at', at, ...options]) as PlanJson;
}

/** Everything that the plan prints up to its last step, as printed. */
export function execute(made: PlanJson, env: Record<string, string> = {}): void {
  for (const { command } of [...made.before, ...made.steps]) if (command) sh(command, env);
}
