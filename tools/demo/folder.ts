// The folder of the demonstration. Promise: a folder that is not a demonstration's is never touched.

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MARK_FILE = 'demo.json';
const MARK = 'niswatch demonstration';

/** Empties what an earlier demonstration left; the secret that the agents' keys come from. Throws for any other folder with something in it. */
export function prepareFolder(folder: string, about: object): string {
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    if (!isDemo(folder))
      throw new Error(
        `${folder} holds something else than a demonstration and is left alone; name another: npm run demo -- --dir FOLDER`,
      );
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true });
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const secret = randomBytes(32).toString('hex');
  // First of all: what is cut short is a demonstration's too.
  writeFileSync(
    join(folder, MARK_FILE),
    `${JSON.stringify({ mark: MARK, ...about, secret }, undefined, 1)}\n`,
    {
      mode: 0o600,
    },
  );
  return secret;
}

function isDemo(folder: string): boolean {
  try {
    return (JSON.parse(readFileSync(join(folder, MARK_FILE), 'utf8')) as { mark?: unknown }).mark === MARK;
  } catch {
    return false;
  }
}
