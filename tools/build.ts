// Compiles the agent to JavaScript in build/: it runs with --jitless, where Node cannot strip types, and saves the memory of
// the stripper. Nothing is built when the output is newer than every source.

import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** The flags that keep the agent small: no JIT, a heap guard rail. */
export const AGENT_FLAGS = [
  '--jitless',
  '--max-old-space-size=64',
  '--max-semi-space-size=1',
  '--disable-warning=ExperimentalWarning',
] as const;

/** Compiles when needed; returns the path of the agent's main file. Throws with tsc's words when it does not compile. */
export function buildAgent(): string {
  const main = join(root, 'build', 'agent', 'main.js');
  const stamp = join(root, 'build', 'agent.stamp');
  if (!isFresh(stamp)) {
    const tsc = join(root, 'node_modules', '.bin', 'tsc');
    const done = spawnSync(tsc, ['-p', join(root, 'agent')], { encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`the agent does not compile:\n${done.stdout}${done.stderr}`);
    mkdirSync(join(root, 'build'), { recursive: true });
    writeFileSync(join(root, 'build', 'package.json'), '{ "type": "module" }\n');
    writeFileSync(stamp, '');
  }
  return main;
}

function isFresh(stamp: string): boolean {
  const built = statSync(stamp, { throwIfNoEntry: false })?.mtimeMs;
  if (built === undefined) return false;
  const sources = globSync(['agent/**/*.{ts,json}', 'shared/**/*.ts', 'package.json', 'tsconfig.base.json'], {
    cwd: root,
  });
  return sources.every((file) => statSync(join(root, file)).mtimeMs <= built);
}

if (process.argv[1] === import.meta.filename) process.stdout.write(`${buildAgent()}\n`);
