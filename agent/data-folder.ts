// The agent's own data folder as probes see it: small texts by name. Promise: a text is replaced whole or not at all; read-only for
// commands that only look, so that they never write beside the running agent.

import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataFolder } from './probes/probe.ts';

const OWN = 0o600;

export function openDataFolder(folder: string, access: 'read' | 'write'): DataFolder {
  const canWrite = access === 'write';
  return {
    read: (name) =>
      readFile(join(folder, name), 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' || !canWrite) return undefined;
        throw error;
      }),
    async append(name, text) {
      if (!canWrite) return;
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await appendFile(join(folder, name), text, { mode: OWN });
    },
    async replace(name, text) {
      if (!canWrite) return;
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const path = join(folder, name);
      await writeFile(`${path}.new`, text, { mode: OWN });
      await rename(`${path}.new`, path);
    },
  };
}
