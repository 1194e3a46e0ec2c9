// `npm run check`: format, lint, types and generated files. `--fix` formats and regenerates instead of complaining.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const fix = process.argv.includes('--fix');
const bin = (name: string) => join(root, 'node_modules', '.bin', name);
/** What did not change is not checked again: a fifth of the time. */
const incremental = (name: string) => [
  '--incremental',
  '--tsBuildInfoFile',
  join(root, 'node_modules', '.cache', 'tsc', `${name}.tsbuildinfo`),
];

const steps: [name: string, command: string, args: string[]][] = [
  ['generated files', process.execPath, [join(root, 'tools', 'generate.ts'), ...(fix ? ['--write'] : [])]],
  ['format', bin('prettier'), [fix ? '--write' : '--check', '--log-level=warn', '--cache', '.']],
  ['lint', bin('oxlint'), ['--deny-warnings', '--quiet', ...(fix ? ['--fix'] : [])]],
  ['types', bin('tsc'), ['-p', '.', ...incremental('all')]],
  ['types of the page', bin('tsc'), ['-p', 'collector/page/client', '--noEmit', ...incremental('page')]],
];

let failed = 0;
for (const [name, command, args] of steps) {
  if (name === 'types of the page' && !existsSync(join(root, 'collector/page/client/tsconfig.json')))
    continue;
  if (name === 'generated files' && !existsSync(join(root, 'tools/generate.ts'))) continue;
  const done = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  const ok = done.status === 0;
  if (!ok) failed++;
  process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${name}\n`);
}
process.exit(failed === 0 ? 0 : 1);
