// Small volumes: see tests/support/volume.ts.

import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command } from './command.ts';
import type { Means } from './means.ts';

export const tmpfs: Means = {
  name: 'mounting a tmpfs',
  mend: 'Run as root, in a container with the right to mount.',
  probe() {
    const folder = mkdtempSync(join(tmpdir(), 'niswatch-probe-'));
    try {
      command('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
      command('umount', [folder]);
    } finally {
      rmdirSync(folder);
    }
  },
};
