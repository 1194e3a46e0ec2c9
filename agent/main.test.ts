import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

/** When the program is done, hangs five of its pool threads on pipes that nobody writes to, and reads a file all the same. */
const HANG_FIVE = `
import { execFileSync } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
process.once('beforeExit', async () => {
  for (const n of [1, 2, 3, 4, 5]) {
    execFileSync('mkfifo', [process.env.PIPES + n]);
    void open(process.env.PIPES + n, 'r');
  }
  await readFile(import.meta.filename);
  process.stdout.write('read on\\n', () => process.kill(process.pid, 'SIGKILL'));
});
`;

test('five file operations that hang do not stop the sixth', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'niswatch-main-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const preload = join(folder, 'hang.mjs');
  writeFileSync(preload, HANG_FIVE);
  const { UV_THREADPOOL_SIZE: _, ...env } = process.env;
  const main = join(import.meta.dirname, 'main.ts');
  let output = '';
  try {
    execFileSync(process.execPath, ['--import', preload, main, 'version'], {
      env: { ...env, PIPES: join(folder, 'pipe') },
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 30_000,
      killSignal: 'SIGKILL',
    });
  } catch (error) {
    // It ends by a signal either way: threads that hang would keep it from exiting.
    output = String((error as { stdout?: Buffer }).stdout);
  }
  assert.match(output, /read on/);
});
