// `npm test [PATH…]`: runs every *.test.ts below the given folders or files (default: all). `--long` runs the long form of
// fault tests and loops. Ends with `N passed, N failed`; running nothing is a failure.

import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = join(import.meta.dirname, '..');
const FOLDERS = ['shared', 'agent', 'collector', 'dashboards', 'tests', 'tools'];
const args = process.argv.slice(2);
const wanted = args.filter((a) => !a.startsWith('--')).map((a) => resolve(root, a));
const files = FOLDERS.flatMap((f) => globSync(`${f}/**/*.test.{ts,tsx}`, { cwd: root }))
  .map((f) => join(root, f))
  .filter((f) => wanted.length === 0 || wanted.some((w) => f === w || f.startsWith(`${w}/`)))
  .sort();

if (files.length === 0) {
  process.stdout.write(`no test file below ${wanted.join(', ')}\n0 passed, 1 failed\n`);
  process.exit(1);
}

const child = spawn(
  process.execPath,
  [
    '--test',
    '--test-concurrency=2',
    // A test that hangs is a failure with a name, not a stuck run.
    `--test-timeout=${args.includes('--long') ? 5_400_000 : 900_000}`,
    `--test-reporter=${join(root, 'tools', 'reporter.ts')}`,
    '--test-reporter-destination=stdout',
    '--disable-warning=ExperimentalWarning',
    `--import=${join(root, 'tools', 'property-seed.ts')}`,
    ...files,
  ],
  {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      NISWATCH_LONG: args.includes('--long') ? '1' : '',
      NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'node'),
    },
  },
);
child.on('exit', (code) => process.exit(code ?? 1));
